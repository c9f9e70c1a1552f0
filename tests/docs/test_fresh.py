"""Generated pages are what the code makes now, and every command explains itself."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from plurichain.chain.codes.errors_map import CHAIN_ERRORS
from plurichain.cli.main import cli


def _walk(command: click.Command, ctx: click.Context) -> Iterator[tuple[str, click.Command]]:
    yield ctx.command_path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            child = command.get_command(ctx, name)
            assert child is not None
            yield from _walk(child, click.Context(child, info_name=name, parent=ctx))


COMMANDS = dict(_walk(cli, click.Context(cli, info_name="plurichain")))


@pytest.fixture(params=list(COMMANDS.values()), ids=list(COMMANDS))
def command(request: pytest.FixtureRequest) -> click.Command:
    """Give each command in turn."""
    found: click.Command = request.param
    return found


def test_generated_pages_are_fresh(project_root: Path) -> None:
    check = subprocess.run(
        [sys.executable, project_root / "scripts" / "gen-docs", "--check"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert check.returncode == 0, f"{check.stdout}{check.stderr}run `make gen`"


def test_command_has_help(command: click.Command) -> None:
    assert command.help
    assert command.help.partition("\n")[0].endswith("."), "the first line is one sentence"


def test_options_have_help(command: click.Command) -> None:
    silent = [
        parameter.name
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert not silent


def test_command_has_an_example_that_it_takes(command: click.Command) -> None:
    path = next(path for path, each in COMMANDS.items() if each is command)
    example = getattr(command, "example", "").replace("\\\n", " ")
    lines = [line for line in example.splitlines() if "plurichain" in line]
    assert lines
    assert any(re.search(rf"{path}\b", line) for line in lines)
    for line in lines:
        _validate_call(line)


def _validate_call(line: str) -> None:
    """See that the command exists and knows every option of the line."""
    line = line.removeprefix('eval "$(').removesuffix(')"')
    words = shlex.split(re.split(r"\s[|<>]+\s", line)[0])
    path, rest = words[0], words[1:]
    while rest and f"{path} {rest[0]}" in COMMANDS:
        path, rest = f"{path} {rest[0]}", rest[1:]
    assert not isinstance(COMMANDS[path], click.Group) or path == "plurichain demo", line
    known = {name for each in COMMANDS[path].params for name in (*each.opts, *each.secondary_opts)}
    unknown = {word for word in rest if word.startswith("-") and word != "-"} - known
    assert not unknown, f"{line}: {unknown}"


def test_every_code_of_the_module_is_in_the_index(project_root: Path) -> None:
    source = project_root / "localnet" / "x" / "auction" / "types" / "errors.go"
    codes = re.findall(r"Register\(ModuleName, (\d+),", source.read_text(encoding="utf-8"))

    assert codes
    assert {int(code) for code in codes} == {
        code for codespace, code in CHAIN_ERRORS if codespace == "auction"
    }
