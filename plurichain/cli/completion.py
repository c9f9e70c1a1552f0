"""`plurichain completion`: the script that a shell sources to complete commands."""

from __future__ import annotations

import click

from plurichain.cli.commands import Command
from plurichain.cli.output import show_text

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_PLURICHAIN_COMPLETE"


@click.command(
    "completion",
    cls=Command,
    example="plurichain completion bash > ~/.local/share/bash-completion/completions/plurichain",
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands and options in SHELL."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root()
    # Asking an installed bash for its version is bash's own way of finding too old ones; the
    # script itself does not depend on it.
    script = kind(root.command, {}, "plurichain", VARIABLE)
    show_text(script.source_template % script.source_vars())
