"""Ten words of the demonstration, translated."""

from __future__ import annotations

import numpy as np
from rich.text import Text

from sklearn_instamap.cli._demo_runs import DemoRuns
from sklearn_instamap.cli._terminal import Terminal
from sklearn_instamap.metrics import translate

_N_WORDS, _N_BEST = 10, 3


def show_translations(terminal: Terminal, runs: DemoRuns) -> None:
    """Print words from all over the test dictionary, the right translation and the ones found.

    Parameters
    ----------
    terminal : Terminal
        Where to.
    runs : DemoRuns
        What has been run.
    """
    aligner, spaces = runs.aligner, runs.normalized
    # Evenly from frequent to rare words: nobody picked those that went well.
    places = np.linspace(0, len(runs.data.test) - 1, _N_WORDS).astype(int)
    pairs = runs.data.test.iloc[places]
    found = translate(
        pairs["source"].tolist(),
        aligner.transform(spaces.source),
        aligner.transform_target(spaces.target),
        n_best=_N_BEST,
        retrieval="csls",
        n_jobs=runs.n_jobs,
    )
    terminal.say("\nTen test words, from frequent to rare, and their nearest by CSLS")
    terminal.say("(InstaMap with its defaults on the normalized spaces)\n")
    widths = [2 + max(map(len, pairs[side])) for side in ("source", "target")]
    head = "English".ljust(widths[0]) + "right".ljust(widths[1]) + " " * 7 + "found"
    terminal.say(Text(f"  {head}", style="bold"))
    for word, gold in zip(pairs["source"], pairs["target"], strict=True):
        best = found.loc[found["word"] == word, "translation"].tolist()
        hit = best[0] == gold
        line = Text(f"  {word:{widths[0]}}{gold:{widths[1]}}")
        line.append("right  " if hit else "wrong  ", style="green" if hit else "red")
        terminal.say(line.append(", ".join(best)))
