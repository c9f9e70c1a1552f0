"""Commands and groups as plurichain has them: lazily loaded, with an example and log options."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """Where a command lives and what the list of commands says of it."""

    module: str
    attribute: str
    summary: str


def _make_logging_options() -> list[click.Parameter]:
    """Return the options that every command has for its log on stderr."""
    return [
        click.Option(["-v", "--verbose"], count=True, help="Log steps; -vv logs every call."),
        click.Option(
            ["--log-format"],
            type=click.Choice(["text", "json"]),
            default="text",
            help="Form of the log lines.",
        ),
        click.Option(
            ["--log-file"],
            type=click.Path(dir_okay=False),
            help="Write the log to this file (mode 0600) instead of stderr.",
        ),
    ]


class Command(click.Command):
    """A command that shows an example in its help and takes the log options."""

    def __init__(self, *args: Any, example: str = "", **attributes: Any) -> None:
        """Take what click takes, and the lines shown under `Example:`."""
        super().__init__(*args, **attributes)
        self.example = example
        self.params.extend(_make_logging_options())

    def invoke(self, ctx: click.Context) -> Any:
        """Set up the log, then run the command without the log options."""
        from plurichain.cli.logs import configure_logging

        configure_logging(
            verbosity=ctx.params.pop("verbose"),
            log_format=ctx.params.pop("log_format"),
            log_file=ctx.params.pop("log_file"),
        )
        return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example below the options."""
        super().format_epilog(ctx, formatter)
        _format_example(self.example, formatter)


def _format_example(example: str, formatter: click.HelpFormatter) -> None:
    """Write the lines of an example as they are: wrapped commands cannot be copied."""
    if not example:
        return
    formatter.write_paragraph()
    formatter.write("Example:\n")
    for line in example.strip().splitlines():
        formatter.write(f"  {line}\n" if line else "\n")


class Group(click.Group):
    """A group whose commands may live in modules that are not loaded yet."""

    command_class: ClassVar[type[click.Command]] = Command  # type: ignore[misc]
    group_class = type

    def __init__(
        self,
        *args: Any,
        lazy: Mapping[str, LazyCommand] | None = None,
        example: str = "",
        **attributes: Any,
    ) -> None:
        """Take what click takes, a table of lazy commands and the lines of an example."""
        super().__init__(*args, **attributes)
        self.lazy = dict(lazy or {})
        self.example = example

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, loaded or not."""
        return sorted({*super().list_commands(ctx), *self.lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, loading its module if that is still to be done."""
        if cmd_name in self.lazy and cmd_name not in self.commands:
            place = self.lazy[cmd_name]
            command = getattr(importlib.import_module(place.module), place.attribute)
            assert isinstance(command, click.Command)
            self.commands[cmd_name] = command
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by the table's summaries, so that none has to be loaded."""
        rows = [(name, self._summarize(ctx, name)) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example below the commands."""
        super().format_epilog(ctx, formatter)
        _format_example(self.example, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Complete the names of commands without loading them."""
        from click.shell_completion import CompletionItem

        names: Sequence[str] = [
            name for name in self.list_commands(ctx) if name.startswith(incomplete)
        ]
        items = [CompletionItem(name, help=self._summarize(ctx, name)) for name in names]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]

    def _summarize(self, ctx: click.Context, name: str) -> str:
        if name in self.lazy:
            return self.lazy[name].summary
        command = self.get_command(ctx, name)
        return command.get_short_help_str(limit=120) if command else ""
