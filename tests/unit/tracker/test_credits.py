"""A credit followed over chains made by hand, and every way in which its story can be wrong."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plurichain.energy.attributes import Attributes
from plurichain.energy.denom import compute_credit_denom
from plurichain.energy.names import DeviceStatus, KeyType, RetirementPurpose
from plurichain.energy.reading import Interval, compute_reading_hash
from plurichain.energy.state import (
    CreditState,
    DeviceState,
    IssuingBody,
    Origin,
    ReadingState,
    Retirement,
)
from plurichain.errors import (
    EnergyError,
    HeightPruned,
    NodeBusy,
    NodeError,
    NodeTimeout,
    NotFound,
)
from plurichain.ibc.conservation import Verdict
from plurichain.ibc.denom import DenomPath, Hop, voucher_denom
from plurichain.identifiers import Address
from plurichain.metering.submitting import sign_readings
from plurichain.tracker.auditing.credit_source import LiveCredits
from plurichain.tracker.auditing.credits import CreditTrace, trace_credit
from plurichain.tracker.blocks import Absence, Missing
from plurichain.tracker.store import PacketStore, Route
from plurichain.units import Coin
from tests.localnet.energy.conftest import make_device, make_device_key
from tests.unit.tracker.money_model import ENDS, NAMES, USER, Bank, Held, Money, make_end
from tests.unit.tracker.observing.made_chain import Stub

KEY = make_device_key("mill", KeyType.ED25519)
DEVICE = make_device(KEY, "mill")
INTERVAL = Interval(1_767_225_600, 1_767_226_500, 100, 1_100)
ATTRIBUTES = Attributes(
    "grid-1", "mill", DEVICE.technology, DEVICE.zone, DEVICE.capacity_w,
    INTERVAL.interval_start, INTERVAL.interval_end,
    compute_reading_hash("grid-1", "mill", INTERVAL), "registry",
)  # fmt: skip
CREDIT = compute_credit_denom(ATTRIBUTES)
HOME = DenomPath((), CREDIT)
ISSUED = 1_000
OWNER = Address(bytes(20), "pluri")
[SIGNED] = sign_readings(KEY, "grid-1", "mill", [INTERVAL])


class FakeCredits:
    """A chain as ``CreditSource`` gives it, on the money of the model."""

    def __init__(self, bank: Bank, paths: list[DenomPath]) -> None:
        self.held = Held(bank)
        self.bank = bank
        self.paths = paths
        self.credit: CreditState | None = None
        self.issued_at = 1
        self.reading = ReadingState("mill", SIGNED, True, ISSUED)
        self.device = DeviceState(DEVICE, OWNER, DeviceStatus.ACTIVE, 0)
        self.recorded: Attributes | None = None
        self.unclear: set[str] = set()
        self.routes = {
            channel: Route(name, make_end(channel), peer, make_end(other))
            for (name, channel), (peer, other) in ENDS.items()
            if name == bank.name
        }

    @property
    def state(self) -> Held:
        return self.held

    def find_path(self, voucher: str) -> DenomPath | None:
        return next((path for path in self.paths if voucher_denom(path) == voucher), None)

    def list_paths(self, base: str) -> list[DenomPath]:
        return [path for path in self.paths if path.base == base and path.hops]

    def find_credit(self, denom: str, height: int) -> CreditState | None:
        if height < self.held.oldest:
            raise HeightPruned("pruned")
        is_there = self.credit is not None and height >= self.issued_at
        return self.credit if is_there and denom == CREDIT else None

    def find_device(self, device_id: str) -> DeviceState | None:
        return self.device if device_id == "mill" else None

    def find_reading(self, device_id: str, interval_start: int) -> ReadingState | None:
        is_it = (device_id, interval_start) == ("mill", INTERVAL.interval_start)
        return self.reading if is_it else None

    def find_body(self, body_id: str) -> IssuingBody | None:
        return IssuingBody(body_id, "Registry", OWNER, True)

    def find_origin(self, denom: str) -> Origin | None:
        return Origin(denom, False, "not registered", "", "", "", self.recorded)

    def list_retirements(self, denom: str, height: int) -> list[Retirement]:
        amount = self.held.get_retired(height).get(denom, 0)
        act = Retirement(
            1, OWNER, Coin(denom, amount), CREDIT, "", "grid-1", "the town",
            RetirementPurpose.CONSUMPTION, "", 0, height, 0,
        )  # fmt: skip
        return [act] if amount else []

    def find_route(self, channel: str) -> Route | None:
        return None if channel in self.unclear else self.routes.get(channel)

    def list_channels(self) -> list[str]:
        return sorted(self.routes)


class Credits:
    """The model, with a credit issued on its first chain."""

    def __init__(self, money: Money) -> None:
        self.money = money
        money.banks["grid-1"].balances[USER, CREDIT] = ISSUED
        money.banks["grid-1"].close_block()
        for name in NAMES:
            money.paths[name] = []
        money.paths["grid-1"].append(HOME)
        self.sources = {name: FakeCredits(money.banks[name], money.paths[name]) for name in NAMES}
        home = self.sources["grid-1"]
        home.credit = CreditState(CREDIT, ATTRIBUTES, ISSUED, 0, 0)
        home.issued_at = money.banks["grid-1"].height

    def send_to(self, *names: str, amount: int) -> DenomPath:
        """Send an amount from the first chain on, all the way; returns its path there."""
        path, here = HOME, "grid-1"
        for name in names:
            channel = next(
                mine for (at, mine), (peer, _) in ENDS.items() if (at, peer) == (here, name)
            )
            sent = self.money.send(here, channel, path, amount)
            assert sent is not None
            self.money.receive(sent, "ok")
            self.money.acknowledge(sent)
            path, here = self.money.received_path(sent), name
        return path

    @contextlib.contextmanager
    def tracked(self, tops: dict[str, int] | None = None) -> Iterator[PacketStore]:
        with (
            tempfile.TemporaryDirectory() as folder,
            PacketStore.open(Path(folder) / "packets.db") as store,
        ):
            self.money.fill(store, tops)
            yield store

    def trace(self, denom: str = CREDIT, *, is_tracked: bool = True) -> CreditTrace:
        if not is_tracked:
            return trace_credit(self.sources, denom, None)
        with self.tracked() as store:
            return trace_credit(self.sources, denom, store)


@pytest.fixture
def credits_() -> Credits:
    return Credits(Money())


@settings(max_examples=40)
@given(data=st.data())
def test_every_wh_is_found_whatever_happened(data: st.DataObject) -> None:
    """Sent on, back, refused, late, retired anywhere; each chain read to any block."""
    credits_ = Credits(Money())
    money = credits_.money
    for _ in range(data.draw(st.integers(1, 25))):
        waiting = [each for each in money.packets if not each.is_over]
        unreceived = [each for each in waiting if not each.is_received]
        answered = [each for each in waiting if each.answer is not None]
        kind = data.draw(st.sampled_from(["send", "receive", "end", "retire", "time-out"]))
        if kind == "receive" and unreceived:
            how = data.draw(st.sampled_from(["ok", "ok", "error", "later"]))
            money.receive(data.draw(st.sampled_from(unreceived)), how)
        elif kind == "time-out" and unreceived:
            money.time_out(data.draw(st.sampled_from(unreceived)))
        elif kind == "end" and answered:
            money.acknowledge(data.draw(st.sampled_from(answered)))
        elif kind in {"send", "retire"}:
            name, channel = data.draw(st.sampled_from(sorted(ENDS)))
            path = data.draw(st.sampled_from([*money.paths[name], HOME]))
            amount = data.draw(st.integers(1, 300))
            if kind == "send":
                money.send(name, channel, path, amount)
            else:
                money.retire(name, path, amount)
    home = credits_.sources["grid-1"].issued_at
    least = {"grid-1": home, "grid-2": 1, "grid-3": 1}
    tops = {name: data.draw(st.integers(least[name], money.banks[name].height)) for name in NAMES}
    with credits_.tracked(tops) as store:
        found = trace_credit(credits_.sources, CREDIT, store)
    assert found.found == ISSUED, found
    assert found.verdict is not Verdict.BROKEN, found
    assert not found.is_retired_twice
    with credits_.tracked() as store:
        whole = trace_credit(credits_.sources, CREDIT, store)
    assert (whole.verdict, whole.found) == (Verdict.HOLDS, ISSUED), whole


def test_where_it_is_and_where_it_came_from(credits_: Credits) -> None:
    far = credits_.send_to("grid-2", "grid-3", amount=400)
    near = credits_.send_to("grid-2", amount=50)
    credits_.money.retire("grid-3", far, 100)
    credits_.money.retire("grid-1", HOME, 30)
    found = credits_.trace(voucher_denom(far))
    assert (found.denom, found.verdict) == (CREDIT, Verdict.HOLDS)
    assert (found.held, found.retired, found.under_way) == (870, 130, 0)
    assert {(place.chain_id, place.path): place.held for place in found.places} == {
        ("grid-1", HOME): 520,
        ("grid-2", near): 50,
        ("grid-3", far): 300,
    }
    assert [(row.chain_id, row.amount) for row in found.hops] == [
        ("grid-1", 400), ("grid-2", 400), ("grid-1", 50),
    ]  # fmt: skip
    origin = found.origin
    assert (origin.is_hash_proven, origin.is_reading_proven, origin.issued_wh) == (
        True, True, ISSUED,
    )  # fmt: skip
    assert origin.issue is not None
    assert (origin.issue.height, origin.issue.is_exact) == (2, True)


def test_when_it_was_issued_lies_in_state_that_is_gone(credits_: Credits) -> None:
    for _ in range(20):
        credits_.money.banks["grid-1"].close_block()
    home = credits_.sources["grid-1"]
    home.held.oldest = 9
    issue = credits_.trace().origin.issue
    assert issue is not None
    assert (issue.height, issue.is_exact) == (9, False)
    home.issued_at = 15
    issue = credits_.trace().origin.issue
    assert issue is not None
    assert (issue.height, issue.is_exact) == (15, True)


def test_more_retired_than_came_is_told(credits_: Credits) -> None:
    """A chain that let the same Wh be retired twice."""
    near = credits_.send_to("grid-2", amount=50)
    bank = credits_.money.banks["grid-2"]
    bank.retired[voucher_denom(near)] = 60
    bank.close_block()
    found = credits_.trace()
    assert found.is_retired_twice
    assert found.verdict is Verdict.BROKEN


def test_all_that_came_may_be_retired(credits_: Credits) -> None:
    near = credits_.send_to("grid-2", amount=50)
    credits_.money.retire("grid-2", near, 50)
    credits_.money.retire("grid-1", HOME, ISSUED - 50)
    found = credits_.trace()
    assert (found.retired, found.verdict, found.is_retired_twice) == (ISSUED, Verdict.HOLDS, False)


def test_vouchers_of_nothing_are_not_retired_twice(credits_: Credits) -> None:
    """A chain that made some up is broken; but what came there was retired once."""
    near = credits_.send_to("grid-2", amount=50)
    credits_.money.retire("grid-2", near, 50)
    bank = credits_.money.banks["grid-2"]
    bank.balances[USER, voucher_denom(near)] = 7
    bank.close_block()
    found = credits_.trace()
    assert (found.verdict, found.is_retired_twice) == (Verdict.BROKEN, False)


def test_a_wh_too_few_is_told(credits_: Credits) -> None:
    bank = credits_.money.banks["grid-1"]
    bank.balances[USER, CREDIT] -= 1
    bank.close_block()
    found = credits_.trace()
    assert (found.found, found.verdict) == (ISSUED - 1, Verdict.BROKEN)


def test_attributes_and_readings_that_prove_nothing(credits_: Credits) -> None:
    home = credits_.sources["grid-1"]
    sound = home.reading
    bad = replace(sound.reading, signature=bytes(64))
    home.reading = replace(sound, reading=bad)
    found = credits_.trace()
    assert (found.origin.is_reading_proven, found.verdict) == (False, Verdict.BROKEN)
    home.reading = replace(sound, reading=replace(sound.reading, counter_end_wh=1_101))
    assert credits_.trace().origin.is_reading_proven is False
    # Signed by the device, and not what the credit was issued for.
    other = replace(INTERVAL, counter_end_wh=1_101)
    [signed] = sign_readings(KEY, "grid-1", "mill", [other])
    home.reading = replace(sound, reading=signed)
    assert credits_.trace().origin.is_reading_proven is False
    home.reading = sound
    assert home.credit is not None
    home.credit = replace(home.credit, attributes=replace(ATTRIBUTES, zone="elsewhere"))
    found = credits_.trace()
    assert (found.origin.is_hash_proven, found.verdict) == (False, Verdict.BROKEN)


def test_a_chain_that_only_calls_itself_the_origin(credits_: Credits) -> None:
    """It says that its channel leads to B; B says that the end belongs to another."""
    credits_.send_to("grid-2", amount=50)
    target = credits_.sources["grid-2"]
    target.routes["channel-7"] = replace(target.routes["channel-7"], peer=make_end("channel-99"))
    found = credits_.trace(is_tracked=False)
    assert found.verdict is Verdict.UNKNOWN
    assert [str(each.peer) for each in found.unreached] == ["grid-2 transfer/channel-7"]
    [there] = [place for place in found.places if place.chain_id == "grid-2"]
    assert not there.is_genuine
    assert found.held == ISSUED - 50


def test_another_coin_of_the_same_name(credits_: Credits) -> None:
    bank = credits_.money.banks["grid-3"]
    bank.balances[USER, CREDIT] = 7
    bank.close_block()
    found = credits_.trace()
    [other] = [place for place in found.places if place.chain_id == "grid-3"]
    assert (other.is_genuine, other.held) == (False, 7)
    assert (found.found, found.verdict) == (ISSUED, Verdict.HOLDS)


def test_without_a_tracker_what_is_between_is_not_explained(credits_: Credits) -> None:
    credits_.send_to("grid-2", amount=50)
    found = credits_.trace(is_tracked=False)
    assert (found.verdict, found.is_tracked, found.hops) == (Verdict.HOLDS, False, ())
    credits_.money.send("grid-1", "channel-0", HOME, 9)
    found = credits_.trace(is_tracked=False)
    assert (found.verdict, found.under_way, found.found) == (Verdict.UNKNOWN, 9, ISSUED)
    assert credits_.trace().verdict is Verdict.HOLDS


def test_a_tracker_that_stopped_where_state_is_gone_leaves_what_state_tells(
    credits_: Credits,
) -> None:
    """Nodes prune; a tracker that ended days ago must not keep a credit from being found."""
    credits_.send_to("grid-2", amount=50)
    tops = {name: credits_.money.banks[name].height for name in NAMES}
    for name in NAMES:
        for _ in range(20):
            credits_.money.banks[name].close_block()
    credits_.sources["grid-1"].held.oldest = credits_.money.banks["grid-1"].height - 5
    with credits_.tracked(tops) as store:
        found = trace_credit(credits_.sources, CREDIT, store)
    assert (found.verdict, found.found) == (Verdict.HOLDS, ISSUED)
    assert found.lags == {}
    heads = {name: credits_.money.banks[name].height for name in NAMES}
    assert {place.height for place in found.places} <= set(heads.values())


def test_how_far_behind_its_chains_a_trace_is(credits_: Credits) -> None:
    """A retirement that the tracker has not read is not denied: what is told is older."""
    near = credits_.send_to("grid-2", amount=50)
    tops = {name: credits_.money.banks[name].height for name in NAMES}
    credits_.money.retire("grid-2", near, 20)
    credits_.money.banks["grid-2"].close_block()
    behind = credits_.money.banks["grid-2"].height - tops["grid-2"]
    assert behind > 0
    with credits_.tracked(tops) as store:
        found = trace_credit(credits_.sources, CREDIT, store)
    assert (found.verdict, found.retired) == (Verdict.HOLDS, 0)
    blocks = credits_.money.banks["grid-2"].blocks
    lag_ns = (blocks[-1].time_ns or 0) - (blocks[tops["grid-2"] - 1].time_ns or 0)
    assert lag_ns > 0
    assert found.lags == {"grid-2": lag_ns}
    assert (again := credits_.trace()).retired == 20
    assert again.lags == {}


def test_a_channel_of_which_nobody_says_where_it_leads(credits_: Credits) -> None:
    """What its escrow account holds is not with the accounts of its chain."""
    credits_.send_to("grid-2", amount=50)
    credits_.sources["grid-1"].unclear = {"channel-0"}
    found = credits_.trace(is_tracked=False)
    assert found.verdict is Verdict.UNKNOWN
    [home] = [place for place in found.places if place.chain_id == "grid-1"]
    assert (home.held, home.escrowed) == (ISSUED - 50, {"channel-0": 50})
    [crossing] = found.unreached
    assert not crossing.peer.chain_id


def test_why_nothing_is_known_of_what_is_between(credits_: Credits) -> None:
    credits_.send_to("grid-2", amount=50)
    credits_.money.send("grid-1", "channel-0", HOME, 9)
    [audit] = credits_.trace(is_tracked=False).crossings
    assert audit.reason == "1 packet is on its way, and no tracker has read it"
    # Blocks of one chain are missing: the tracker says why it cannot explain what is between.
    with credits_.tracked() as store:
        store.take_in(Missing("grid-2", credits_.money.banks["grid-2"].height + 1, 90,
                              Absence.PRUNED))  # fmt: skip
        [audit] = trace_credit(credits_.sources, CREDIT, store).crossings
    assert audit.verdict is Verdict.UNKNOWN
    assert audit.reason.startswith("1 packet is on its way: blocks ")
    assert "of grid-2 were not read" in audit.reason


def test_chains_that_differ_while_nothing_is_on_its_way(credits_: Credits) -> None:
    near = credits_.send_to("grid-2", amount=50)
    bank = credits_.money.banks["grid-2"]
    bank.balances[USER, voucher_denom(near)] += 3
    bank.close_block()
    [audit] = credits_.trace(is_tracked=False).crossings
    assert audit.verdict is Verdict.UNKNOWN
    assert audit.reason.startswith("they differ by -3 Wh and no packet is on its way")


def test_the_origin_is_not_among_the_networks(credits_: Credits) -> None:
    near = credits_.send_to("grid-2", amount=50)
    del credits_.sources["grid-1"]
    with pytest.raises(NotFound, match="none of the networks knows the attributes"):
        credits_.trace(voucher_denom(near))
    credits_.sources["grid-2"].recorded = ATTRIBUTES
    found = credits_.trace(voucher_denom(near))
    assert (found.issued, found.verdict) == (None, Verdict.UNKNOWN)
    assert found.origin.is_hash_proven
    assert not found.origin.is_asked


def test_what_is_no_credit_is_refused(credits_: Credits) -> None:
    with pytest.raises(EnergyError, match="is not an energy credit"):
        credits_.trace("upluri")
    with pytest.raises(NotFound, match="none of the networks knows the voucher"):
        credits_.trace(voucher_denom(DenomPath((Hop("transfer", "channel-3"),), CREDIT)))


def test_it_was_issued_after_what_the_tracker_has_read(credits_: Credits) -> None:
    """Then nothing is missing: it was not there yet."""
    near = credits_.send_to("grid-2", amount=50)
    credits_.sources["grid-1"].issued_at = credits_.money.banks["grid-1"].height
    with credits_.tracked({"grid-1": 3, "grid-2": 2, "grid-3": 1}) as store:
        found = trace_credit(credits_.sources, voucher_denom(near), store)
    assert found.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("error", [NodeTimeout("slow"), NodeBusy("429")], ids=["slow", "busy"])
def test_a_node_that_does_not_answer_hides_no_channel(error: NodeError) -> None:
    """What went over a channel would be shown as held, and asking again finds it."""
    client: Any = Stub("grid-1", None)
    source = LiveCredits(client)
    answers: list[Exception] = [NotFound("no such channel"), error]

    def fail(*_: object) -> None:
        raise answers[-1]

    source._ibc = SimpleNamespace(get_channel=fail)  # type: ignore[assignment]
    for _ in range(2):
        with pytest.raises(type(error)):
            source.find_route("channel-0")
    answers.pop()
    assert source.find_route("channel-0") is None
