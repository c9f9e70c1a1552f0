"""Energy credits that cross a grid on their way: nobody has them there, and no Wh is lost."""

from __future__ import annotations

import contextlib
from pathlib import Path

from plurichain.chain.ibc.packet_messages import transfer
from plurichain.energy.attributes import Attributes
from plurichain.energy.denom import compute_credit_denom
from plurichain.energy.names import DeviceStatus, RetirementPurpose
from plurichain.energy.state import IssuingBody, RegisteredPath
from plurichain.ibc.forwarding import NO_RECEIVER, Forward, encode_forward_memo
from plurichain.metering.account import Account
from plurichain.metering.explaining import explain_credit
from plurichain.metering.governing import register_path, set_issuing_body
from plurichain.metering.issuing import issue_credits
from plurichain.metering.registering import register_device, set_device_status
from plurichain.metering.retiring import retire_credits
from plurichain.metering.submitting import sign_readings, submit_readings
from plurichain.units import Coin
from tests.localnet.energy.conftest import BODY
from tests.localnet.energy.test_vouchers import (
    ENERGY_WH,
    INTERVAL,
    KEY,
    make_attributes,
    make_mill,
    open_registrar,
)
from tests.localnet.ibc.relaying import HOUR_NS, relaying, wait_settled
from tests.localnet.tracker.line import NAMES, Line


def issue(account: Account) -> tuple[Attributes, str]:
    """Have a meter read and its energy issued to the account; return what it is and its denom."""
    set_issuing_body(account, IssuingBody(BODY, "Registry", account.address, True))
    device = make_mill()
    register_device(account, device, KEY)
    set_device_status(account, device.device_id, DeviceStatus.ACTIVE)
    readings = sign_readings(KEY, account.chain_id, device.device_id, [INTERVAL])
    submit_readings(account, device.device_id, readings)
    issue_credits(account, device.device_id)
    attributes = make_attributes(account.chain_id)
    return attributes, compute_credit_denom(attributes)


def send_on(line: Line, account: Account, coin: Coin, receiver: str) -> None:
    """Send credits of grid a over b to c, one transaction each."""
    memo = encode_forward_memo([Forward(line.bc.a.channel_id, receiver)], timeout_ns=HOUR_NS)
    message = transfer(
        account.address,
        NO_RECEIVER,
        coin,
        channel=line.ab.a.channel_id,
        timeout_timestamp_ns=account.client.get_latest_header().time_ns + HOUR_NS,
        memo=memo,
    )
    account.send([message], purpose="transfer")


def test_credits_pass_a_grid_between(line: Line, tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        a, b, c = (
            open_registrar(stack, line.chains[name], _make_folder(tmp_path, name)) for name in NAMES
        )
        attributes, denom = issue(a)
        with (
            relaying((line.a, line.b), line.keys, line.ab),
            relaying((line.b, line.c), line.keys, line.bc),
        ):
            send_on(line, a, Coin(denom, 3_000), str(c.address))
            send_on(line, a, Coin(denom, 700), "no address at all")
            wait_settled((line.a, line.ab.a.channel_id), (line.b, line.bc.a.channel_id))

        assert a.client.get_balances(a.address)[denom] == ENERGY_WH - 3_000
        between = line.get_voucher(line.ab.b, denom=denom)
        assert b.client.get_supply(between) == 3_000
        voucher = Coin(line.get_voucher(line.bc.b, line.ab.b, denom=denom), 3_000)
        assert c.client.get_balances(c.address)[voucher.denom] == 3_000

        path = f"transfer/{line.bc.b.channel_id}/transfer/{line.ab.b.channel_id}"
        register_path(c, RegisteredPath(path, a.chain_id))
        retire_credits(
            c,
            Coin(voucher.denom, 1_000),
            beneficiary="the town beyond",
            purpose=RetirementPurpose.CONSUMPTION,
            attributes=attributes,
        )
        story = explain_credit(c, voucher.denom)
        assert (story.origin.verified, story.origin.origin_chain) == (True, a.chain_id)
        assert (story.supply_wh, story.retired_wh) == (2_000, 1_000)
        for account in (a, b, c):
            broken = [check for check in account.queries.get_invariants().checks if check.is_broken]
            assert not broken, account.chain_id
    line.assert_conserved()


def _make_folder(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder
