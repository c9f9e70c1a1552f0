from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from plurichain.cli.demo_screen import RichScreen, print_scene, print_scene_json
from plurichain.scenarios.scenes import Chapter, Counted, Said, Scene, Shown

TABLE = Shown("Title", ("name", "kWh"), (("a", "7"), ("together", "100")), frozenset({"kWh"}), True)
SCENES: list[Scene] = [
    Chapter(3, "Sealed bids", 4.25),
    Said("all is well"),
    Said("a \x1b[31mtitle\nof somebody", is_event=True),
    Counted("bids", 1, 2),
    Counted("bids", 2, 2),
    TABLE,
]
PLAIN = """\

3. Sealed bids  (4.2 s)
   all is well
   ! a \\x1b[31mtitle of somebody
   bids: 2 of 2
   Title
     name      kWh
     -------------
     a           7
     -------------
     together  100
"""


def test_a_pipe_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    for scene in SCENES:
        print_scene(scene)

    assert capsys.readouterr().out == PLAIN


def test_a_program_gets_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    for scene in SCENES:
        print_scene_json(scene)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [line["scene"] for line in lines] == [
        "chapter", "said", "said", "counted", "counted", "shown",
    ]  # fmt: skip
    assert lines[5]["numbers"] == ["kWh"]


def test_a_terminal_gets_headings_tables_and_no_foreign_control_characters() -> None:
    stream = io.StringIO()
    screen = RichScreen(Console(file=stream, force_terminal=True, width=60, highlight=False))
    for scene in SCENES:
        screen.show(scene)
    text = stream.getvalue()

    assert "\x1b[1;36m3. Sealed bids" in text
    assert "\x1b[31mtitle" not in text
    assert "bids: 2 of 2" in text
    assert "together" in text


def test_markup_in_a_text_is_text() -> None:
    stream = io.StringIO()
    screen = RichScreen(Console(file=stream, width=60))
    screen.show(Said("[bold]not bold[/bold]"))
    screen.show(Counted("[red]x[/red]", 1, 1))

    assert "[bold]not bold[/bold]" in stream.getvalue()
    assert "[red]x[/red]: 1 of 1" in stream.getvalue()
