"""Several chains at once: links in parallel, and ends that leave nothing behind."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from plurichain.errors import BinaryError, GateFailed, HarnessError
from plurichain.harness import LinkTopology, LocalChains, make_line, make_plurid_topologies
from plurichain.harness.registry import is_supervised, list_folders, read_state
from plurichain.relayer.survey import find_connection


def list_supervised(folder: Path) -> list[Path]:
    """Return the folders below one whose chains still have a supervisor."""
    states = {each: read_state(each) for each in list_folders().values() if folder in each.parents}
    return [each for each, state in states.items() if state is not None and is_supervised(state)]


def test_three_chains_in_a_line(plurid_binary: Path, tmp_path: Path) -> None:
    topologies = make_plurid_topologies(plurid_binary, 3, block_time_ms=50)
    said: list[str] = []

    with LocalChains.start(
        topologies, tmp_path, said.append, links=make_line(list(topologies))
    ) as chains:
        assert list(chains) == ["a", "b", "c"]
        assert [(link.a.chain_id, link.b.chain_id) for link in chains.links] == [
            ("plurichain-a-1", "plurichain-b-1"),
            ("plurichain-b-1", "plurichain-c-1"),
        ]
        with (
            chains.open_relay_chain("a") as a,
            chains.open_relay_chain("b") as b,
            chains.open_relay_chain("c") as c,
        ):
            assert len(b.queries.list_channels()) == 2
            assert find_connection(b, c) is not None
            assert find_connection(a, c) is None
            (third,) = chains.open_links([LinkTopology("c", "a")])
            assert c.queries.get_channel("transfer", third.a.channel_id).is_open
        # One that dies takes no other with it.
        chains["c"].nodes[0].kill()
        chains["a"].wait_for_height(chains["a"].nodes[0].get_height() + 2)
    assert "b: gate height is open" in said
    assert list_supervised(tmp_path) == []
    assert not any((tmp_path / name).exists() for name in "abc")


def test_a_chain_that_cannot_start_ends_the_others(plurid_binary: Path, tmp_path: Path) -> None:
    topologies = make_plurid_topologies(plurid_binary, 2, block_time_ms=50)
    broken = dataclasses.replace(topologies["b"], start_arguments=("--no-such-flag",))

    with pytest.raises(GateFailed, match=r"gate .* of node0 did not open"):
        LocalChains.start({**topologies, "b": broken}, tmp_path)

    assert list_supervised(tmp_path) == []
    assert not (tmp_path / "a").exists()
    assert (tmp_path / "b" / "node0" / "node.log").exists()
    absent = dataclasses.replace(topologies["a"], binary=tmp_path / "nothing")
    with pytest.raises(BinaryError, match="no chain binary"):
        LocalChains.start({"a": absent}, tmp_path / "more")


def test_a_link_that_cannot_be_opened_is_a_gate_with_its_cause(
    plurid_binary: Path, tmp_path: Path
) -> None:
    topologies = make_plurid_topologies(plurid_binary, 2, block_time_ms=50)

    with pytest.raises(GateFailed, match=r"gate link did not open: .*nowhere") as caught:
        LocalChains.start(topologies, tmp_path, links=[LinkTopology("a", "b", port="nowhere")])

    assert caught.value.gate == "link"
    assert isinstance(caught.value, HarnessError)
    assert str(tmp_path / "a") in caught.value.remedy
    assert list_supervised(tmp_path) == []
    assert (tmp_path / "b" / "node0" / "node.log").exists()
