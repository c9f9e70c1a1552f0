"""What errors carry beside their words: whoever catches one need not read its text."""

from __future__ import annotations

from plurichain.errors import GateFailed, PlurichainError, TransactionError


def test_a_transaction_is_named_with_what_the_chain_said() -> None:
    error = TransactionError(
        "no coins", remedy="send some", tx_hash="AB" * 32, codespace="sdk", code=5
    )
    assert (error.cause, error.remedy) == ("no coins", "send some")
    assert (error.tx_hash, error.codespace, error.code) == ("AB" * 32, "sdk", 5)
    assert isinstance(error, PlurichainError)


def test_one_that_was_never_made_has_no_hash_and_no_code() -> None:
    error = TransactionError("not signed")
    assert (error.tx_hash, error.codespace, error.code, error.remedy) == ("", "", 0, "")


def test_a_gate_tells_its_name_and_the_end_of_the_log() -> None:
    error = GateFailed("no block in 20 s", gate="blocks", log_tail=("panic", "exit"))
    assert (error.gate, error.log_tail, error.cause) == (
        "blocks", ("panic", "exit"), "no block in 20 s",
    )  # fmt: skip
