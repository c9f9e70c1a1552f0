from __future__ import annotations

from typing import Any

import cosmpy.protos  # noqa: F401 - puts the next ones on the path
import pytest
from cosmos.auth.v1beta1 import auth_pb2
from cosmos.vesting.v1beta1 import vesting_pb2

from plurichain.chain.nodes.accounts import decode_account
from plurichain.errors import BadReply
from plurichain.identifiers import Address

ADDRESS = Address(b"\x01" * 20, "pluri")
BASE = auth_pb2.BaseAccount(address=str(ADDRESS), account_number=7, sequence=9)
VESTING = vesting_pb2.BaseVestingAccount(base_account=BASE, end_time=5)


@pytest.mark.parametrize(
    "message",
    [
        BASE,
        auth_pb2.ModuleAccount(base_account=BASE, name="mint", permissions=["minter"]),
        vesting_pb2.ContinuousVestingAccount(base_vesting_account=VESTING, start_time=1),
        vesting_pb2.DelayedVestingAccount(base_vesting_account=VESTING),
        vesting_pb2.PeriodicVestingAccount(base_vesting_account=VESTING, start_time=2),
        vesting_pb2.PermanentLockedAccount(base_vesting_account=VESTING),
    ],
)
def test_the_base_account_is_found_in_any_type(message: Any) -> None:
    account = decode_account("/x", message.SerializeToString(), ADDRESS)

    assert (account.account_number, account.account_sequence) == (7, 9)
    assert account.address == ADDRESS


def test_zero_numbers_are_left_out_on_the_wire() -> None:
    message = auth_pb2.BaseAccount(address=str(ADDRESS))
    account = decode_account("/x", message.SerializeToString(), ADDRESS)

    assert (account.account_number, account.account_sequence) == (0, 0)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\xff\xff",
        b"\x08\x01",
        auth_pb2.BaseAccount(address="pluri1other").SerializeToString(),
        b"\x0a\x00",
    ],
)
def test_another_account_is_refused_with_its_type(value: bytes) -> None:
    with pytest.raises(BadReply, match=r"no base account in a strange\.Type"):
        decode_account("/strange.Type", value, ADDRESS)
