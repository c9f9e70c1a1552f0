"""Answers of a real chain, recorded by scripts/record-ibc-fixtures."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from plurichain.lightclient.header import SignedHeader
from plurichain.lightclient.rpc_json import parse_signed_header, parse_validator_set
from plurichain.lightclient.validators import ValidatorSet
from plurichain.lightclient.verify import TrustRules

FOLDER = Path(__file__).resolve().parents[2] / "data" / "ibc"


class Recording:
    """One file of answers by the path that was asked for."""

    def __init__(self, name: str) -> None:
        document = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        assert document["format"] == "plurichain/recorded/1"
        self.about: dict[str, Any] = document
        self._answers: dict[str, Any] = document["answers"]

    def get(self, path: str) -> Any:
        """Return a copy of one answer, so that a test may spoil it."""
        return copy.deepcopy(self._answers[path])

    def get_commit(self, height: int) -> Any:
        return self.get(f"/commit?height={height}")

    def get_validators(self, height: int) -> Any:
        return self.get(f"/validators?height={height}&page=1&per_page=100")

    def get_query(self, store: str, key: bytes, height: int) -> Any:
        path = f"/abci_query?path=%22/store/{store}/key%22&data=0x{key.hex()}"
        return self.get(f"{path}&height={height}&prove=true")["response"]

    def fetch_header(self, height: int) -> SignedHeader:
        return parse_signed_header(self.get_commit(height))

    def fetch_validators(self, height: int, _: bytes = b"") -> ValidatorSet:
        return parse_validator_set([self.get_validators(height)])


@cache
def load(name: str) -> Recording:
    """Return a recording by its name."""
    return Recording(name)


VALIDATORS = load("validators")
TRUSTED: int = VALIDATORS.about["trusted_height"]
TARGET: int = VALIDATORS.about["target_height"]
BETWEEN: int = VALIDATORS.about["update_heights"][0]
CHAIN_ID: str = VALIDATORS.about["chain_id"]
HOUR_NS = 3_600 * 10**9
RULES = TrustRules(CHAIN_ID, trusting_period_ns=24 * HOUR_NS, max_clock_drift_ns=10 * 10**9)
