"""`plurichain ibc transfer --forward` as users type it, over three grids."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from plurichain.cli.main import main
from plurichain.config import remove_network, save_network
from plurichain.identifiers import Address
from tests.localnet.ibc.relaying import relaying
from tests.localnet.tracker.line import Line

Run = Callable[..., tuple[int, str, str]]
RECEIVER = str(Address(b"at the end".ljust(20, b"."), "pluri"))


@pytest.fixture
def run(
    line: Line,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """Give a function that runs a command in a home that knows all three grids and a key."""
    monkeypatch.setenv("PLURICHAIN_HOME", str(tmp_path / "home"))
    for name, chain in line.chains.items():
        save_network(chain.network(name))

    def execute(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        status = main(list(words))
        out, err = capfd.readouterr()
        return status, out, err

    for words in (["add", "alice"], ["fund", "alice", "5000000upluri"]):
        status, _, err = execute("keys", *words, "--network", "a")
        assert status == 0, err
    return execute


def make_words(line: Line, receiver: str, *options: str) -> list[str]:
    start = ["ibc", "transfer", line.ab.a.channel_id, receiver, "25upluri", "--network", "a"]
    return [*start, "--key", "alice", "--output", "json", *options]


def test_it_waits_for_the_end_of_the_way(line: Line, run: Run) -> None:
    beyond = line.bc.a.channel_id
    with (
        relaying((line.a, line.b), line.keys, line.ab),
        relaying((line.b, line.c), line.keys, line.bc),
    ):
        words = make_words(line, "pfm", "--forward", f"{beyond}:{RECEIVER}", "--wait")
        status, out, err = run(*words)
        assert (status, json.loads(out)["status"]) == (0, "acknowledged"), err
        denom = line.get_voucher(line.bc.b, line.ab.b)
        assert line.c.client.get_balances(Address.parse(RECEIVER)) == {denom: 25}

        words = make_words(line, "pfm", "--forward", f"{beyond}:x", "--wait", "--any-receiver")
        status, out, err = run(*words)
        assert (status, json.loads(out)["status"]) == (4, "refused")
        assert "the other chain refused packet" in err

        # Two chains more, the last of them the first again.
        home = str(line.a.address)
        there, back = f"{beyond}:pfm", f"{line.bc.b.channel_id}:pfm"
        hops = [there, back, f"{line.ab.b.channel_id}:{home}"]
        words = make_words(line, "pfm", *(word for hop in hops for word in ("--forward", hop)))
        status, out, err = run(*words, "--wait")
        assert (status, json.loads(out)["status"]) == (0, "acknowledged"), err
    line.assert_conserved()


@pytest.mark.parametrize(
    ("receiver", "options", "said"),
    [
        ("pfm", [], "receiver: 'pfm'"),
        ("pfm", ["--forward", "channel-99:{receiver}"], "hop-b-1 has no channel transfer/channel"),
        ("pfm", ["--forward", "{beyond}:cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh"], "prefix"),
        ("pfm", ["--forward", "{beyond}:pfm"], "the last receiver is 'pfm'"),
        ("cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh", ["--forward", "{end}"], "has the prefix"),
        ("pfm", ["--forward", "{end}", "--memo", "thanks"], "is not a JSON object"),
        ("pfm", ["--forward", "{end}", "--expires-in", "0"], "ends no packet"),
        ("pfm", ["--forward", "{receiver}"], "--forward: "),
        ("{receiver}", ["--retries", "2"], "--retries: nothing is forwarded"),
    ],
)
def test_what_could_only_come_back_is_refused_before_it_is_sent(
    line: Line, run: Run, receiver: str, options: list[str], said: str
) -> None:
    end = line.ab.a.channel_id
    before = line.a.queries.get_next_sequence_send("transfer", end)
    beyond = line.bc.a.channel_id
    names = {"receiver": RECEIVER, "beyond": beyond, "end": f"{beyond}:{RECEIVER}"}
    words = make_words(line, receiver.format(**names), *(each.format(**names) for each in options))
    status, out, err = run(*words)
    assert (status, out) == (1, ""), err
    assert said in err
    assert len(err.strip().splitlines()) == 2
    assert line.a.queries.get_next_sequence_send("transfer", end) == before


def test_a_chain_that_is_not_known_here_is_not_asked(line: Line, run: Run) -> None:
    remove_network("c")
    words = make_words(line, "pfm", "--forward", f"{line.bc.a.channel_id}:anybody")
    with (
        relaying((line.a, line.b), line.keys, line.ab),
        relaying((line.b, line.c), line.keys, line.bc),
    ):
        status, _, err = run(*words, "--wait")
    assert "the way is not checked beyond hop-b-1: channel transfer/" in err
    assert status == 4, "and what nobody checked came back"
