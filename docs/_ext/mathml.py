"""Render formulas as MathML, which browsers show by themselves.

Sphinx's usual renderers load a script from elsewhere or need LaTeX; docutils can translate the
LaTeX of our formulas already. It is imported late: the doctest run, which reads every module
here, does without it.
"""

from __future__ import annotations


def to_mathml(latex: str, *, block: bool) -> str:
    """Translate a formula."""
    from docutils.utils.math import latex2mathml

    # docutils knows these dots by their other name only.
    latex = latex.replace(r"\dots", r"\ldots")
    if hasattr(latex2mathml, "tex2mathml"):
        return latex2mathml.tex2mathml(latex, as_block=block)
    # docutils before 0.21.
    return "".join(latex2mathml.parse_latex_math(latex, inline=not block).xml())


def _visit_inline(translator, node):
    from docutils.nodes import SkipNode

    translator.body.append(to_mathml(node.astext(), block=False))
    raise SkipNode


def _visit_block(translator, node):
    from docutils.nodes import SkipNode

    formula = to_mathml(node.astext(), block=True)
    translator.body.append(f'<div class="formula">{formula}</div>')
    raise SkipNode


def setup(app):
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
