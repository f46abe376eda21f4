"""Which command takes which files."""

from boxes import BLUE, arrow, box, diagram

ax = diagram(8.4, 4.2)
box(ax, 1.2, 3.6, "wiki.en.vec\nwiki.de.vec", code=True, size=9)
box(ax, 1.2, 2.1, "en-de.tsv", code=True, size=9)
box(ax, 4.2, 2.85, "align", BLUE, filled=True, code=True)
box(ax, 1.2, 0.6, "inspect\ncompare\ntune", BLUE, code=True)
box(ax, 4.2, 0.6, "induce", BLUE, filled=True, code=True)
box(ax, 4.2, 1.75, "en-de.model", code=True, size=9)
box(ax, 7.0, 3.6, "en.vec, de.vec", code=True, size=9)
box(ax, 7.0, 2.5, "evaluate\ntranslate\nexplore", BLUE, filled=True, code=True)
box(ax, 7.0, 1.4, "apply", BLUE, filled=True, code=True)
box(ax, 7.0, 0.6, "lexicon.tsv", code=True, size=9)
arrow(ax, (1.95, 3.45), (3.75, 3.0))
arrow(ax, (1.85, 2.2), (3.75, 2.75))
arrow(ax, (1.2, 1.85), (1.2, 1.15))
arrow(ax, (1.75, 1.9), (3.7, 0.75))
arrow(ax, (4.65, 3.0), (6.15, 3.5))
arrow(ax, (4.2, 2.6), (4.2, 2.0))
arrow(ax, (4.95, 1.7), (6.55, 1.45))
arrow(ax, (7.0, 3.38), (7.0, 3.02))
arrow(ax, (4.75, 0.6), (6.25, 0.6))
