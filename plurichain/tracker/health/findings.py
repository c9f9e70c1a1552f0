"""What a check found: the field, its value, the rule, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a value stands to its rule."""

    OK = "ok"
    NOTE = "note"
    """Nothing is wrong; somebody may want to know."""
    BAD = "bad"
    UNKNOWN = "unknown"
    """It could not be asked."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One field of one subject: a node's address, a client, an account, the tracker.

    ``rule`` says what is expected, ``remedy`` what to do where it is not met.
    """

    network: str
    subject: str
    field: str
    verdict: Verdict
    value: str
    rule: str
    remedy: str = ""

    @property
    def is_failure(self) -> bool:
        """Whether somebody has to do something."""
        return self.verdict in {Verdict.BAD, Verdict.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Subject:
    """What checks are about; makes their findings."""

    network: str
    name: str

    def judge(
        self, field: str, value: object, *, rule: str, is_met: bool, remedy: str = ""
    ) -> Finding:
        """Return OK where a rule is met, else BAD with what to do."""
        verdict = Verdict.OK if is_met else Verdict.BAD
        return self._make(field, verdict, value, rule, "" if is_met else remedy)

    def note(self, field: str, value: object, *, rule: str, remedy: str = "") -> Finding:
        """Return a value that is neither right nor wrong."""
        return self._make(field, Verdict.NOTE, value, rule, remedy)

    def give_up(self, field: str, cause: str, *, rule: str, remedy: str) -> Finding:
        """Return that something could not be asked, and why."""
        return self._make(field, Verdict.UNKNOWN, cause, rule, remedy)

    def _make(self, field: str, verdict: Verdict, value: object, rule: str, remedy: str) -> Finding:
        return Finding(self.network, self.name, field, verdict, str(value), rule, remedy)
