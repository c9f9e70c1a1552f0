"""What a person on call sees: at any width, with what is unknown and why."""

from __future__ import annotations

from dataclasses import replace
from unicodedata import east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.ibc.overdue import AlarmKind
from plurichain.ibc.packet_story import StoryClass
from plurichain.tracker.monitoring.alarms.advice import advise
from plurichain.tracker.monitoring.snapshot.freshness import NEVER, Freshness
from plurichain.tracker.monitoring.snapshot.items import Snapshot
from plurichain.tracker.monitoring.snapshot.json_record import make_record
from plurichain.tracker.monitoring.texts import format_age, format_instant
from plurichain.tracker.monitoring.watch.cells import Level
from plurichain.tracker.monitoring.watch.layout import lay_out
from plurichain.tracker.monitoring.watch.view import make_view
from tests.unit.tracker.hostile import list_harmful
from tests.unit.tracker.monitoring.snapshots import (
    NOW_NS,
    SECOND_NS,
    make_chain,
    make_channel,
    make_snapshot,
)

MINUTE_NS = 60 * SECOND_NS


def show(snapshot: Snapshot, width: int = 80) -> list[str]:
    return [line.text for line in lay_out(make_view(snapshot, place="packets.db"), width)]


def find(snapshot: Snapshot, text: str) -> Level:
    """Return how the one cell that says this is to be taken."""
    lines = lay_out(make_view(snapshot, place="packets.db"), 100)
    (cell,) = [cell for line in lines for cell in line.cells if text in cell.text]
    return cell.level


def test_the_worst_stands_on_top() -> None:
    shown = show(make_snapshot())
    assert shown[:4] == [
        "2023-11-14 22:13:20Z  packets.db",
        "tracker: at work, asked a node 0.0 s ago",
        "1 alarm, 1 of them grave",
        "money: 1 of 1 equations DO NOT HOLD, audited 1.0 s ago",
    ]
    titles = [line for line in shown if line.isupper()]
    assert titles == [
        "ALARMS", "CHAINS", "CHANNELS", "CLIENTS", "RELAYERS", "WALLETS", "MONEY",
    ]  # fmt: skip
    alarm = shown.index("ALARMS") + 2
    assert shown[alarm].split() == ["stuck-answer", "grid-1", "transfer/channel-0", "5", "1",
                                    "min", "30", "s"]  # fmt: skip
    assert "since 2023-11-14 22:11:45Z, block 900" in shown[alarm + 2]
    assert "do: no relayer can help" in shown[alarm + 3]


def test_what_is_unknown_is_a_question_mark_with_its_reason() -> None:
    shown = "\n".join(show(make_snapshot(), 100))
    assert "received-unacked 3, unknown ?" in shown
    assert "? because no node of grid-2 answers now" in shown
    # A chain of which nothing is known: no number, least of all 0.
    row = next(line for line in shown.splitlines() if line.startswith("  grid-2 "))
    assert row.split()[1:5] == ["?", "?", "?", "?"]
    assert "failing: answered 1 min 30 s ago" in row
    assert "refused" in shown


def test_nothing_known_is_not_all_is_well() -> None:
    shown = show(Snapshot(NOW_NS))
    assert shown[1:4] == [
        "nothing was tracked yet: start `plurichain ibc track NETWORK…`",
        "no alarms are known, and not all chains are: see below",
        "money: not audited yet: `plurichain ibc audit NETWORK NETWORK` does",
    ]
    assert find(Snapshot(NOW_NS), "no alarms are known") is Level.WARN
    well = Snapshot(NOW_NS, chains=(make_chain("grid-1"),))
    assert find(well, "no alarms") is Level.GOOD
    unasked = Snapshot(NOW_NS, chains=(replace(make_chain("grid-1"), freshness=NEVER),))
    assert find(unasked, "it is not known when it last asked") is Level.WARN
    assert find(unasked, "no alarms are known") is Level.WARN


def test_how_old_the_audit_is_stands_beside_what_it_found() -> None:
    (row,) = make_snapshot().conservation
    well = replace(row, verdict="holds", difference=0)
    old_ns = NOW_NS - 26 * 60 * MINUTE_NS
    old = replace(well, freshness=Freshness.judge(old_ns, old_ns, None, NOW_NS))
    unknown = replace(well, verdict="unknown", difference=None)
    for rows, text, level in (
        ((well, well), "money: 2 of 2 equations hold to the unit, audited 1.0 s ago", Level.GOOD),
        ((well, old), "money: 2 of 2 equations hold to the unit, audited 1 d 2 h ago", Level.WARN),
        ((unknown,), "money: 1 of 1 equations could not be checked, 0 hold, audited", Level.WARN),
    ):
        assert find(replace(make_snapshot(), conservation=rows), text) is level


