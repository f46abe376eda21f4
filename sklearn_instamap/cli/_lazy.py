"""Commands that are imported when they are run, and help that is written without them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

# Of every command its module, and the first sentence of its help.
COMMANDS = {
    "demo": ("_demo", "Align the bundled English and German sample, and see what it is worth."),
    "align": ("_align", "Align two spaces of word vectors, and write both in their shared space."),
    "evaluate": (
        "_evaluate",
        "Score two aligned spaces: how often is the right translation nearest?",
    ),
    "apply": ("_apply", "Map further vectors with a saved model."),
    "translate": ("_translate", "Translate words by two aligned spaces."),
    "induce": (
        "_induce",
        "Write the translations of a whole vocabulary, with a probability for each.",
    ),
    "inspect": ("_inspect", "Describe files of vectors and saved models."),
    "compare": (
        "_compare",
        "Fit several methods on the same pairs, and compare them on the same test pairs.",
    ),
    "tune": ("_tune", "Choose K, T and the step of InstaMap by P@1 on held-out training pairs."),
    "benchmark": ("_benchmark", "Evaluate methods on language pairs, in parallel, and report."),
    "methods": (
        "_list_methods",
        "List the methods: their names, what they are, and what they need.",
    ),
    "fetch": (
        "_fetch",
        "Download published dictionaries or vectors, and lay them out for instamap benchmark.",
    ),
    "explore": (
        "_explore",
        "Look at two aligned spaces in the browser, and collect pairs for a dictionary.",
    ),
}


class PanelCommand(TyperCommand):
    """A command whose help lists options under the headings of their panels."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse empty values, and say where of an option given twice only the last counts."""
        if not ctx.resilient_parsing:
            given, _, order = self.make_parser(ctx).parse_args(args=list(args))
            parameters: list[Any] = self.params
            for each in parameters:
                value = given.get(each.name)
                if "" in (value if isinstance(value, list | tuple) else [value]):
                    # A path would become the current folder, and other options their default.
                    way_out = "" if each.required else "; leave it out"
                    raise ValueError(f"{_written(each)} must not be empty{way_out}.")
                once = each.param_type_name == "option" and not (each.multiple or each.is_flag)
                if once and order.count(each) > 1:
                    ctx.obj.note(
                        f"Warning: {_written(each)} was given {order.count(each)} times; only the "
                        "last one counts."
                    )
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; messages name arguments as it does."""
        ctx.obj.options = {each.name: _written(each) for each in self.params}
        return super().invoke(ctx)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the line of usage, without the braces of newer versions of typer."""
        return [
            piece.strip("{}").replace("}...", "...") for piece in super().collect_usage_pieces(ctx)
        ]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options, panel by panel; a name too long for its column has its own line."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                default = "Options"
                if parameter.param_type_name == "argument":
                    # Without the Python type that newer versions of typer write behind it.
                    default, record = "Arguments", (_written(parameter), record[1])
                name = getattr(parameter, "rich_help_panel", None) or default
                panels.setdefault(name, []).append(record)
        for name, records in panels.items():
            with formatter.section(name):
                formatter.write_dl(records)


def _written(parameter: Any) -> str:
    """Return how a user writes a parameter: ``--n-jobs``, or ``SOURCE``."""
    if parameter.param_type_name == "option":
        return max(parameter.opts, key=len)
    return str(parameter.metavar or parameter.name.upper()).strip("[.]")


class LazyGroup(TyperGroup):
    """The commands of `COMMANDS`, each imported when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import and return a command; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"sklearn_instamap.cli.{COMMANDS[cmd_name][0]}")
        app = typer.Typer(
            context_settings={"help_option_names": ["-h", "--help"]},
            rich_markup_mode=None,
            add_completion=False,
        )
        app.command(cmd_name, cls=PanelCommand)(getattr(module, cmd_name))
        return typer.main.get_command(app)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of the commands, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, what) for name, (_, what) in COMMANDS.items()])
