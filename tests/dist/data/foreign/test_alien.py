"""Tests of a foreign chain, which has no auction."""

from plurichain.chain.nodes.client import ChainClient
from plurichain.identifiers import Address


def test_balance_at_genesis(localnet_chain):
    """The account of the topology holds what it was given."""
    zork = localnet_chain.get_account("zork")
    assert zork.address.startswith("alien1")
    with ChainClient(localnet_chain.network()) as client:
        assert client.get_balances(Address.parse(zork.address)) == {"udust": 42}


def test_full_node_follows(localnet_chain):
    """Both nodes have the same block, also after one was killed."""
    validator, full_node = localnet_chain.nodes
    full_node.kill()
    full_node.restart()
    localnet_chain.wait_ready()
    height = localnet_chain.wait_for_height(validator.get_height() + 2)
    path = f"/block?height={height}"
    assert validator.get_rpc(path)["block_id"] == full_node.get_rpc(path)["block_id"]


def test_second_chain_of_the_factory(plurichain_chain_factory, chain_topology, localnet_chain):
    """A chain beside the first, under another id."""
    import dataclasses

    topology = dataclasses.replace(chain_topology, chain_id="alien-8", full_nodes=0)
    other = plurichain_chain_factory(topology, name="other")
    assert other.wait_for_height(3) >= 3
    assert other.chain_id != localnet_chain.chain_id
    assert other.get_account("zork").address != localnet_chain.get_account("zork").address


def test_what_the_chain_cannot_know_is_found_out(localnet_chain):
    """It has no energy and no IBC: nothing is retired there, and nothing came or went."""
    from plurichain.tracker.auditing.credit_source import LiveCredits

    with ChainClient(localnet_chain.network()) as client:
        credits_ = LiveCredits(client)
        height = credits_.state.get_head()
        assert credits_.state.get_retired(height) == {}
        assert credits_.state.list_issued(height) is None
        assert credits_.state.get_given(height, "udust") is None
        assert credits_.state.get_supplies(height)["udust"] >= 42
        assert (credits_.list_paths("udust"), credits_.list_channels()) == ([], [])
        assert (credits_.find_path("ibc/00"), credits_.find_origin("udust")) == (None, None)
        assert (
            credits_.find_credit("udust", height),
            credits_.list_retirements("udust", height),
        ) == (None, [])
