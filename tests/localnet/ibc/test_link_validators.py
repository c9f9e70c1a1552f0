"""Validators that changed between two updates of a client: more headers are shown to it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

import plurichain.chain.pb
from plurichain.chain.ibc.messages import update_client
from plurichain.chain.transactions.messages import Message, wrap_message
from plurichain.errors import PlurichainError
from plurichain.harness import LocalChain, make_plurid_topology
from plurichain.harness.links import RELAYER, add_relayer, open_local_relay_chain
from plurichain.harness.topology import SELF_DELEGATION
from plurichain.ibc.client import ConsensusState
from plurichain.identifiers import Address
from plurichain.lightclient.header import encode_ibc_header
from plurichain.lightclient.validators import ValidatorSet
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.client_updates import build_client_update
from plurichain.relayer.clients import create_client

SDK_TYPES = plurichain.chain.pb  # importing it puts the SDK's generated modules in reach
from cosmos.base.v1beta1.coin_pb2 import Coin as CoinMessage  # noqa: E402
from cosmos.staking.v1beta1 import tx_pb2 as staking_tx  # noqa: E402

FIRST_STAKE = 12 * SELF_DELEGATION


def stake(kind: str, delegator: Address, validator: str, amount: int) -> Message:
    message = getattr(staking_tx, kind)(
        delegator_address=str(delegator),
        validator_address=validator,
        amount=CoinMessage(denom="upluri", amount=str(amount)),
    )
    return wrap_message(message, delegator)


def wait_for_set(chain: RelayChain, wanted: Callable[[ValidatorSet], bool]) -> int:
    """Wait for the height whose validators are as wanted, and return it."""
    height = chain.client.rpc.get_committed_height()
    for _ in range(100):
        if wanted(chain.proofs.get_validators(height)):
            return height
        height += 1
        chain.client.wait_for_height(height, timeout_s=60)
    raise AssertionError("the set of validators did not change within 100 blocks")


def make_leap(source: RelayChain, trusted: int, target: int) -> bytes:
    """Return the newest header alone, on the word of the block that the client trusts."""
    return encode_ibc_header(
        source.proofs.get_signed_header(target),
        source.proofs.get_validators(target),
        source.make_height(trusted),
        source.proofs.get_validators(trusted + 1),
    )


def test_a_set_that_turns_over_by_more_than_two_thirds(
    relay_pair: tuple[RelayChain, RelayChain],
    plurid_binary: Path,
    plurichain_chain_factory: Callable[..., LocalChain],
) -> None:
    """The newest header has too few signers that the client knows: it is led there by steps.

    One of four validators has four fifths of the power when the client is made, and
    leaves. Without the steps between, the chain that hosts the client refuses.
    """
    host, _ = relay_pair
    topology = add_relayer(
        make_plurid_topology(plurid_binary, chain_id="turning-1", validators=4, full_nodes=0)
    )
    chain = plurichain_chain_factory(topology, name="turning")
    first = chain.get_account("validator0")
    with (
        open_local_relay_chain(
            chain.network("turning"), chain.get_account(RELAYER), journal=chain.folder / "r.db"
        ) as source,
        open_local_relay_chain(
            chain.network("turning"), first, journal=chain.folder / "v.db"
        ) as owner,
    ):
        amount = FIRST_STAKE - SELF_DELEGATION
        source.send(
            [stake("MsgDelegate", source.address, first.operator_address, amount)], purpose="test"
        )
        heavy = wait_for_set(source, lambda each: each.total_power >= 1_400)
        powers = [each.voting_power for each in source.proofs.get_validators(heavy).validators]
        assert Fraction(max(powers), sum(powers)) > Fraction(2, 3)
        client_id = create_client(host, source)
        trusted = host.queries.get_client_state(client_id).latest_height.height
        assert trusted >= heavy

        for end, kept in ((source, amount), (owner, SELF_DELEGATION)):
            end.send(
                [stake("MsgUndelegate", end.address, first.operator_address, kept)], purpose="test"
            )
        target = wait_for_set(source, lambda each: len(each.validators) == 3) + 5
        leap = make_leap(source, trusted, target)
        with pytest.raises(PlurichainError, match="cant trust new val set") as e:
            host.send([update_client(host.address, client_id, leap)], purpose="test")
        assert e.value.refusal is not None
        messages = build_client_update(host, source, client_id, target)
        assert len(messages) >= 2
        host.send(messages, purpose="test")

        height = source.make_height(target)
        assert host.queries.get_client_state(client_id).latest_height == height
        header = source.proofs.get_signed_header(target).header
        assert host.queries.get_consensus_state(client_id, height) == ConsensusState(
            header.time_ns, header.app_hash, header.next_validators_hash
        )
        # One more that nobody left in between needs one header alone.
        assert len(build_client_update(host, source, client_id, target + 4)) == 1
    chain.stop()
