"""`plurichain ibc audit` and `ibc journeys` from a tracker's database, without any chain."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from plurichain.ibc.denom import DenomPath
from plurichain.tracker.auditing.conservation import audit_tokens
from plurichain.tracker.auditing.saving import save_audits
from plurichain.tracker.observations import ChannelState, Observations
from plurichain.tracker.store import PacketStore
from tests.unit.cli.conftest import Run
from tests.unit.cli.tracking.test_packets import CONFIG
from tests.unit.tracker import grids
from tests.unit.tracker.money_model import BASE, USER, Held, Money

RunCommand = Callable[..., Run]
NATIVE = DenomPath((), BASE)
MINUTE_NS = 60 * 10**9


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "packets.db")


def keep(money: Money, database: str, states: dict[str, Held] | None = None) -> None:
    """Have a tracker read all of it, and audit it a minute ago."""
    with PacketStore.open(Path(database)) as store:
        money.fill(store)
        found = audit_tokens(store, states or money.hold())
        save_audits(store, found, [], asked_ns=time.time_ns() - MINUTE_NS)


def test_nothing_was_tracked(run: RunCommand, database: str) -> None:
    PacketStore.open(database).close()
    shown = run("ibc", "audit", "--database", database)
    assert (shown.status, shown.out) == (0, "no token is under way\n")
    assert "nothing was audited yet: name the networks to ask" in shown.err


def test_tokens_that_nobody_ever_audited_are_not_well(run: RunCommand, database: str) -> None:
    """For cron a table without a row would be as good as one that holds."""
    money = Money()
    money.send("grid-1", "channel-0", DenomPath((), BASE), 5)
    with PacketStore.open(Path(database)) as store:
        money.fill(store)
    shown = run("ibc", "audit", "--database", database)
    assert shown.status == 6
    assert "tokens over channels of which none was ever audited: 1" in shown.err
    keep(money, str(Path(database).with_name("audited.db")))
    shown = run("ibc", "audit", "--database", str(Path(database).with_name("audited.db")))
    assert shown.status == 0, shown.err


def test_an_end_whose_other_end_nobody_told_of_is_said(run: RunCommand, database: str) -> None:
    """It is not among the tokens: silence would look as if nothing was there."""
    with PacketStore.open(database) as store:
        grids.run(store, grids.A, 2, {1: grids.signed(grids.event("send_packet", grids.packet()))})
    shown = run("ibc", "audit", "--database", database)
    assert f"{grids.A} transfer/channel-0 is not audited" in shown.err


def test_channels_that_a_late_tracker_knows_nothing_of_are_not_well(
    run: RunCommand, database: str
) -> None:
    """An audit of no token at all, since no block told of any, looked as if none was missing."""
    with PacketStore.open(database) as store:
        for chain_id, peer in ((grids.A, grids.B), (grids.B, grids.A)):
            store.take_in(grids.block(chain_id, 1))
            Observations(store).save(
                ChannelState(chain_id, "classic", "transfer", "channel-0", 1, 1,
                             peer_chain_id=peer, state="open"),
                ChannelState(chain_id, "classic", "transfer", "channel-9", 1, 1,
                             peer_chain_id="nobody-1", state="open"),
            )  # fmt: skip
    shown = run("ibc", "audit", "--database", database)
    assert shown.status == 6
    assert "channel ends of which no token is known: 2" in shown.err
    for channel in ("channel-0", "channel-9"):
        text = f"{grids.A} transfer/{channel} is not audited: no block that was read told of it"
        assert text in shown.err


def test_the_last_audit_is_shown_with_its_age(run: RunCommand, database: str) -> None:
    money = Money()
    money.send("grid-1", "channel-0", NATIVE, 5)
    keep(money, database)
    shown = run("ibc", "audit", "--database", database)
    assert shown.status == 0
    assert "as of 60 s ago" in shown.err or "as of 61 s ago" in shown.err
    assert "tokens over channels: 1, of which 1 hold" in shown.err
    lines = shown.out.splitlines()
    assert lines[0].split() == [
        "chain_id", "channel", "token", "height", "other_chain", "other_height", "escrow",
        "supply", "retired", "in_flight", "returning", "refunds_due", "difference", "verdict",
        "reason",
    ]  # fmt: skip
    assert lines[1].split() == [
        "grid-1", "transfer/channel-0", "upluri", "2", "grid-2", "1", "5",
        "0", "0", "5", "0", "0", "0", "holds",
    ]  # fmt: skip


def test_a_voucher_without_backing_is_found(run: RunCommand, database: str) -> None:
    money = Money()
    money.send("grid-1", "channel-0", NATIVE, 5)
    states = money.hold()
    states["grid-1"].bank.history[-1].balances["channel-0", BASE] = 4
    keep(money, database, states)
    shown = run("ibc", "audit", "--database", database, "--output", "ndjson")
    assert shown.status == 6
    row = json.loads(shown.out)
    assert (row["kind"], row["verdict"], row["difference"]) == ("token", "broken", "-1")
    assert "equations of money that do not hold: 1" in shown.err


@pytest.mark.parametrize(("pays", "verdict"), [(0, "missing"), (4, "short")])
def test_a_block_whose_refund_is_missing_is_found(
    run: RunCommand, database: str, pays: int, verdict: str
) -> None:
    """An invented chain that ends a packet and does not give the money back."""
    money = Money()
    sent = money.send("grid-1", "channel-0", NATIVE, 5)
    assert sent is not None
    money.time_out(sent, pays=pays)
    keep(money, database)
    shown = run("ibc", "audit", "--database", database)
    assert shown.status == 6
    title, _, row = shown.out.splitlines()[-3:]
    assert title == "refunds:"
    assert row.split()[:6] == ["grid-1", "transfer/channel-0", "1", "timed-out", "3", "5"]
    assert row.split()[-1] == verdict
    assert "refunds that are missing or short: 1" in shown.err


def test_a_refund_that_came_is_no_loss(run: RunCommand, database: str) -> None:
    money = Money()
    sent = money.send("grid-1", "channel-0", NATIVE, 5)
    assert sent is not None
    money.time_out(sent)
    keep(money, database)
    shown = run("ibc", "audit", "--database", database, "--output", "json")
    assert shown.status == 0
    [row] = json.loads(shown.out)["refunds"]
    assert (row["verdict"], row["returned"]) == ("paid", "5 upluri")


def test_a_network_that_does_not_answer_is_unknown_and_not_well(
    run: RunCommand, database: str, tmp_path: Path
) -> None:
    home = tmp_path / "plurichain-home"
    home.mkdir(parents=True)
    (home / "config.toml").write_text(CONFIG, encoding="utf-8")
    money = Money()
    money.send("grid-1", "channel-0", NATIVE, 5)
    keep(money, database)
    shown = run("ibc", "audit", "town", "--database", database, "--timeout", "0.2")
    assert shown.status == 6
    assert "equations of which nobody knows whether they hold: 1" in shown.err
    assert "grid-1 was not asked" in shown.out
    assert "town-1: its credits were not audited" in shown.err
    assert "tokens over channels: 1, of which 0 hold, 1 unknown" in shown.err


def test_hostile_names_reach_the_terminal_harmless(run: RunCommand, database: str) -> None:
    money = Money()
    odd = DenomPath((), "up\x1b[31m\u202eluri")
    money.banks["grid-1"].balances[USER, odd.base] = 9
    money.send("grid-1", "channel-0", odd, 5)
    keep(money, database)
    for output in ("table", "json", "ndjson"):
        shown = run("ibc", "audit", "--all", "--database", database, "--output", output)
        assert shown.status == 0
        assert "\x1b" not in shown.out
        assert "\u202e" not in shown.out


def test_no_packet_continues_another(run: RunCommand, database: str) -> None:
    money = Money()
    money.send("grid-1", "channel-0", NATIVE, 5)
    keep(money, database)
    assert run("ibc", "journeys", "--database", database).out == "no packet continues another\n"
    assert run("ibc", "journeys", "--database", database, "--output", "json").out == "[]\n"
