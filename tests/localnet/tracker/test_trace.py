"""A credit followed over three grids: metered on a, sold on to b and c, partly retired on each."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from plurichain.chain.ibc.packet_messages import transfer
from plurichain.cli.main import cli
from plurichain.config import save_network
from plurichain.energy.attributes import Attributes
from plurichain.energy.denom import compute_credit_denom
from plurichain.energy.names import DeviceStatus, KeyType, RetirementPurpose
from plurichain.energy.reading import Interval, compute_reading_hash
from plurichain.energy.state import IssuingBody, RegisteredPath
from plurichain.metering.account import Account
from plurichain.metering.governing import register_path, set_issuing_body
from plurichain.metering.issuing import issue_credits
from plurichain.metering.registering import register_device, set_device_status
from plurichain.metering.retiring import retire_credits
from plurichain.metering.submitting import sign_readings, submit_readings
from plurichain.relayer.link import LinkEnd
from plurichain.units import Coin
from tests.localnet.energy.conftest import BODY, get_yesterday, make_device, make_device_key
from tests.localnet.energy.test_vouchers import open_registrar
from tests.localnet.ibc.relaying import (
    HOUR_NS,
    relaying,
    wait_settled,
    wait_until,
)
from tests.localnet.tracker.line import NAMES, Line
from tests.localnet.tracker.tracking import READ_S, Tracked, tracking

DEVICE, ENERGY_WH = "traced", 9_000
KEY = make_device_key(DEVICE, KeyType.SECP256K1)
INTERVAL = Interval(get_yesterday() + 900, get_yesterday() + 1_800, 0, ENERGY_WH)


@dataclass
class Credit:
    """A credit of grid a and what each grid calls it."""

    accounts: dict[str, Account]
    attributes: Attributes
    denom: str

    def retire(self, name: str, coin: Coin, beneficiary: str) -> None:
        retire_credits(
            self.accounts[name],
            coin,
            beneficiary=beneficiary,
            purpose=RetirementPurpose.CONSUMPTION,
            attributes=None if name == "a" else self.attributes,
        )

    def send(self, name: str, end: LinkEnd, coin: Coin, to: str) -> None:
        account = self.accounts[name]
        message = transfer(
            account.address,
            str(self.accounts[to].address),
            coin,
            channel=end.channel_id,
            timeout_timestamp_ns=account.client.get_latest_header().time_ns + HOUR_NS,
        )
        account.send([message], purpose="transfer")


@pytest.fixture(scope="module")
def credit(line: Line, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Credit]:
    with contextlib.ExitStack() as stack:
        accounts = {
            name: open_registrar(stack, line.chains[name], tmp_path_factory.mktemp(name))
            for name in NAMES
        }
        a = accounts["a"]
        set_issuing_body(a, IssuingBody(BODY, "Registry", a.address, True))
        device = make_device(KEY, DEVICE)
        register_device(a, device, KEY)
        set_device_status(a, DEVICE, DeviceStatus.ACTIVE)
        submit_readings(a, DEVICE, sign_readings(KEY, a.chain_id, DEVICE, [INTERVAL]))
        issue_credits(a, DEVICE)
        attributes = Attributes(
            a.chain_id, DEVICE, device.technology, device.zone, device.capacity_w,
            INTERVAL.interval_start, INTERVAL.interval_end,
            compute_reading_hash(a.chain_id, DEVICE, INTERVAL), BODY,
        )  # fmt: skip
        yield Credit(accounts, attributes, compute_credit_denom(attributes))


def run_trace(line: Line, path: Path | None, denom: str, *names: str) -> Result:
    for name in NAMES:
        save_network(line.chains[name].network(name))
    chosen = [each for name in names for each in ("--network", name)]
    database = [] if path is None else ["--database", str(path)]
    return CliRunner().invoke(
        cli,
        ["energy", "trace", denom, *chosen, *database, "--output", "json", "--timeout", "60"],
    )


def trace(line: Line, path: Path | None, denom: str, *names: str) -> dict[str, Any]:
    run = run_trace(line, path, denom, *names)
    assert run.exit_code == 0, run.output
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def strip(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the heights, which go on."""
    return [{name: each for name, each in row.items() if name != "height"} for row in places]


def settle(tracked: Tracked, packets: int) -> None:
    """Wait until the tracker has seen so many of these packets end."""

    def are_over() -> bool:
        rows = [row for row in tracked.list_rows().values() if "wh." in (row.denom or "")]
        return len(rows) >= packets and not any(row.story.is_open for row in rows)

    wait_until(are_over, f"{packets} packets of credits have ended", timeout_s=READ_S)


