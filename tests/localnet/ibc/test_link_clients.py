"""Light clients on real chains: kept, expired, frozen, and those of impostors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plurichain.chain import protos
from plurichain.chain.ibc.protos import client_tx
from plurichain.chain.ibc.queries import ClientStatus
from plurichain.chain.transactions.messages import wrap_message
from plurichain.encoding.height import Height
from plurichain.encoding.protobuf import MessageWriter
from plurichain.errors import ClientUnusable, InputError
from plurichain.harness import LocalChain, LocalChains, Topology
from plurichain.harness.accounts import compute_node_key
from plurichain.harness.links import RELAYER, add_relayer, open_local_relay_chain
from plurichain.ibc.client import ConsensusState
from plurichain.lightclient.header import SignedHeader, encode_ibc_header
from plurichain.lightclient.signatures import compute_vote_sign_bytes
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.client_life import get_client_life, validate_client
from plurichain.relayer.client_updates import build_client_update
from plurichain.relayer.clients import (
    ClientRules,
    create_client,
    find_client,
    is_client_usable,
    refresh_client,
)
from plurichain.relayer.ends import LinkSide
from plurichain.relayer.handshake import ChannelPlan
from plurichain.relayer.link import LinkPlan, drive, link_chains

Pair = tuple[RelayChain, RelayChain]
SECOND = 1_000_000_000
MISBEHAVIOUR = "/ibc.lightclients.tendermint.v1.Misbehaviour"


def test_a_client_is_refreshed_when_a_third_is_over_and_not_before(relay_pair: Pair) -> None:
    a, b = relay_pair
    client_id = create_client(a, b, ClientRules(trusting_period_ns=15 * SECOND))
    begun = get_client_life(a, client_id)
    assert not refresh_client(a, b, client_id)

    a.client.wait_for_time(begun.updated_ns + 5 * SECOND, timeout_s=60)

    assert get_client_life(a, client_id).is_refresh_due
    assert refresh_client(a, b, client_id)
    after = validate_client(a, client_id)
    assert after.updated_ns >= begun.updated_ns + 4 * SECOND
    assert not after.is_refresh_due


def test_an_expired_client_says_what_only_governance_can_do(relay_pair: Pair) -> None:
    a, b = relay_pair
    client_a = create_client(a, b, ClientRules(trusting_period_ns=2 * SECOND))
    client_b = create_client(b, a)
    expires_ns = get_client_life(a, client_a).expires_ns

    a.client.wait_for_time(expires_ns, timeout_s=60)

    with pytest.raises(ClientUnusable, match=rf"client {client_a} on plurichain-a-1 expired") as e:
        validate_client(a, client_a)
    assert "MsgRecoverClient" in e.value.remedy
    with pytest.raises(ClientUnusable, match="expired"):
        refresh_client(a, b, client_a)
    connections = len(a.queries.list_connections())
    sides = LinkSide(a, client_a, port="transfer"), LinkSide(b, client_b, port="transfer")
    with pytest.raises(ClientUnusable, match="expired"):
        drive(*sides, ChannelPlan())
    assert len(a.queries.list_connections()) == connections
    assert not is_client_usable(a, b, client_a)


def forge(signed: SignedHeader, topology: Topology) -> SignedHeader:
    """Return another header of the same height, truly signed by the only validator."""
    header = dataclasses.replace(signed.header, app_hash=b"\x66" * 32)
    block_id = dataclasses.replace(signed.commit.block_id, hash=header.hash)
    commit = dataclasses.replace(signed.commit, block_id=block_id)
    key = compute_node_key(topology, "consensus", "node0")
    secret = Ed25519PrivateKey.from_private_bytes(key.private_key)
    signature = secret.sign(compute_vote_sign_bytes(commit, 0, header.chain_id))
    slot = dataclasses.replace(commit.signatures[0], signature=signature)
    return SignedHeader(header, dataclasses.replace(commit, signatures=(slot,)))


def test_a_client_that_was_shown_two_headers_of_one_height_is_frozen(
    relay_pair: Pair, linked_topologies: dict[str, Topology]
) -> None:
    a, b = relay_pair
    client_id = create_client(a, b)
    trusted = a.queries.get_client_state(client_id).latest_height
    signed = b.proofs.get_signed_header(trusted.height + 1)
    validators = b.proofs.find_validators(signed.header.validators_hash, trusted.height + 1)
    writer = MessageWriter().write_text(1, client_id)
    for number, each in ((2, forge(signed, add_relayer(linked_topologies["b"]))), (3, signed)):
        writer.write_message(number, encode_ibc_header(each, validators, trusted, validators))
    message = client_tx.MsgUpdateClient(
        client_id=client_id,
        client_message=protos.any_message.Any(type_url=MISBEHAVIOUR, value=writer.finish()),
        signer=str(a.address),
    )

    a.send([wrap_message(message, a.address)], purpose="test")

    assert a.queries.get_client_status(client_id) is ClientStatus.FROZEN
    with pytest.raises(ClientUnusable, match="is frozen: it was shown two different headers") as e:
        validate_client(a, client_id)
    assert "authority" in e.value.remedy
    with pytest.raises(ClientUnusable, match="is frozen"):
        refresh_client(a, b, client_id)
    assert find_client(a, b) != client_id


def test_a_client_of_an_impostor_is_not_used(
    relay_pair: Pair,
    linked_chains: LocalChains,
    linked_topologies: dict[str, Topology],
    plurichain_chain_factory: Callable[..., LocalChain],
) -> None:
    """A chain that calls itself like B, made by somebody else, is not B."""
    a, b = relay_pair
    topology = dataclasses.replace(add_relayer(linked_topologies["b"]), seed=666)
    impostor = plurichain_chain_factory(topology, name="impostor")
    with open_local_relay_chain(
        impostor.network("impostor"),
        impostor.get_account(RELAYER),
        journal=impostor.folder / "relayer.db",
    ) as fake:
        fake_client = create_client(a, fake)
        assert a.queries.get_client_status(fake_client) is ClientStatus.ACTIVE
        assert is_client_usable(a, fake, fake_client)
        assert not is_client_usable(a, b, fake_client)
        assert find_client(a, b) not in {None, fake_client}
        found = link_chains(a, b)
        assert found.a == linked_chains.links[0].a
        # And the other way: the impostor cannot be joined over the true one's client.
        assert find_client(a, fake) == fake_client
    impostor.stop()


def test_what_no_client_can_be_made_with(relay_pair: Pair) -> None:
    a, b = relay_pair
    with pytest.raises(InputError, match="trusting period: 505h is not between 0 and"):
        create_client(a, b, ClientRules(trusting_period_ns=505 * 3600 * SECOND))
    with pytest.raises(InputError, match="trusting period: 0s is not between"):
        create_client(a, b, ClientRules(trusting_period_ns=0))


def test_updates_to_older_heights_and_to_known_ones(relay_pair: Pair) -> None:
    """A proof of an older block needs the client at exactly that height."""
    a, b = relay_pair
    client_id = create_client(a, b)
    first = a.queries.get_client_state(client_id).latest_height.height
    assert build_client_update(a, b, client_id, first) == []

    a.send(build_client_update(a, b, client_id, first + 6), purpose="test")
    a.send(build_client_update(a, b, client_id, first + 3), purpose="test")

    heights = [height.height for height in a.queries.list_consensus_heights(client_id)]
    assert heights == [first, first + 3, first + 6]
    held = a.queries.get_consensus_state(client_id, Height(1, first + 3))
    header = b.proofs.get_signed_header(first + 3).header
    assert held == ConsensusState(header.time_ns, header.app_hash, header.next_validators_hash)


@pytest.mark.parametrize(
    "steps",
    [1, pytest.param(2, marks=pytest.mark.long), 3, pytest.param(4, marks=pytest.mark.long), 5],
)
def test_an_interrupted_link_goes_on_where_it_was(relay_pair: Pair, steps: int) -> None:
    """What is left is done, with not one transaction more than an undisturbed run takes."""
    a, b = relay_pair
    seen: list[str] = []

    def interrupt(progress) -> None:
        if progress.name == "link_step":
            seen.append(progress.fields["connection_id"])
            if len(seen) == steps:
                raise KeyboardInterrupt

    one, other = (
        RelayChain(each.client, each.sender, each.address, report=interrupt) for each in relay_pair
    )
    with pytest.raises(KeyboardInterrupt):
        link_chains(one, other, LinkPlan(is_new=True))

    link = link_chains(a, b, LinkPlan(connection_a=seen[0]))

    assert link.a.connection_id == seen[0]
    assert link.transactions == 6 - steps
    assert a.queries.get_channel("transfer", link.a.channel_id).is_open
    assert b.queries.get_channel("transfer", link.b.channel_id).is_open
