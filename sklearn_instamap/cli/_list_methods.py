"""``instamap methods``: the methods there are, by all their names."""

from __future__ import annotations

import typer

from sklearn_instamap._methods import METHODS, RECOMMENDED
from sklearn_instamap.cli._options import Force, Output, Style, Verbose, terminal_of


def methods(
    context: typer.Context,
    style: Style = None,
    output: Output = None,
    force: Force = False,
    verbose: Verbose = False,
) -> None:
    """List the methods: their names, what they are, and what they need.

    Each name and each label is accepted wherever a method is named, in any case: im-vecmap, IM-VM
    and IM∘VM are the same. With -midpoint or -program behind it, a method that ends in InstaMap
    takes the settings of that preset.

    Example: instamap methods --format csv
    """
    import pandas as pd

    from sklearn_instamap.cli._outputs import Outputs
    from sklearn_instamap.cli._show import choose_format, show_table

    terminal = terminal_of(context, verbose)
    style = choose_format(style, output)
    table = pd.DataFrame(
        [(method.name, method.label, method.what, method.needs) for method in METHODS],
        columns=["name", "label", "what", "needs"],
    )
    with Outputs([output] if output else [], force=force) as outputs:
        show_table(terminal, table, style, outputs, output)
    if style == "table":
        terminal.note(f"instamap align takes {RECOMMENDED} unless --method names another.")
