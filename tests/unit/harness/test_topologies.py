"""Files of several chains and links, and what is refused in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from plurichain.errors import InputError
from plurichain.harness import LinkTopology, LocalChains, make_line, make_plurid_topologies
from plurichain.harness.links import RELAYER, RELAYER_AMOUNT, add_relayer
from plurichain.harness.topology_file import load_topologies, parse_topologies
from plurichain.ibc.packet import Order

SOURCE = Path("/nets/grids.toml")
CHAIN = """
[[chain]]
name = "{0}"
chain_id = "grid-{0}-1"
binary = "bin/plurid"
prefix = "pluri"
bond_denom = "upluri"
"""
TWO = CHAIN.format("a") + CHAIN.format("b")


def test_chains_and_links_are_read_in_order() -> None:
    text = TWO + '[chain.accounts.x]\nuwh = 5\n[[link]]\na = "b"\nb = "a"\n'
    topologies, links = parse_topologies(text, source=SOURCE, block_time_ms=50)

    assert list(topologies) == ["a", "b"]
    assert topologies["b"].accounts == {"x": {"uwh": 5}}
    assert topologies["a"].binary == Path("/nets/bin/plurid")
    assert [topology.block_time_ms for topology in topologies.values()] == [50, 50]
    assert links == [LinkTopology("b", "a")]


def test_a_link_of_its_own_kind() -> None:
    text = TWO + (
        '[[link]]\na = "a"\nb = "b"\nport = "meter"\nversion = "m-1"\n'
        'order = "ordered"\ntrusting_period = "1m30s"\n'
    )
    _, (link,) = parse_topologies(text, source=SOURCE)

    assert link == LinkTopology("a", "b", "meter", "m-1", Order.ORDERED, 90_000_000_000)
    plan = link.make_plan()
    assert plan.channel is not None
    assert (plan.channel.port_a, plan.channel.order) == ("meter", Order.ORDERED)
    assert plan.clients.trusting_period_ns == 90_000_000_000
    assert plan.is_new


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (TWO + "[elsewhere]\n", "unknown key elsewhere"),
        ("chain = 5", "chain is not a list of tables"),
        ("[chain]\nname = 'a'", "chain is not a list of tables"),
        (TWO + "link = 5", "unknown key link"),  # it belongs to the table before it
        ("link = 5\n" + TWO, "link is not a list of tables"),
        (CHAIN.format("a") + CHAIN.format("a"), "chain 2: there is another chain 'a'"),
        (CHAIN.format("A"), "chain 1: name: 'A' is not a network name"),
        ("[[chain]]\nchain_id = 'x-1'", "chain 1: name None is not a text"),
        (TWO + "colour = 5", "chain 2: unknown key colour"),
        (TWO + "validators = 9", "chain 2: topology: validators 9"),
        (CHAIN.format("a").replace('prefix = "pluri"', ""), "chain 1: key prefix is missing"),
        (TWO + '[[link]]\na = "a"', "link 1: key b is missing"),
        (TWO + '[[link]]\na = "a"\nb = 5', "link 1: b 5 is not a text"),
        (TWO + '[[link]]\na = "a"\nb = "c"', "link: no chain 'c'; there are a, b"),
        (TWO + '[[link]]\na = "a"\nb = "a"', "link: 'a' cannot be linked to itself"),
        (TWO + '[[link]]\na = "a"\nb = "b"\nspeed = "1"', "link 1: unknown key speed"),
        (TWO + '[[link]]\na = "a"\nb = "b"\norder = "any"', "order 'any' is not unordered or"),
        (TWO + '[[link]]\na = "a"\nb = "b"\ntrusting_period = "1"', "link 1: trusting_period"),
    ],
)
def test_what_is_refused_names_the_file_and_the_key(text: str, cause: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_topologies(text, source=SOURCE)
    assert caught.value.cause.startswith(str(SOURCE))
    assert cause in caught.value.cause


def test_a_file_of_one_chain_is_none_of_several(tmp_path: Path) -> None:
    file = tmp_path / "one.toml"
    file.write_text('chain_id = "x-1"\n')
    assert load_topologies(file) is None
    file.write_text(TWO)
    found = load_topologies(file)
    assert found is not None
    assert list(found[0]) == ["a", "b"]


def test_chains_are_named_by_letters_and_linked_in_a_line() -> None:
    topologies = make_plurid_topologies(Path("plurid"), 3, seed=4)

    assert [topology.chain_id for topology in topologies.values()] == [
        "plurichain-a-1",
        "plurichain-b-1",
        "plurichain-c-1",
    ]
    assert {topology.seed for topology in topologies.values()} == {4}
    assert make_line(list(topologies)) == [LinkTopology("a", "b"), LinkTopology("b", "c")]
    assert make_line(["a"]) == []
    with pytest.raises(InputError, match="chains: 27 is not 1 to 26"):
        make_plurid_topologies(Path("plurid"), 27)


def test_the_relayers_account_is_funded_once() -> None:
    (topology,) = make_plurid_topologies(Path("plurid"), 1).values()

    funded = add_relayer(topology)

    assert funded.accounts == {RELAYER: {"upluri": RELAYER_AMOUNT}}
    assert add_relayer(funded) is funded


def test_chains_that_cannot_be_told_apart_are_refused_before_anything_starts(
    tmp_path: Path,
) -> None:
    (topology,) = make_plurid_topologies(Path("plurid"), 1).values()
    with pytest.raises(InputError, match="'a' and 'b' have one chain id, 'plurichain-a-1'"):
        LocalChains.start({"a": topology, "b": topology}, tmp_path)
    with pytest.raises(InputError, match="link: no chain 'b'"):
        LocalChains.start({"a": topology}, tmp_path, links=[LinkTopology("a", "b")])
    with pytest.raises(InputError, match="no chain"):
        LocalChains.start({}, tmp_path)
    assert list(tmp_path.iterdir()) == []