def test_every_wh_from_the_meter_to_its_retirement(
    line: Line, credit: Credit, tmp_path: Path
) -> None:
    path, denom = tmp_path / "packets.db", credit.denom
    on_b = line.get_voucher(line.ab.b, denom=denom)
    on_c = line.get_voucher(line.bc.b, line.ab.b, denom=denom)
    with tracking(list(line.chains.values()), path) as tracked:
        with (
            relaying((line.a, line.b), line.keys, line.ab),
            relaying((line.b, line.c), line.keys, line.bc),
        ):
            credit.send("a", line.ab.a, Coin(denom, 5_000), "b")
            wait_settled((line.a, line.ab.a.channel_id), timeout_s=READ_S)
            credit.send("b", line.bc.a, Coin(on_b, 2_000), "c")
            wait_settled((line.b, line.bc.a.channel_id), timeout_s=READ_S)
            credit.send("b", line.ab.b, Coin(on_b, 500), "a")
            wait_settled((line.b, line.ab.b.channel_id), timeout_s=READ_S)
        route = f"transfer/{line.bc.b.channel_id}/transfer/{line.ab.b.channel_id}"
        register_path(credit.accounts["c"], RegisteredPath(route, line.a.chain_id))
        credit.retire("a", Coin(denom, 1_000), "the mill")
        credit.retire("c", Coin(on_c, 700), "the town beyond")
        settle(tracked, 3)
        # A trace is as of the blocks that were read: retiring comes after the last packet's end.
        tracked.wait_read((line.a, line.b, line.c))

        told = trace(line, path, on_c)
        assert told["denom"] == denom
        assert (told["verdict"], told["packets_from"]) == ("holds", "tracker")
        assert (told["issued_wh"], told["found_wh"]) == (str(ENERGY_WH), str(ENERGY_WH))
        assert (told["held_wh"], told["retired_wh"], told["under_way_wh"]) == ("7300", "1700", "0")
        origin = told["origin"]
        assert origin["attributes_hash_to_denom"]
        assert origin["reading_signed_by_device"]
        assert origin["metered_wh"] == str(ENERGY_WH)
        assert origin["issued"].startswith("in block ")
        places = {place["chain_id"]: place for place in told["places"]}
        assert {name: place["held"] for name, place in places.items()} == {
            line.a.chain_id: "3500",
            line.b.chain_id: "2500",
            line.c.chain_id: "1300",
        }
        assert places[line.b.chain_id]["origin"] == "unverified origin"
        assert places[line.c.chain_id]["origin"] == "verified"
        [act] = places[line.c.chain_id]["retirements"]
        assert (act["beneficiary"], act["amount_wh"]) == ("the town beyond", "700")
        assert [hop["wh"] for hop in told["packets"]] == ["5000", "2000", "500"]
        # From any of its names the same.
        again = trace(line, path, denom)
        assert strip(again["places"]) == strip(told["places"])
        check_on_the_way(line, credit, path, tracked)
    check_without_tracker(line, credit)


def check_on_the_way(line: Line, credit: Credit, path: Path, tracked: Tracked) -> None:
    """Nobody relays: 300 Wh have left a, and are nowhere yet."""
    credit.send("a", line.ab.a, Coin(credit.denom, 300), "b")

    def is_seen() -> bool:
        rows = tracked.list_rows().values()
        return any(row.amount == 300 and row.story.is_open for row in rows)

    wait_until(is_seen, "the tracker has seen 300 Wh leave", timeout_s=READ_S)
    told = trace(line, path, credit.denom)
    assert (told["verdict"], told["under_way_wh"]) == ("holds", "300")
    assert told["found_wh"] == str(ENERGY_WH)
    # Without the packets nobody can say what is between the two chains.
    blind = trace(line, None, credit.denom)
    assert (blind["verdict"], blind["packets_from"]) == ("unknown", "state")
    assert blind["found_wh"] == str(ENERGY_WH)
    with relaying((line.a, line.b), line.keys, line.ab):
        wait_settled((line.a, line.ab.a.channel_id), timeout_s=READ_S)


def check_without_tracker(line: Line, credit: Credit) -> None:
    told = trace(line, None, credit.denom)
    assert (told["verdict"], told["packets_from"], told["packets"]) == ("holds", "state", [])
    assert (told["held_wh"], told["retired_wh"]) == ("7300", "1700")
    # A chain that is not asked leaves a hole, and never a loss.
    part = trace(line, None, credit.denom, "a", "b")
    assert part["verdict"] == "unknown"
    assert [each["other_chain"] for each in part["not_asked"]] == [line.c.chain_id]
    far = trace(line, None, line.get_voucher(line.bc.b, line.ab.b, denom=credit.denom), "c")
    assert (far["verdict"], far["issued_wh"]) == ("unknown", None)
    assert far["origin"]["attributes_hash_to_denom"]
