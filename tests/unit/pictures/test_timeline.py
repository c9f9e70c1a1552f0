"""The picture of a link that is cut: what each packet's line says, and the files."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from plurichain.errors import StorageError
from plurichain.pictures.timeline import Life, Span, Tone, compute_stretches, draw_timeline

SECOND = 10**9
CUT = (100 * SECOND, 112 * SECOND)


def at(second: float) -> int:
    """Return Unix ns of a second after the cut."""
    return CUT[0] + int(second * SECOND)


ACKED = Life(at(-1), at(-0.5), None, at(13), is_refunded=False)
REFUNDED = Life(at(1), None, at(4), at(14), is_refunded=True)
OPEN = Life(at(2), None, None, None, is_refunded=False)


def draw(path: Path, lives: list[Life]) -> tuple[Path, Path]:
    spans = [
        Span("relayer one", at(-1), at(0), "carries", Tone.WORK),
        Span("relayer one", at(0), at(12), "killed", Tone.ENDED),
        Span("auction on grid A", at(1), at(6), "8 sealed bids", Tone.SEALED),
    ]
    return draw_timeline({"grid A to grid B": lives}, spans, CUT, title="A cut", path=path)


def list_texts(svg: Path) -> list[str]:
    """Every text of the picture: fonts are not turned into outlines."""
    root = ET.parse(svg).getroot()
    return [text for element in root.iter() if (text := (element.text or "").strip())]


@pytest.mark.parametrize(
    ("life", "expected"),
    [
        (ACKED, [(-1.0, -0.5), (-0.5, 13.0)]),
        (REFUNDED, [(1.0, 4.0), (4.0, 14.0)]),
        (Life(at(1), None, None, at(2), is_refunded=False), [(1.0, 2.0)]),
        (OPEN, []),
    ],
)
def test_a_life_is_a_row_of_stretches(life: Life, expected: list[tuple[float, float]]) -> None:
    """From sending to the end without a gap; of what has not ended nothing is drawn."""
    found = compute_stretches(life, CUT[0])

    assert [(each.begin_s, each.end_s) for each in found] == expected
    assert len({each.colour for each in found}) == len(found)


def test_what_was_received_in_time_is_never_shown_as_due() -> None:
    """A packet's time may pass while its acknowledgement travels: it was received all the same."""
    late = Life(at(0), at(1), at(2), at(3), is_refunded=False)

    assert compute_stretches(late, CUT[0]) == compute_stretches(
        Life(at(0), at(1), None, at(3), is_refunded=False), CUT[0]
    )


def test_equal_input_gives_equal_files(tmp_path: Path) -> None:
    """The SVG depends on nothing else."""
    (one, _), (two, _) = (draw(tmp_path / name, [ACKED, REFUNDED]) for name in ("one", "two"))

    assert one.read_bytes() == two.read_bytes()


def test_it_names_what_it_shows(tmp_path: Path) -> None:
    """Directions with their number of packets, rows, what went on, and the cut."""
    texts = list_texts(draw(tmp_path / "x", [ACKED, REFUNDED, OPEN])[0])

    assert {"A cut", "the link is cut", "healed", "relayer one", "killed"} <= set(texts)
    assert {"3 packets,", "grid A to grid B", "8 sealed bids"} <= set(texts)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """One line, and the remedy."""
    (tmp_path / "file").touch()

    with pytest.raises(StorageError, match="the picture cannot be written"):
        draw(tmp_path / "file" / "x", [ACKED])
