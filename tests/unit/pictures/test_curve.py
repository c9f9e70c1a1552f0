from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.auction.bid import Step
from plurichain.auction.names import BidKind, PaymentRule, Side
from plurichain.clearing.clear import compute_result
from plurichain.clearing.problem import Problem, ProblemBid
from plurichain.errors import MissingExtra, StorageError
from plurichain.pictures.curve import compute_segments, draw_curve
from plurichain.pictures.palette import compute_colours
from plurichain.pictures.scale import ENERGY, get_scale


def make_problem(
    bids: dict[str, list[tuple[int, int]]],
    *,
    side: Side = Side.REVERSE,
    rule: PaymentRule = PaymentRule.VCG,
    quantity: int = 10_000,
    reserve: int | None = 500,
) -> Problem:
    entries = tuple(
        ProblemBid(name, BidKind.SCHEDULE, tuple(Step(*step) for step in steps))
        for name, steps in bids.items()
    )
    return Problem(side, quantity, reserve, rule, b"", entries)


TENDER = make_problem({"aa": [(6_000, 80), (6_000, 200)], "bb": [(8_000, 100)]})
SALE = make_problem(
    {"aa": [(6_000, 300), (6_000, 200)], "bb": [(8_000, 250)]},
    side=Side.FORWARD,
    rule=PaymentRule.FIRST_REJECTED,
    reserve=60,
)
LABELS = {"aa": "wind-mill", "bb": "<pv & barn>"}


def draw(problem: Problem, path: Path, title: str = "A tender") -> tuple[Path, Path]:
    return draw_curve(
        problem, compute_result(problem), labels=LABELS, title=title, scale=ENERGY, path=path
    )


def read_texts(svg: Path) -> list[str]:
    """Every text of the picture: fonts are not turned into outlines."""
    root = ET.parse(svg).getroot()
    return [text for element in root.iter() if (text := (element.text or "").strip())]


def test_equal_input_gives_equal_files(tmp_path: Path) -> None:
    first, second = draw(TENDER, tmp_path / "one"), draw(TENDER, tmp_path / "two")

    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()
    assert draw(SALE, tmp_path / "three")[0].read_bytes() != first[0].read_bytes()


def test_a_tender_says_who_gets_what(tmp_path: Path) -> None:
    svg, png = draw(TENDER, tmp_path / "deep" / "tender")
    texts = read_texts(svg)

    assert png.read_bytes().startswith(b"\x89PNG\r\n")
    # aa serves 6 kWh at 80, displacing 4 of bb's at 100 and 2 unbought at the cap of 500.
    assert "wind-mill: 6 kWh, gets 1.400 EUR" in texts
    assert "<pv & barn>: 4 kWh, gets 0.800 EUR" in texts
    assert {"A tender", "Supply in order of price, kWh", "ct/kWh", "average payment"} <= set(texts)
    assert {"wanted: 10 kWh", "cap: 50 ct/kWh"} <= set(texts)


def test_a_sale_says_who_pays_what_and_the_price(tmp_path: Path) -> None:
    texts = read_texts(draw(SALE, tmp_path / "sale")[0])

    assert "wind-mill: 6 kWh, pays 1.500 EUR" in texts
    assert {"offered: 10 kWh", "reserve: 6 ct/kWh", "clearing price: 25 ct/kWh"} <= set(texts)
    assert "Demand in order of price, kWh" in texts


def test_a_loser_is_named(tmp_path: Path) -> None:
    problem = make_problem({"aa": [(10_000, 80)], "bb": [(8_000, 100)]})

    assert "<pv & barn>: not served" in read_texts(draw(problem, tmp_path / "x")[0])


def test_an_auction_without_bids_is_drawn(tmp_path: Path) -> None:
    svg, _ = draw(make_problem({}), tmp_path / "empty")

    assert "wanted: 10 kWh" in read_texts(svg)


def test_bidders_who_did_not_reveal_are_left_out(tmp_path: Path) -> None:
    problem = make_problem({"bb": [(8_000, 100)]})

    assert not [text for text in read_texts(draw(problem, tmp_path / "x")[0]) if "wind" in text]


def test_without_the_library_one_line_names_the_extra(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(MissingExtra, match="matplotlib, which is not installed") as raised:
        draw(TENDER, tmp_path / "x")
    assert raised.value.remedy == "install it with: pip install 'plurichain[plots]'"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageError, match="the picture cannot be written"):
        draw(TENDER, tmp_path / "file" / "x")


@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 30), st.integers(0, 9)), min_size=1, max_size=3),
        max_size=5,
    ),
    st.integers(1, 60),
    st.sampled_from([Side.FORWARD, Side.REVERSE]),
)
def test_the_segments_are_the_award(bids, quantity: int, side: Side) -> None:
    """They are in the order of price without gaps, and what is served comes first."""
    descending = side is Side.FORWARD
    ordered = {
        f"b{index}": sorted(steps, key=lambda step: step[1], reverse=descending)
        for index, steps in enumerate(bids)
    }
    problem = make_problem(
        ordered, side=side, rule=PaymentRule.PAY_AS_BID, quantity=quantity, reserve=None
    )
    result = compute_result(problem)
    segments = compute_segments(problem, result)
    served = [segment.served for segment in segments]

    prices = [segment.price for segment in segments]
    assert prices == sorted(prices, reverse=descending)
    ends = [segment.start + segment.quantity for segment in segments]
    assert [0, *ends[:-1]] == [segment.start for segment in segments] or not segments
    for name, units in result.allocation.items():
        assert sum(part.served for part in segments if part.bidder == name) == units
    full = [part.served == part.quantity for part in segments]
    first_partial = full.index(False) if False in full else len(full)
    assert not any(served[first_partial + 1 :])


def test_a_family_shares_a_hue_and_no_two_have_one_colour() -> None:
    names = ["pv-a", "wind-a", "pv-b", *(f"kind{number}" for number in range(9))]
    colours = compute_colours(names)

    assert len(set(colours.values())) == len(names)
    assert compute_colours(names) == colours
    assert all(0 <= channel <= 1 for colour in colours.values() for channel in colour)


def test_scales() -> None:
    other = get_scale("apple", "pear")

    assert get_scale("watthour", "ueur") is ENERGY
    assert (ENERGY.show_quantity(1500), ENERGY.show_price(255)) == (1.5, 25.5)
    assert (other.quantity_label, other.price_label) == ("apple", "pear a unit")
    assert get_scale("", "").quantity_label == "units"
