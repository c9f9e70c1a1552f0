from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from plurichain.chain.journal.journal import SPREAD_NS, Journal, JournalEntry
from plurichain.chain.transactions.outcome import Outcome, OutcomeStatus
from plurichain.chain.transactions.signing import SignedTx
from plurichain.chain.types import Event
from plurichain.errors import NotFound

LATEST = 1_700_000_000_000_000_000


def add(journal: Journal, *, signer: str = "pluri1a", chain_id: str = "c-1") -> JournalEntry:
    def sign(timeout_ns: int) -> SignedTx:
        tx_bytes = f"signed {signer} {chain_id} {timeout_ns}".encode()
        return SignedTx(tx_bytes, hashlib.sha256(tx_bytes).hexdigest().upper())

    return journal.add(
        chain_id=chain_id,
        signer=signer,
        purpose="commit",
        latest_timeout_ns=LATEST,
        first_height=10,
        sign=sign,
        auction_id=2**64 - 1,
    )


def test_an_entry_is_there_for_other_processes_as_soon_as_it_is_made(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with Journal.open(path) as journal:
        entry = add(journal)
        assert journal.get(entry.tx_hash) == entry
        with contextlib.closing(sqlite3.connect(path)) as other:
            seen = other.execute("SELECT tx_hash, tx_bytes FROM txs").fetchall()

    assert seen == [(entry.tx_hash, entry.tx_bytes)]
    assert entry.outcome.status is OutcomeStatus.UNKNOWN
    assert not entry.outcome.is_final
    assert entry.auction_id == 2**64 - 1
    assert LATEST - SPREAD_NS < entry.timeout_ns <= LATEST
    assert path.stat().st_mode & 0o077 == 0


def test_what_is_returned_is_what_is_kept(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        first = add(journal)
        entry = journal.add(
            chain_id="c-1",
            signer="pluri1a",
            purpose="pay",
            latest_timeout_ns=LATEST,
            first_height=7,
            sign=lambda _timeout_ns: SignedTx(b"signed", "AB" * 32),
            account_sequence=2**64 - 1,
            follows=first,
            keep_nonce=True,
            message_types="/a+/b",
            simulated_gas=5,
        )

        assert journal.get("ab" * 32) == entry
        assert (entry.follows, entry.timeout_ns) == (first.tx_hash, first.timeout_ns)


def test_no_time_out_is_given_out_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda _bound: 0)
    with Journal.open(tmp_path / "journal.db") as journal:
        timeouts = [add(journal).timeout_ns for _ in range(50)]
        other = add(journal, signer="pluri1b").timeout_ns

    assert timeouts == [LATEST - i for i in range(50)]
    assert other == LATEST


ADDER = """
import sys, pathlib, secrets
secrets.randbelow = lambda _bound: 0
sys.path.insert(0, sys.argv[2])
import test_journal
with test_journal.Journal.open(pathlib.Path(sys.argv[1])) as journal:
    for _ in range(40):
        print(test_journal.add(journal).timeout_ns)
"""


def test_processes_at_once_get_different_time_outs(tmp_path: Path) -> None:
    arguments = [str(tmp_path / "journal.db"), str(Path(__file__).parent)]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", ADDER, *arguments], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    lines = [line for worker in workers for line in worker.communicate(timeout=60)[0].split()]

    assert len(lines) == len(set(lines)) == 160


def test_a_final_outcome_is_kept_whole_and_for_good(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        entry = add(journal)
        final = Outcome(
            tx_hash=entry.tx_hash,
            status=OutcomeStatus.FAILED,
            height=12,
            code=7,
            codespace="auction",
            log="too late",
            events=(Event("tx", (("fee", "1"), ("fee", "2"))), Event("tx", ())),
            gas_used=5,
            gas_wanted=6,
            timeout_ns=entry.timeout_ns,
        )
        assert journal.set_outcome(final, read_height=12)
        assert journal.get(entry.tx_hash.lower()).outcome == final
        assert journal.get(entry.tx_hash).read_height == 12
        accepted = Outcome(entry.tx_hash, OutcomeStatus.ACCEPTED, height=13)
        assert not journal.set_outcome(accepted)
        assert journal.get(entry.tx_hash).outcome == final


def test_pending_ones_are_found_again_by_chain(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with Journal.open(path) as journal:
        first, second = add(journal), add(journal)
        add(journal, chain_id="c-2")
        journal.set_outcome(Outcome(first.tx_hash, OutcomeStatus.ACCEPTED, height=11))
        rejected = Outcome(second.tx_hash, OutcomeStatus.REJECTED, code=13, is_final=False)
        journal.set_outcome(rejected)
    with Journal.open(path) as journal:
        assert [entry.tx_hash for entry in journal.list_pending("c-1")] == [second.tx_hash]
        assert len(journal.list_pending()) == 2
        assert len(journal.list_entries()) == 3
        assert len(journal.list_entries(chain_id="c-2")) == 1
        assert len(journal.list_entries(auction_id=2**64 - 1, limit=2)) == 2
        assert journal.list_entries(auction_id=1) == []
        with pytest.raises(NotFound, match="has no transaction ABC"):
            journal.get("ABC")


def test_a_failing_signature_leaves_no_entry(tmp_path: Path) -> None:
    def fail(_timeout_ns: int) -> SignedTx:
        raise ZeroDivisionError

    with Journal.open(tmp_path / "journal.db") as journal:
        with pytest.raises(ZeroDivisionError):
            journal.add(
                chain_id="c",
                signer="s",
                purpose="x",
                latest_timeout_ns=LATEST,
                first_height=1,
                sign=fail,
            )
        assert journal.list_entries() == []


def test_entries_do_not_show_their_bytes(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        entry = add(journal)

    assert "signed" not in repr(entry)
    assert os.fspath(tmp_path) not in repr(entry)


def test_many_hashes_are_looked_up_as_few_are(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        hashes = [add(journal).tx_hash for _ in range(4)]
        latest_ns = max(journal.get(tx_hash).timeout_ns for tx_hash in hashes)
        journal.set_outcome(Outcome(hashes[1], OutcomeStatus.ACCEPTED, height=11))
        for times in (1, 200):
            asked = [*hashes, hashes[0].lower()] * times
            left = [hashes[0], *hashes[2:], hashes[0].lower()] * times
            assert journal.filter_pending(asked) == left
            assert journal.get_latest_timeout(asked) == latest_ns
            with pytest.raises(NotFound, match="has no transaction ABC"):
                journal.get_latest_timeout([*asked, "ABC"])
        assert journal.filter_pending([]) == []
        assert journal.get_latest_timeout([]) == 0


@pytest.mark.parametrize("pages", [1, 2])
def test_a_journal_whose_end_is_cut_off_keeps_what_can_be_read(tmp_path: Path, pages: int) -> None:
    path = tmp_path / "journal.db"
    with Journal.open(path) as journal:
        hashes = [add(journal).tx_hash for _ in range(120)]
        assert journal.notes == ()
    data = path.read_bytes()
    path.write_bytes(data[: -4096 * pages])

    with Journal.open(path) as journal:
        (note,) = journal.notes
        kept = [entry.tx_hash for entry in journal.list_entries()]
        assert f" {len(kept)} are safe" in note
        assert "journal.db.damaged-1" in note
        assert "vault" in note
        assert set(kept) <= set(hashes)
        assert len(kept) > 10
        add(journal)
    with Journal.open(path) as journal:
        assert journal.notes == ()
    assert (tmp_path / "journal.db.damaged-1").read_bytes() == data[: -4096 * pages]


def test_a_log_that_is_cut_off_ends_before_its_last_transaction(tmp_path: Path) -> None:
    """As after a power cut: the database is whole, only younger ones are gone."""
    (tmp_path / "live").mkdir()
    with Journal.open(tmp_path / "live" / "journal.db") as journal:
        hashes = [add(journal).tx_hash for _ in range(6)]
        for file in (tmp_path / "live").iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    log = tmp_path / "journal.db-wal"
    log.write_bytes(log.read_bytes()[:-4096])
    with Journal.open(tmp_path / "journal.db") as journal:
        kept = [entry.tx_hash for entry in journal.list_entries()]
        assert set(kept) < set(hashes)
        assert len(kept) == 5


def test_what_is_pending_is_found_by_signer_and_auction(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.db") as journal:
        mine, other = add(journal), add(journal, signer="pluri1b")
        elsewhere = add(journal, chain_id="c-2")

        def find(*chain: str, **named: object) -> list[str]:
            return [entry.tx_hash for entry in journal.list_pending(*chain, **named)]  # type: ignore[arg-type]

        assert find() == [mine.tx_hash, other.tx_hash, elsewhere.tx_hash]
        assert find("c-1") == [mine.tx_hash, other.tx_hash]
        assert find("c-1", signer="pluri1b") == [other.tx_hash]
        assert find(signer="pluri1a", auction_id=2**64 - 1) == [mine.tx_hash, elsewhere.tx_hash]
        assert find("c-1", auction_id=1) == []
