"""Links between real chains: made, reused, resumed, and shared with rivals."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from plurichain.chain.ibc import messages as ibc_messages
from plurichain.chain.ibc.packet_messages import register_interchain_account
from plurichain.chain.ibc.queries import ClientStatus
from plurichain.errors import HandshakeError, NotFound
from plurichain.harness import LocalChains
from plurichain.ibc.handshake import EndState
from plurichain.ibc.packet import Order
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.channels import finish_channel
from plurichain.relayer.client_life import validate_client
from plurichain.relayer.handshake import ChannelPlan
from plurichain.relayer.link import Link, LinkPlan, link_chains

Pair = tuple[RelayChain, RelayChain]


def assert_open(a: RelayChain, b: RelayChain, link: Link) -> None:
    """Both chains say that the link is open and that its ends name each other."""
    for here, there, end, other in ((a, b, link.a, link.b), (b, a, link.b, link.a)):
        channel = here.queries.get_channel(end.port, end.channel_id)
        assert channel.state is EndState.OPEN
        assert (channel.counterparty_port, channel.counterparty_channel) == (
            other.port,
            other.channel_id,
        )
        assert channel.connection_hops == (end.connection_id,)
        connection = here.queries.get_connection(end.connection_id)
        assert connection.state is EndState.OPEN
        assert connection.counterparty_connection == other.connection_id
        assert here.queries.get_client_state(end.client_id).chain_id == there.chain_id
        assert here.queries.get_client_status(end.client_id) is ClientStatus.ACTIVE


def test_harness_opens_a_link_in_eight_transactions(
    linked_chains: LocalChains, relay_pair: Pair
) -> None:
    (link,) = linked_chains.links

    assert_open(*relay_pair, link)
    assert link.transactions == 8
    assert link.a.port == link.b.port == "transfer"


def test_an_open_link_is_reused_from_either_side(
    linked_chains: LocalChains, relay_pair: Pair
) -> None:
    a, b = relay_pair
    clients = [len(chain.queries.list_clients()) for chain in relay_pair]

    again, mirrored = link_chains(a, b), link_chains(b, a)

    assert (again.a, again.b) == (linked_chains.links[0].a, linked_chains.links[0].b)
    assert (mirrored.a, mirrored.b) == (again.b, again.a)
    assert again.transactions == mirrored.transactions == 0
    assert [len(chain.queries.list_clients()) for chain in relay_pair] == clients


def test_a_client_is_made_with_two_thirds_of_the_unbonding_period(
    linked_chains: LocalChains, relay_pair: Pair
) -> None:
    a, _ = relay_pair
    client_id = linked_chains.links[0].a.client_id
    state = a.queries.get_client_state(client_id)

    assert state.trusting_period_ns * 3 == state.unbonding_period_ns * 2
    life = validate_client(a, client_id)
    assert life.expires_ns - life.updated_ns == state.trusting_period_ns
    assert not life.is_refresh_due


@pytest.mark.parametrize("steps", [1, 2, 3], ids=["after init", "after try", "after ack"])
def test_a_channel_begun_by_somebody_else_is_finished(relay_pair: Pair, steps: int) -> None:
    a, b = relay_pair
    plan = ChannelPlan(version="ics20-1")
    connection = link_chains(a, b).a.connection_id
    sent = a.send(
        [
            ibc_messages.channel_open_init(
                a.address, "transfer", connection, "transfer", order=plan.order, version="ics20-1"
            )
        ],
        purpose="test",
    )
    begun = next(e.get("channel_id") for e in sent.events if e.type == "channel_open_init")
    assert begun is not None
    for _ in range(steps - 1):
        move_one(a, b, begun)

    link = finish_channel(a, b, "transfer", begun)

    assert_open(a, b, link)
    assert link.a.channel_id == begun
    assert link.transactions == 4 - steps


def move_one(a: RelayChain, b: RelayChain, channel: str) -> None:
    """Take one step of a handshake, as an interrupted relayer leaves it."""
    from plurichain.relayer import link as link_module
    from plurichain.relayer.channels import make_sides
    from plurichain.relayer.handshake import find_move

    sides = make_sides(a, b, "transfer", channel)
    link_module.look(*sides)
    move = find_move(*sides, None)
    assert move is not None
    link_module.carry_out(*sides, move)


def test_two_relayers_finish_one_channel_at_once(relay_pair: Pair) -> None:
    a, b = relay_pair
    connection = link_chains(a, b).a.connection_id
    message = ibc_messages.channel_open_init(
        a.address, "transfer", connection, "transfer", order=Order.UNORDERED, version="ics20-1"
    )
    sent = a.send([message], purpose="test")
    begun = next(e.get("channel_id") for e in sent.events if e.type == "channel_open_init")
    assert begun is not None

    with ThreadPoolExecutor(2) as pool:
        rivals = [pool.submit(finish_channel, a, b, "transfer", begun) for _ in range(2)]
        links = [each.result(timeout=120) for each in rivals]

    assert (links[0].a, links[0].b) == (links[1].a, links[1].b)
    assert_open(a, b, links[0])


def test_an_ordered_channel_of_an_interchain_account(relay_pair: Pair) -> None:
    a, b = relay_pair
    # Of its own, so that nobody else's test has registered the account there.
    only_connection = link_chains(a, b, LinkPlan(channel=None, is_new=True))
    assert only_connection.transactions == 6
    assert only_connection.a.channel_id == only_connection.a.port == ""
    connection = only_connection.a.connection_id
    assert a.transfers.get_interchain_account(a.address, connection) is None
    sent = a.send([register_interchain_account(a.address, connection)], purpose="test")
    begun = next(e for e in sent.events if e.type == "channel_open_init")
    port, channel = begun.get("port_id"), begun.get("channel_id")
    assert port == f"icacontroller-{a.address}"
    assert channel is not None

    link = finish_channel(a, b, port, channel)

    assert_open(a, b, link)
    assert a.queries.get_channel(port, channel).order is Order.ORDERED
    assert link.b.port == "icahost"
    account = a.transfers.get_interchain_account(a.address, connection)
    assert account is not None
    assert account.startswith("pluri1")


def test_a_second_channel_on_the_same_connection(relay_pair: Pair) -> None:
    a, b = relay_pair
    first = link_chains(a, b)

    second = link_chains(a, b, LinkPlan(is_new_channel=True))

    assert_open(a, b, second)
    assert second.a.connection_id == first.a.connection_id
    assert second.a.channel_id != first.a.channel_id
    assert second.transactions == 4


def test_wrong_wishes_change_nothing(relay_pair: Pair) -> None:
    a, b = relay_pair
    places = [len(chain.queries.list_channels()) for chain in relay_pair]

    with pytest.raises(HandshakeError, match=r"connection-99 on .* is no connection to"):
        link_chains(a, b, LinkPlan(connection_a="connection-99"))
    with pytest.raises(NotFound, match="channel-99"):
        finish_channel(a, b, "transfer", "channel-99")
    assert [len(chain.queries.list_channels()) for chain in relay_pair] == places
