"""How people of the stories send: what has expired on a busy machine is sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plurichain.chain.sending.sender import TxSender
from plurichain.chain.transactions.outcome import OutcomeStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.chain.transactions.messages import Message
    from plurichain.chain.transactions.outcome import Outcome

TRIES: Final = 5


class PatientSender(TxSender):
    """Sends again what has expired, with a new time-out; the rest is a ``TxSender``.

    Of what has expired nothing was done and nothing will be, so that nothing is done twice.
    """

    def send(self, messages: Sequence[Message], **options: Any) -> Outcome:
        """As ``TxSender.send``, up to ``TRIES`` times while it expires."""
        outcome = super().send(messages, **options)
        for _ in range(TRIES - 1):
            if outcome.status is not OutcomeStatus.EXPIRED or not outcome.is_final:
                break
            outcome = super().send(messages, **options)
        return outcome
