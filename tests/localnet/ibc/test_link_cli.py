"""`plurichain ibc link` and what lists ends, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plurichain.cli.main import main
from plurichain.config import save_network
from plurichain.harness import LocalChains
from plurichain.relayer.chain_end import RelayChain
from plurichain.relayer.client_life import get_client_life
from plurichain.relayer.clients import ClientRules, create_client


@pytest.fixture
def networks(
    linked_chains: LocalChains, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, str]:
    """Name both chains in a home of the test's own."""
    monkeypatch.setenv("PLURICHAIN_HOME", str(tmp_path))
    for name in ("a", "b"):
        save_network(linked_chains[name].network(name))
    return "a", "b"


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> object:
    assert main(["ibc", *arguments, "--output", "json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def test_link_and_lists(
    networks: tuple[str, str], linked_chains: LocalChains, capsys: pytest.CaptureFixture[str]
) -> None:
    """The localnet's own relayer pays; what is open is found again, and listed."""
    again = run_json(capsys, "link", "a", "b")
    assert isinstance(again, dict)
    ours = linked_chains.links[0].a
    assert again["transactions"] == 0
    assert (again["a"]["client"], again["a"]["connection"], again["a"]["channel"]) == (
        ours.client_id,
        ours.connection_id,
        ours.channel_id,
    )

    more = run_json(capsys, "link", "b", "a", "--new-channel")
    assert isinstance(more, dict)
    assert more["transactions"] == 4
    channels = run_json(capsys, "channels", "--network", "b")
    assert isinstance(channels, list)
    rows = {(row["port"], row["channel"]): row for row in channels}
    row = rows["transfer", more["a"]["channel"]]
    assert (row["state"], row["other_chain"], row["other_channel"]) == (
        "open",
        "plurichain-a-1",
        more["b"]["channel"],
    )

    connections = run_json(capsys, "connections", "--network", "a")
    assert isinstance(connections, list)
    assert ours.connection_id in {
        row["connection"] for row in connections if row["state"] == "open"
    }
    clients = run_json(capsys, "clients", "--network", "a")
    assert isinstance(clients, list)
    client = next(row for row in clients if row["client"] == ours.client_id)
    assert (client["status"], client["chain_id"]) == ("active", "plurichain-b-1")
    assert client["trusting_period"] == "336h"


def test_clients_are_refreshed_when_it_is_time(
    networks: tuple[str, str],
    linked_chains: LocalChains,
    relay_pair: tuple[RelayChain, RelayChain],
    capsys: pytest.CaptureFixture[str],
) -> None:
    a, b = relay_pair
    client_id = create_client(a, b, ClientRules(trusting_period_ns=12_000_000_000))
    due_ns = get_client_life(a, client_id).refresh_due_ns
    a.client.wait_for_time(due_ns, timeout_s=60)

    rows = run_json(capsys, "refresh", "a", "b")

    assert isinstance(rows, list)
    found = {(row["network"], row["client"]): row["refreshed"] for row in rows}
    assert found.pop(("a", client_id)) is True
    # Those of the link, with two weeks, have time.
    (link,) = linked_chains.links
    assert found["a", link.a.client_id] is found["b", link.b.client_id] is False
    assert get_client_life(a, client_id).updated_ns >= due_ns - 4_000_000_000


def test_what_cannot_be_linked_is_one_line(
    networks: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ibc", "link", "a", "a"]) == 2
    assert "a cannot be linked to itself" in capsys.readouterr().err
    assert main(["ibc", "link", "a", "b", "--port", "nowhere", "--new-channel"]) == 1
    error = capsys.readouterr().err
    assert error.splitlines()[-2].startswith("error: ")
    assert "nowhere" in error
    assert main(["ibc", "link", "a", "b", "--trusting-period", "9000h", "--new"]) == 1
    assert "is not between 0 and the unbonding period" in capsys.readouterr().err
