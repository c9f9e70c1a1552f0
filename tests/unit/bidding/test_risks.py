"""What is warned of before a reveal, when, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from plurichain.bidding.persisting import keep_trying
from plurichain.bidding.progress import Progress
from plurichain.bidding.risks import RiskWatch, compute_clock_risks
from plurichain.errors import NodeTimeout, NodeUnreachable, TlsFailed, WrongChain

SECOND = 1_000_000_000


def find_clock_risks(block_s: float, clock_s: float) -> list[str]:
    risks = compute_clock_risks(
        block_time_ns=int(block_s * SECOND),
        clock_ns=int(clock_s * SECOND),
        begins_ns=100 * SECOND,
        ends_ns=140 * SECOND,
        max_lag_ns=30 * SECOND,
        what="reveal",
    )
    return [risk.name for risk in risks]


@pytest.mark.parametrize(
    ("block_s", "clock_s", "expected"),
    [
        (10, 10, []),
        (10, 40, []),
        (10, 41, ["node_lagging"]),
        (99, 99, []),
        (130, 130, []),
        (131, 131, ["phase_closing"]),
        (131, 200, ["node_lagging", "phase_closing"]),
        (150, 150, ["phase_closing"]),
    ],
)
def test_clocks(block_s: float, clock_s: float, expected: list[str]) -> None:
    assert find_clock_risks(block_s, clock_s) == expected


@dataclass(slots=True)
class Bench:
    """A bidder whose money a test sets, with a scripted clock."""

    balances: dict[str, int] | Exception
    now_s: float = 0.0
    told: list[Progress] = field(default_factory=list)

    def get_balances(self, _owner: object) -> dict[str, int]:
        if isinstance(self.balances, Exception):
            raise self.balances
        return self.balances

    def tell(self, name: str, text: str, *, is_warning: bool = False) -> None:
        self.told.append(Progress(name, text, is_warning=is_warning))

    def make_watch(self) -> RiskWatch:
        network = SimpleNamespace(
            gas_price=Fraction(1, 100), fee_denom="upluri", max_clock_skew_s=30
        )
        bidder: Any = SimpleNamespace(
            client=SimpleNamespace(network=network, get_balances=self.get_balances),
            key=SimpleNamespace(address="pluri1me"),
            tell=self.tell,
        )
        auction: Any = SimpleNamespace(
            id=3, commit_deadline_ns=1000 * SECOND, reveal_deadline_ns=2000 * SECOND, deposit=()
        )
        return RiskWatch(
            bidder,
            auction,
            None,
            clock=lambda: self.now_s,
            wall_ns=lambda: int(self.now_s * SECOND),
        )


def test_short_money_is_told_again_and_again_but_not_at_every_look() -> None:
    bench = Bench({"upluri": 2999})
    watch = bench.make_watch()
    for second in range(121):
        bench.now_s = second
        watch.look(second * SECOND)

    assert [each.name for each in bench.told] == ["money_short"] * 3
    assert all(each.is_warning for each in bench.told)
    assert "2999" not in bench.told[0].text
    bench.balances = {"upluri": 3000}
    bench.now_s = 300
    watch.look(300 * SECOND)
    assert len(bench.told) == 3


def test_a_silent_node_does_not_end_the_watch() -> None:
    bench = Bench(NodeTimeout("silent"))
    watch = bench.make_watch()
    bench.now_s = 100
    watch.look(10 * SECOND)
    assert [each.name for each in bench.told] == ["node_lagging"]


def test_trying_goes_on_with_warnings_until_it_works() -> None:
    told: list[Progress] = []
    slept: list[float] = []
    left = 20

    def act() -> str:
        nonlocal left
        left -= 1
        if left:
            raise NodeUnreachable("no connection")
        return "done"

    found = keep_trying(act, told.append, clock=lambda: sum(slept), sleep=slept.append)

    assert found == "done"
    assert max(slept) <= 5.0
    assert told[0].is_warning
    assert told[0].name == "node_silent"
    assert len(told) >= sum(slept) // 20
    assert len(told) < len(slept)


@pytest.mark.parametrize("error", [WrongChain("other"), TlsFailed("expired")])
def test_what_does_not_pass_is_raised_at_once(error: Exception) -> None:
    def act() -> None:
        raise error

    with pytest.raises(type(error)):
        keep_trying(act, lambda _progress: None, sleep=lambda _s: pytest.fail("it waited"))
