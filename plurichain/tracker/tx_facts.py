"""What a transaction tells beside its packets: who signed, what its messages came to and moved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from plurichain.ibc.coins_received import CoinReceived, find_coins_received
from plurichain.ibc.event_types import MessagePath, PacketEventKind
from plurichain.ibc.relay_messages import (
    RelayMessage,
    find_relay_signer,
    is_relaying,
    list_relay_messages,
)
from plurichain.ibc.results import MessageResult, Response, find_result, read_responses
from plurichain.tracker.blocks import TrackedTx

_SIGNER: Final = re.compile(r"[a-z0-9]{1,83}1[a-z0-9]{6,90}")
_INDEX: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class TxFacts:
    """What stands beside the events of packets; empty for the events of a block itself."""

    signers: dict[int | None, str]
    responses: dict[MessagePath, Response]
    credits: dict[MessagePath, tuple[CoinReceived, ...]]
    signed: bytes

    def find_signer(self, path: MessagePath | None) -> str | None:
        """Return who signed a message, or who pays for all where the message does not say."""
        return (self.signers.get(path[0]) if path else None) or self.signers.get(None)

    def find_result(self, path: MessagePath | None, kind: PacketEventKind) -> MessageResult | None:
        """Return what a message that brought ``kind`` of a packet came to, None: not told."""
        return None if path is None else find_result(self.responses, path, kind)

    def list_noops(self, told: set[tuple[MessagePath | None, PacketEventKind]]) -> (
        list[RelayMessage]
    ):  # fmt: skip
        """Return the messages that came to nothing and of which no event told."""
        return [
            message
            for message in (list_relay_messages(self.signed) if self.signed else ())
            if (message.path, message.kind) not in told
            and self.find_result(message.path, message.kind) is MessageResult.NOOP
        ]


NO_FACTS: Final = TxFacts({}, {}, {}, b"")


def gather_facts(tx: TrackedTx) -> TxFacts:
    """Return what a transaction tells beside its packets. Raises nothing."""
    return TxFacts(
        find_signers(tx), read_responses(tx.data), find_coins_received(tx.events), tx.signed
    )


def find_signers(tx: TrackedTx) -> dict[int | None, str]:
    """Return who signed each message, by its number; under None whoever pays for all.

    The chain itself says it once a message, with the message's type; modules that follow
    name other senders under the same event, without a type.
    """
    found: dict[int | None, str] = {}
    for kind, pairs in tx.events:
        if kind not in {"tx", "message"}:
            continue
        values = dict(reversed([*pairs]))
        if kind == "tx" and "fee_payer" in values:
            _note_signer(found, None, values["fee_payer"])
        elif kind == "tx" and "acc_seq" in values:
            _note_signer(found, None, values["acc_seq"].partition("/")[0])
        elif kind == "message" and "action" in values and "sender" in values:
            index = values.get("msg_index", "")
            number = int(index) if _INDEX.fullmatch(index) else None
            _note_signer(found, number, values["sender"])
    return found


def find_relayer(tx: TrackedTx) -> str | None:
    """Return who signed a failed transaction that carried messages of IBC; None: it did not.

    Empty where it is not known who. One that was not kept may have carried them.
    """
    if tx.signed and not is_relaying(tx.signed):
        return None
    told = find_signers(tx).get(None, "")
    # What failed before its fee was taken left no event.
    signer = told or (find_relay_signer(tx.signed) if tx.signed else "")
    return signer if _SIGNER.fullmatch(signer) else ""


def _note_signer(found: dict[int | None, str], index: int | None, signer: str) -> None:
    if _SIGNER.fullmatch(signer):
        found.setdefault(index, signer)