def test_where_nothing_was_ever_sent_there_is_no_money_to_audit() -> None:
    quiet = replace(make_channel("grid-1"), counts=dict.fromkeys(StoryClass, 0), unaged=0)
    shown = show(replace(make_snapshot(), channels=(quiet,), conservation=()))
    assert shown[3] == "money: none was ever sent"
    blind = replace(quiet, counts=dict.fromkeys(StoryClass))
    chains = (make_chain("grid-1"), make_chain("grid-2"))
    shown = show(replace(make_snapshot(), chains=chains, channels=(blind,), conservation=()))
    assert shown[3] == "money: not audited yet: `plurichain ibc audit grid-1 grid-2` does"


def test_a_credit_that_does_not_add_up_where_it_was_issued_is_no_channel() -> None:
    (row,) = make_snapshot().conservation
    issued = replace(row, port="", channel="", denom="wh.x")
    shown = show(replace(make_snapshot(), conservation=(issued,)), 100)
    assert any(line.startswith("  grid-1 (issued there)") for line in shown)


def test_a_node_that_has_fewer_blocks_than_were_read_does_not_look_up_to_date() -> None:
    """Blocks may be read after a node was asked; a node that lost blocks is another matter."""
    chain = replace(make_chain("grid-1"), height=8_953, head_height=8_950)
    row = next(line for line in show(Snapshot(NOW_NS, (chain,))) if line.startswith("  grid-1"))
    assert row.split()[1:3] == ["8953", "8953"]
    behind = Freshness.judge(NOW_NS, NOW_NS - SECOND_NS, "its newest block is 642", NOW_NS)
    chain = replace(chain, head_height=642, freshness=behind)
    row = next(
        line for line in show(Snapshot(NOW_NS, (chain,)), 120) if line.startswith("  grid-1")
    )
    assert row.split()[1:3] == ["8953", "642"]


def test_a_tracker_that_is_not_at_work_is_said_first() -> None:
    asked_ns = NOW_NS - 5 * MINUTE_NS
    old = Freshness.judge(asked_ns, asked_ns, None, NOW_NS)
    stopped = Snapshot(NOW_NS, chains=(replace(make_chain("grid-1"), freshness=old),))
    text = "tracker: has asked no node for 5 min: all below is as of then"
    assert show(stopped)[1] == text
    assert find(stopped, text) is Level.BAD


def test_alarms_of_a_channel_stand_at_the_channel() -> None:
    snapshot = make_snapshot()
    (alarm,) = snapshot.alarms
    channel = "  grid-1 transfer/channel-0 "
    named = replace(snapshot, alarms=(replace(alarm, subject="transfer/channel-0"),))
    (row,) = [line for line in show(named) if line.startswith(channel) and "open" in line]
    assert row.split()[-2:] == ["1", "open"]
    # Another channel's alarm, however much its name looks like it.
    (row,) = [line for line in show(snapshot) if line.startswith(channel) and "open" in line]
    assert row.split()[-2:] == ["-", "open"]


@given(st.integers(1, 200))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = replace(make_channel("plurichain-localnet-of-a-long-name-1"), channel_state=None)
    snapshot = replace(make_snapshot(), channels=(make_channel("grid-1"), long))
    shown = show(snapshot, width)
    assert max(map(len, shown)) <= max(width, 40)
    assert any("long-name-1" in line for line in shown)


def test_a_view_of_hostile_names_is_harmless() -> None:
    evil = "\x1b[2J\u202e\x00|\n\u200b"
    snapshot = make_snapshot()
    (alarm,), (wallet,) = snapshot.alarms, snapshot.wallets
    hostile = replace(
        snapshot,
        chains=(replace(make_chain(evil), freshness=Freshness.judge(1, 1, evil, 2)),),
        channels=(replace(make_channel(evil), peer_chain_id=evil),),
        alarms=(replace(alarm, chain_id=evil, subject=evil, text=evil, kind=evil),),
        wallets=(replace(wallet, name=evil, denom=evil),),
        relayers=tuple(replace(each, signer=evil) for each in snapshot.relayers),
    )
    assert list_harmful("".join(show(hostile))) == []


@pytest.mark.parametrize("width", [40, 80, 200])
def test_what_is_drawn_two_columns_wide_moves_no_column(width: int) -> None:
    name = "\u4e2d\u6587\u7535\u7f51-1"
    snapshot = replace(
        make_snapshot(),
        chains=(make_chain(name), make_chain("grid-1")),
        channels=(replace(make_channel(name), peer_chain_id=name * 9),),
    )
    shown = show(snapshot, width)
    assert not [char for line in shown for char in line if east_asian_width(char) in "WF"]
    assert max(map(len, shown)) <= width
    assert any("\\u4e2d\\u6587" in line for line in shown)


