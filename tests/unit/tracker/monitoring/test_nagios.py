"""Verdicts for cron: 0 to 3, one line, and what is not known is never well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plurichain.ibc.overdue import AlarmKind, Thresholds
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.monitoring.nagios.channel import (
    MoneyRule,
    Selection,
    check_channels,
    make_thresholds,
)
from plurichain.tracker.monitoring.nagios.relayer import RelayerRule, check_relaying
from plurichain.tracker.monitoring.nagios.verdict import Figure, Finding, Status, Verdict, demote
from plurichain.tracker.monitoring.snapshot.freshness import NEVER, Freshness
from plurichain.tracker.monitoring.snapshot.items import (
    ChannelItem,
    CheckItem,
    ConservationItem,
    Gap,
    Snapshot,
)
from tests.unit.tracker.monitoring.snapshots import (
    FAILING,
    FRESH,
    NOW_NS,
    RELAYER,
    SECOND_NS,
    make_chain,
    make_channel,
    make_snapshot,
)

DAY_NS = 86_400 * SECOND_NS
RULE = RelayerRule(Thresholds(client_ns=DAY_NS), Thresholds(client_ns=3 * DAY_NS))
MONEY = ConservationItem(
    "grid-1", "transfer", "channel-0", "upluri", 900, "grid-2", 880, 0, "holds", FRESH
)


def make_well_channel(chain_id: str = "grid-1") -> ChannelItem:
    """A channel with one packet under way, of which all is known."""
    counts: dict[StoryClass, int | None] = dict.fromkeys(StoryClass, 0)
    return replace(
        make_channel(chain_id),
        counts=counts | {StoryClass.UNRECEIVED: 1},
        oldest_ns=3 * SECOND_NS,
        unaged=0,
        overdue={},
        freshness=FRESH,
        is_current=True,
    )


def make_well() -> Snapshot:
    """Two chains that answer, and nothing to be said of anything."""
    snapshot = make_snapshot()
    (client,) = snapshot.clients
    return replace(
        snapshot,
        chains=(make_chain("grid-1"), make_chain("grid-2")),
        channels=(make_well_channel(),),
        clients=(
            replace(client, status="Active", left_ns=9 * DAY_NS, trusting_period_ns=14 * DAY_NS),
        ),
        relayers=(snapshot.relayers[1],),
        conservation=(MONEY,),
        alarms=(),
    )


def judge(
    snapshot: Snapshot,
    at_warning: Snapshot | None = None,
    *,
    selection: Selection | None = None,
    money: MoneyRule | None = None,
) -> Verdict:
    return check_channels(
        snapshot,
        at_warning or snapshot,
        selection or Selection(),
        money=money or MoneyRule(),
        limits_ns=(15 * SECOND_NS, 30 * SECOND_NS),
    )


def with_channel(**changes: object) -> Snapshot:
    channel = make_well_channel()
    if "counts" in changes:
        changes["counts"] = {**channel.counts, **changes["counts"]}  # type: ignore[dict-item]
    return replace(make_well(), channels=(replace(channel, **changes),))  # type: ignore[arg-type]


def test_all_is_well() -> None:
    verdict = judge(make_well())
    assert verdict.status is Status.OK
    assert verdict.line.startswith(
        "IBC-CHANNEL OK - 1 channel end, 1 packet under way, none for too long"
        " | 'open'=1 'oldest'=3s;15;30 'unreceived'=1 "
    )
    relaying = check_relaying(make_well(), RULE)
    assert relaying.status is Status.OK
    assert relaying.line == (
        "IBC-RELAYER OK - 2 chains answer, 7 packet messages effected, 2 after a rival,"
        " 3 transactions failed | 'overdue'=0;;1 'effected'=7c 'redundant'=2c 'failed'=3c"
        f" 'client_left'={9 * 86_400}s"
    )


@pytest.mark.parametrize(
    ("changes", "status", "text"),
    [
        ({"overdue": {AlarmKind.STUCK_RECEIVE: 2}}, Status.CRITICAL, "2 stuck-receive (oldest"),
        ({"counts": {StoryClass.EXPIRED: 3}}, Status.WARNING, "3 expired, refunds are due"),
        ({"counts": {StoryClass.UNKNOWN: 3}}, Status.UNKNOWN, "3 packets of which it is not"),
        ({"counts": {StoryClass.IMPOSSIBLE: 1}}, Status.CRITICAL, "contradict each other"),
        ({"unread": 2}, Status.UNKNOWN, "2 packets in its state and in no block"),
        ({"channel_state": "closed"}, Status.CRITICAL, "is closed"),
        ({"channel_state": "tryopen"}, Status.WARNING, "is tryopen"),
        ({"state_freshness": NEVER}, Status.UNKNOWN, "its state: was not asked"),
        ({"is_current": False}, Status.UNKNOWN, "grid-1 transfer/channel-0: "),
        # What ended before tracking began is not known, and nobody waits for it.
        ({"is_complete": False}, Status.OK, "1 packet under way"),
        (
            {"is_complete": False, "counts": {StoryClass.ACK_PENDING: None}},
            Status.UNKNOWN,
            "tracking began after the channel was opened",
        ),
        ({"unaged": 1}, Status.UNKNOWN, "grid-1 transfer/channel-0: "),
        # What was overdue when both chains answered may be over.
        (
            {"is_current": False, "overdue": {AlarmKind.STUCK_RECEIVE: 2}},
            Status.UNKNOWN,
            "last known: grid-1 transfer/channel-0: 2 stuck-receive",
        ),
        # What is certain is said, although more may be missing.
        (
            {"is_complete": False, "overdue": {AlarmKind.STUCK_RECEIVE: 2}},
            Status.CRITICAL,
            "2 stuck-receive",
        ),
    ],
)
def test_channels(changes: dict[str, object], status: Status, text: str) -> None:
    verdict = judge(with_channel(**changes))
    assert (verdict.status, text in verdict.line) == (status, True), verdict.line


def test_what_nears_its_limit_is_a_warning() -> None:
    near = with_channel(overdue={AlarmKind.STUCK_RECEIVE: 1})
    verdict = judge(make_well(), near)
    assert (verdict.status, "1 stuck-receive" in verdict.line) == (Status.WARNING, True)


@pytest.mark.parametrize(
    ("rows", "status", "text"),
    [
        ((), Status.UNKNOWN, "channel-0: not audited (plurichain ibc audit grid-1 grid-2, or"),
        ((replace(MONEY, verdict="broken", difference=-4),), Status.CRITICAL, "differs by -4"),
        ((replace(MONEY, verdict="unknown"),), Status.UNKNOWN, "could not be checked"),
        ((replace(MONEY, freshness=Freshness.judge(1, NOW_NS - DAY_NS, None, NOW_NS)),),
         Status.UNKNOWN, "was audited 1 d ago"),
        # Of another channel: nothing is known of this one.
        ((replace(MONEY, channel="channel-1"),), Status.UNKNOWN, "channel-0: not audited"),
        # Of the other end, where coins of that chain are: it is one audit of both.
        ((replace(MONEY, chain_id="grid-2", channel="channel-7"),), Status.OK, "1 channel end"),
        ((replace(MONEY, chain_id="grid-2", channel="channel-7", verdict="broken", difference=9),),
         Status.CRITICAL, "money: grid-2 transfer/channel-7 upluri differs by 9"),
        # Where a credit was issued, over no channel.
        ((MONEY, replace(MONEY, port="", channel="", denom="wh.x", verdict="broken")),
         Status.CRITICAL, "money: grid-1 (issued there) wh.x differs by"),
    ],
)  # fmt: skip
def test_money(rows: tuple[ConservationItem, ...], status: Status, text: str) -> None:
    snapshot = replace(make_well(), conservation=rows)
    verdict = judge(snapshot)
    assert (verdict.status, text in verdict.line) == (status, True), verdict.line
    assert judge(snapshot, money=MoneyRule(is_judged=False)).status is Status.OK


def test_of_several_channels_each_has_to_be_audited() -> None:
    well = make_well()
    (channel,) = well.channels
    other = replace(channel, end=replace(channel.end, channel="channel-1"), peer=None)
    verdict = judge(replace(well, channels=(channel, other)))
    assert verdict.status is Status.UNKNOWN
    assert "money: grid-1 transfer/channel-1: not audited" in verdict.line


@pytest.mark.parametrize(
    ("port", "count", "status"),
    [
        ("transfer", 0, Status.OK),
        ("transfer", None, Status.UNKNOWN),
        ("", 1, Status.UNKNOWN),
        ("questions", 1, Status.OK),
    ],
)
def test_what_was_never_sent_needs_no_audit(port: str, count: int | None, status: Status) -> None:
    channel = make_well_channel()
    counts = dict.fromkeys(StoryClass, 0) | {StoryClass.ACKED: count}
    channel = replace(channel, counts=counts, end=replace(channel.end, port=port))
    verdict = judge(replace(make_well(), channels=(channel,), conservation=()))
    assert verdict.status is status, verdict.line


def test_state_that_contradicts_blocks() -> None:
    snapshot = replace(make_well(), checks=(CheckItem("grid-1", "different", 1),))
    assert judge(snapshot).status is Status.CRITICAL


@pytest.mark.parametrize("name", ["channel-0 ", "channel-00", "сhannel-0", "CHANNEL-0", ""])
def test_a_channel_that_only_looks_like_it_is_not_it(name: str) -> None:
    verdict = judge(make_well(), selection=Selection(channel=name))
    assert verdict.status is Status.UNKNOWN
    assert "was seen" in verdict.line


@pytest.mark.parametrize("name", ["channel-0", "transfer/channel-0"])
def test_a_channel_is_chosen_by_its_name(name: str) -> None:
    assert judge(make_well(), selection=Selection("grid-1", name)).status is Status.OK
    away = judge(make_well(), selection=Selection("grid-2", name))
    assert away.status is Status.UNKNOWN
    assert f"no channel {name} of grid-2 was seen" in away.line
    assert "no channel of grid-2 was seen" in judge(make_well(), selection=Selection("grid-2")).line


def make_old(snapshot: Snapshot) -> Snapshot:
    """The same, five minutes after the tracker was stopped."""
    old = Freshness.judge(NOW_NS - 300 * SECOND_NS, NOW_NS - 300 * SECOND_NS, None, NOW_NS)
    return replace(
        snapshot,
        chains=tuple(replace(each, freshness=old) for each in snapshot.chains),
        channels=tuple(
            replace(each, freshness=old, state_freshness=old, is_current=False)
            for each in snapshot.channels
        ),
    )


@pytest.mark.parametrize("is_bad", [False, True])
def test_a_tracker_that_was_stopped_makes_all_unknown(is_bad: bool) -> None:
    snapshot = with_channel(overdue={AlarmKind.STUCK_RECEIVE: 1}) if is_bad else make_well()
    for verdict in (judge(make_old(snapshot)), check_relaying(make_old(snapshot), RULE)):
        assert verdict.status is Status.UNKNOWN
        assert "the tracker is not at work: it asked no node for 5 min" in verdict.line
    assert "'open'=U 'oldest'=U;15;30 'unreceived'=U" in judge(make_old(snapshot)).line


@pytest.mark.parametrize("limit", ["gap", "halted", "behind", "catching up", "stale"])
def test_why_it_is_not_known_is_what_keeps_it_from_being_known(limit: str) -> None:
    here, there = make_chain("grid-1"), make_chain("grid-2")
    counts = {**make_well_channel().counts, StoryClass.EXPIRED: None}
    channel = replace(make_well_channel(), counts=counts)
    away = replace(there, is_current=False)
    there, text = {
        "gap": (replace(there, gaps=(Gap(3, 9, "pruned"),)), "blocks 3-9 of grid-2 were not read"),
        "halted": (replace(away, head_height=1_000), "no blocks of grid-2 come"),
        "behind": (away, "the newest blocks of grid-2 are not read yet"),
        "catching up": (replace(away, is_catching_up=True), "the node of grid-2 catches up"),
        "stale": (
            replace(away, freshness=Freshness.judge(1, 1, "refused", NOW_NS)),
            "nobody asks grid-2 now",
        ),
    }[limit]
    channel = replace(channel, is_complete=limit != "gap", is_current=there.is_current)
    verdict = judge(replace(make_well(), chains=(here, there), channels=(channel,)))
    assert f"grid-1 transfer/channel-0: {text}" in verdict.line


def test_a_tracker_whose_clock_is_another_is_not_at_work() -> None:
    later = Freshness.judge(NOW_NS + 3_600 * SECOND_NS, NOW_NS + 3_600 * SECOND_NS, None, NOW_NS)
    well = make_well()
    chains = tuple(replace(each, freshness=later) for each in well.chains)
    verdict = check_relaying(replace(well, chains=chains), RULE)
    assert verdict.status is Status.UNKNOWN
    assert "it asked a node 1 h from now (its clock or this machine's is wrong)" in verdict.line


def test_an_empty_database_is_unknown() -> None:
    for verdict in (judge(Snapshot(NOW_NS)), check_relaying(Snapshot(NOW_NS), RULE)):
        assert verdict.status is Status.UNKNOWN
        assert "nothing was tracked yet" in verdict.line


def change_chain(**changes: object) -> Snapshot:
    well = make_well()
    first, second = well.chains
    return replace(well, chains=(replace(first, **changes), second))  # type: ignore[arg-type]


def change_client(**changes: object) -> Snapshot:
    well = make_well()
    return replace(well, clients=(replace(well.clients[0], **changes),))  # type: ignore[arg-type]


def change_wallet(**changes: object) -> Snapshot:
    well = make_well()
    return replace(well, wallets=(replace(well.wallets[0], **changes),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("snapshot", "status", "text"),
    [
        (change_chain(freshness=FAILING), Status.UNKNOWN, "grid-1: failing, answered 1 min 30 s"),
        (change_chain(freshness=NEVER), Status.UNKNOWN, "grid-1: was not asked"),
        (change_chain(head_time_ns=NOW_NS - 600 * SECOND_NS), Status.CRITICAL, "no new block for"),
        (change_chain(is_catching_up=True), Status.WARNING, "is catching up"),
        (change_chain(time_ns=NOW_NS - 900 * SECOND_NS), Status.WARNING, "is 14 min 57 s behind"),
        (change_chain(head_height=None), Status.UNKNOWN, "its head is not known"),
        (change_chain(gaps=(Gap(3, 9, "pruned"),)), Status.WARNING, "blocks 3-9 are pruned"),
        (with_channel(overdue={AlarmKind.STUCK_RECEIVE: 4}), Status.CRITICAL, "4 packets overdue"),
        (with_channel(overdue={AlarmKind.STUCK_RECEIVE: 1}, is_current=False), Status.UNKNOWN,
         "1 packet overdue when both chains answered"),
        (with_channel(is_complete=False), Status.OK, "2 chains answer"),
        (with_channel(counts={StoryClass.EXPIRED: None}), Status.UNKNOWN, "not known everywhere"),
        (change_chain(head_time_ns=NOW_NS + 3_600 * SECOND_NS), Status.WARNING,
         "1 h from now: this machine's clock is wrong"),
        (change_client(status="Frozen"), Status.CRITICAL, "Frozen"),
        (change_client(left_ns=2 * DAY_NS), Status.WARNING, "expires in 2 d"),
        (change_client(left_ns=DAY_NS - 1), Status.CRITICAL, "expires in 23 h 59 min"),
        (change_client(left_ns=None), Status.UNKNOWN, "what is left of it is not known"),
        (change_client(left_ns=DAY_NS - 1, freshness=FAILING), Status.UNKNOWN, "last known: "),
        # Of ten minutes a third is normal, and a ninth is not.
        (change_client(left_ns=400 * SECOND_NS, trusting_period_ns=600 * SECOND_NS), Status.OK, ""),
        (change_client(left_ns=190 * SECOND_NS, trusting_period_ns=600 * SECOND_NS),
         Status.WARNING, "expires in 3 min"),
        (change_client(left_ns=60 * SECOND_NS, trusting_period_ns=600 * SECOND_NS),
         Status.CRITICAL, "expires in 1 min"),
        (change_wallet(amount=9), Status.WARNING, "9upluri, less than 1000000"),
        (change_wallet(amount=0), Status.CRITICAL, "is empty: 0upluri"),
        (change_wallet(amount=0, least=None), Status.CRITICAL, "is empty: 0upluri"),
        (change_wallet(amount=1, least=None), Status.OK, ""),
        (change_wallet(amount=None, freshness=FAILING), Status.UNKNOWN, "wallet ours on grid-1"),
        (change_wallet(amount=0, freshness=FAILING), Status.UNKNOWN, "last known: wallet ours"),
    ],
)  # fmt: skip
def test_relaying(snapshot: Snapshot, status: Status, text: str) -> None:
    verdict = check_relaying(snapshot, RULE)
    assert (verdict.status, text in verdict.line) == (status, True), verdict.line


def test_only_the_chosen_relayer_is_counted() -> None:
    snapshot = replace(make_well(), relayers=make_snapshot().relayers)
    rule = replace(RULE, signers=frozenset({RELAYER}))
    assert "'effected'=7c 'redundant'=2c 'failed'=3c" in check_relaying(snapshot, rule).line
    rule = replace(RULE, signers=frozenset({"pluri1other"}))
    verdict = check_relaying(snapshot, rule)
    assert (verdict.status, "never seen carrying" in verdict.line) == (Status.UNKNOWN, True)


def test_a_relayer_whose_every_transaction_fails() -> None:
    snapshot = make_well()
    (relayer,) = snapshot.relayers
    failing = replace(snapshot, relayers=(replace(relayer, by_kind={}),))
    verdict = check_relaying(failing, RULE)
    assert (verdict.status, "3 transactions failed and nothing" in verdict.line) == (
        Status.WARNING, True,
    )  # fmt: skip


def test_the_line_is_one_line_with_one_bar() -> None:
    evil = "a|b\nc\x1b[31m\u202e" + "x" * 5_000
    line = Verdict("X", (Finding(Status.CRITICAL, evil),), "", (Figure("o'p=e|n", 1),)).line
    assert line.count("|") == 1
    assert "\n" not in line
    assert line.isprintable()
    assert len(line) < 1_100
    assert line.endswith(" | 'ope/n'=1")


def test_what_is_certainly_bad_outranks_what_is_not_known() -> None:
    found = [Finding(status, status.name) for status in Status]
    assert Verdict("X", tuple(found), "").status is Status.CRITICAL
    assert Verdict("X", (found[1], found[3]), "").status is Status.UNKNOWN
    assert {each.status for each in demote(found)} == {Status.OK, Status.UNKNOWN}


def test_limits_follow_from_one() -> None:
    usual = Thresholds()
    assert make_thresholds(usual.receive_ns) == usual
    assert make_thresholds(1).refund_ns == 1