def test_of_fifty_channels_the_one_that_is_stuck_stands_first() -> None:
    quiet = dict.fromkeys(StoryClass, 0)
    channels = tuple(
        replace(make_channel("grid-1", number), counts=quiet, overdue={}, unaged=0, is_current=True)
        for number in range(50)
    )
    stuck = replace(channels[30], overdue={AlarmKind.STUCK_RECEIVE: 1})
    unknown = replace(channels[40], is_current=False)
    many = (*channels[:30], stuck, *channels[31:40], unknown, *channels[41:])
    shown = show(replace(make_snapshot(), channels=many, alarms=()), 100)
    ends = [line.split()[1] for line in shown if line.startswith("  grid-1 transfer/channel-")]
    assert ends[:3] == ["transfer/channel-30", "transfer/channel-40", "transfer/channel-0"]
    assert len(set(ends)) == 50


def test_every_alarm_says_what_to_do() -> None:
    for kind in AlarmKind:
        text = advise(kind.value, "transfer/channel-3", "town")
        assert text
        assert "{" not in text
    assert "channel-3 --network town" in (
        advise("stuck-receive", "transfer/channel-3", "town") or ""
    )
    # A port may hold what a shell takes for its own.
    assert "clear channel-3 --port 'a>b' --network town`" in (
        advise("refund-overdue", "a>b/channel-3", "town") or ""
    )
    assert "--network NETWORK" in (advise("stuck-receive", "transfer/channel-3", None) or "")
    assert advise("of a newer program", "x", None) is None


@pytest.mark.parametrize(
    ("kind", "subject", "command"),
    [
        (AlarmKind.CLIENT_EXPIRING, "07-tendermint-0", "`plurichain ibc refresh town 'far m'`"),
        (AlarmKind.CHANNEL_CLOSED, "transfer/channel-0", "`plurichain ibc link town 'far m'`"),
        (
            AlarmKind.CONSERVATION_BROKEN,
            "transfer/channel-0 upluri",
            "`plurichain ibc audit town 'far m'`",
        ),
        # Nothing says where this one leads.
        (AlarmKind.CHANNEL_CLOSED, "transfer/channel-9", "`plurichain ibc link town NETWORK`"),
    ],
)
def test_advice_names_both_networks_as_they_are_called_here(
    kind: AlarmKind, subject: str, command: str
) -> None:
    snapshot = make_snapshot()
    [alarm] = snapshot.alarms
    here, there = snapshot.chains
    shown = show(
        replace(
            snapshot,
            alarms=(replace(alarm, kind=kind.value, subject=subject),),
            chains=(replace(here, network="town"), replace(there, network="far m")),
        ),
        120,
    )
    assert any(command in line for line in shown)


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (None, "?"),
        (0, "0.0 s"),
        (99_999_999, "0.0 s"),
        (9_990_000_000, "9.9 s"),
        (59 * SECOND_NS, "59 s"),
        (60 * SECOND_NS, "1 min"),
        (3_599 * SECOND_NS, "59 min 59 s"),
        (3_600 * SECOND_NS, "1 h"),
        (86_400 * SECOND_NS + 59 * SECOND_NS, "1 d"),
        (90_000 * SECOND_NS, "1 d 1 h"),
        (-90 * SECOND_NS, "-1 min 30 s"),
    ],
)
def test_ages(duration_ns: int | None, text: str) -> None:
    assert format_age(duration_ns) == text


def test_instants_beyond_all_calendars() -> None:
    assert format_instant(0) == "1970-01-01 00:00:00Z"
    assert format_instant(2**80) == f"{2**80} ns"
    assert format_instant(-1) == "-1 ns"


def test_a_record_keeps_great_numbers_and_what_is_not_known() -> None:
    record = make_record(make_snapshot())
    assert record["format"] == "plurichain/watch/1"
    assert record["taken_ns"] == str(NOW_NS)
    (wallet,) = record["wallets"]
    assert wallet["amount"] == str(2**70)
    (channel,) = record["channels"]
    assert channel["counts"]["unknown"] is None
    assert channel["counts"]["acked"] == 40
    assert channel["overdue"] == {"stuck-answer": 2}
    assert channel["end"] == {"protocol": "classic", "port": "transfer", "channel": "channel-0"}
    assert record["chains"][1]["freshness"]["state"] == "failing"
