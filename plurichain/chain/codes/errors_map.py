"""What a (codespace, code) of the chain means: the one table.

Texts of errors change between releases; codes do not. Sources: x/auction/types/errors.go,
types/errors/errors.go, x/bank/types/errors.go and x/authz/errors.go of cosmos-sdk 0.53,
cosmossdk.io/x/feegrant 0.2, cosmossdk.io/errors; those of ibc-go are in ``ibc_errors``,
those of the energy module in ``energy_errors``.
"""

from __future__ import annotations

import re

from plurichain.chain.codes.chain_error import ChainError
from plurichain.chain.codes.energy_errors import ENERGY_ERRORS
from plurichain.chain.codes.ibc_errors import IBC_TABLES
from plurichain.errors import (
    EncodingError,
    FeeTooLow,
    FundsShort,
    InsufficientFunds,
    NodeError,
    NotFound,
    PhaseError,
    PlurichainError,
    Refusal,
    SequenceMismatch,
    TermsError,
    UsageError,
    VaultError,
)

_SHOW = "plurichain auction show ID tells its phase and deadlines"
_PAY = "add the missing coins, then try again"
_REPORT = "report it with the node's log"
_RETRY = "try again in a moment, or use another node"


def _funds(meaning: str) -> ChainError:
    return ChainError(meaning, _PAY, FundsShort, InsufficientFunds)


_AUCTION: dict[int, ChainError] = {
    2: ChainError("the terms break a rule of the chain", "correct the terms file", TermsError),
    3: ChainError("the chain does not support this yet", "choose another rule, kind or side"),
    4: ChainError("no such auction", "plurichain auction list shows all", NotFound),
    5: ChainError("only the auction's creator may do this", "sign with the creator's key"),
    6: ChainError("the auction is in another phase", _SHOW, PhaseError),
    7: ChainError("too late for this auction", _SHOW, PhaseError),
    8: ChainError("too early for this auction", _SHOW, PhaseError),
    9: ChainError("a bid commitment is exactly 32 bytes", "seal the bid again", EncodingError),
    10: ChainError(
        "a commitment with this attempt or a later one stands already",
        "plurichain bid status shows which; seal again to replace it",
        PhaseError,
    ),
    11: ChainError("this bidder has no commitment in the auction", "commit a bid first", NotFound),
    12: ChainError(
        "the opening does not match the commitment on the chain; it was refused and cost nothing",
        "reveal from the vault that sealed the bid",
        VaultError,
    ),
    13: ChainError("this bid is revealed already", "nothing is left to do", PhaseError),
    14: ChainError("a limit of the chain is reached", "wait, or use another auction", PhaseError),
    15: ChainError("the creator of an auction cannot bid in it", "bid with another key"),
    16: ChainError("the auction has commitments and can no longer be cancelled", _SHOW, PhaseError),
    17: ChainError("the parameters break a rule"),
    18: ChainError("only the module's authority may do this", "propose it to governance"),
    19: ChainError("there is nothing to claim", "plurichain auction show ID tells why", NotFound),
    20: ChainError("the auction is not in award mode", _SHOW, PhaseError),
    21: ChainError("no deposit of this bidder is held", _SHOW, PhaseError),
    22: _funds("money is short"),
    23: ChainError(
        "this opening needs coins in escrow, so only its bidder can reveal it",
        "reveal with the bidder's own key",
    ),
    24: ChainError("the request is malformed", "correct the request"),
    25: ChainError("the genesis of the auction module is invalid", _REPORT),
    26: ChainError("clearing failed", _REPORT),
    27: ChainError(
        "the credits are not what this lot asks for",
        "plurichain auction show ID tells the class; plurichain energy credit show DENOM, a credit",
    ),
}

_SDK: dict[int, ChainError] = {
    2: ChainError("the chain cannot read the transaction", _REPORT, EncodingError),
    3: ChainError("the account sequence is wrong", _RETRY, NodeError),
    4: ChainError(
        "the signature is not valid here",
        "check the network's chain id; after a reset of the chain, send it anew",
        NodeError,
    ),
    5: _funds("money is short"),
    6: ChainError("the chain does not know this message", "use a chain that has the module"),
    7: ChainError("an address is invalid", "correct the address"),
    8: ChainError("the public key is not the account's", "sign with the account's own key"),
    9: ChainError("the account does not exist", "send it some coins first", NotFound),
    10: ChainError("the coins are invalid", "correct amount and denom"),
    11: ChainError("out of gas", "send it again; gas is estimated anew", NodeError),
    12: ChainError("the memo is too long", "shorten the memo"),
    13: ChainError(
        "the fee is too low for this node",
        "raise the network's gas_price",
        rejected_class=FeeTooLow,
    ),
    14: ChainError("too many signatures", _REPORT),
    15: ChainError("no signature", _REPORT),
    16: ChainError("the chain cannot write JSON", _REPORT, NodeError),
    17: ChainError("the chain cannot read JSON", _REPORT, NodeError),
    18: ChainError("the chain refuses the request", "see the chain's own words above"),
    19: ChainError("the node has it already", "wait for its outcome", NodeError),
    20: ChainError("the node's mempool is full", _RETRY, NodeError),
    21: ChainError("the transaction is too large", "send fewer messages at once", UsageError),
    22: ChainError("the key is not found", "", NotFound),
    23: ChainError("the account password is wrong"),
    24: ChainError("the signer is not the one intended", "sign with the right key"),
    25: ChainError("the gas adjustment is invalid"),
    26: ChainError("the height is invalid", "", NodeError),
    27: ChainError("the version is invalid", "", NodeError),
    28: ChainError("the chain id is wrong", "correct the network's chain id", NodeError),
    29: ChainError("a type is invalid", _REPORT),
    30: ChainError("the time-out height has passed", "send it again", PhaseError),
    31: ChainError("the chain does not know an extension option", _REPORT),
    32: ChainError(
        "the account sequence is wrong", _RETRY, NodeError, rejected_class=SequenceMismatch
    ),
    33: ChainError("the chain cannot pack a message", _REPORT, NodeError),
    34: ChainError("the chain cannot unpack a message", _REPORT, NodeError),
    35: ChainError("an internal error of the chain", _REPORT, NodeError),
    36: ChainError("a conflict on the chain", _RETRY, NodeError),
    37: ChainError(
        "the chain does not support this", "use a chain with unordered transactions enabled"
    ),
    38: ChainError("not found", "", NotFound),
    39: ChainError("the node failed to read or write", _RETRY, NodeError),
    40: ChainError("the node's app.toml is wrong", "correct it and restart the node", NodeError),
    41: ChainError("the gas limit is invalid", "report it with the node's log"),
    42: ChainError("the time-out has passed", "send it again", PhaseError),
}

_BANK: dict[int, ChainError] = {
    2: ChainError("no inputs"),
    3: ChainError("no outputs"),
    4: ChainError("inputs and outputs differ"),
    5: ChainError("sending this denom is switched off", "", PhaseError),
    6: ChainError("the denom has no metadata", "", NotFound),
    7: ChainError("a key is invalid"),
    8: ChainError("an entry is repeated"),
    9: ChainError("more than one sender"),
}

_FEEGRANT: dict[int, ChainError] = {
    2: _funds("the fee allowance is used up"),
    3: ChainError("the fee allowance has expired", "ask for a new allowance", PhaseError),
    4: ChainError("the period of a fee allowance is invalid"),
    5: ChainError("there is no fee allowance for this payer", "ask for an allowance", NotFound),
    6: ChainError("a fee allowance for no messages"),
    7: ChainError("the fee allowance is not for this message", "pay the fee yourself"),
}

_AUTHZ: dict[int, ChainError] = {
    2: ChainError("there is no such authorization", "ask for an authorization", NotFound),
    3: ChainError("an authorization must expire in the future"),
    4: ChainError("the chain does not know this kind of authorization"),
    5: ChainError("there is no such grant", "", NotFound),
    6: ChainError("the authorization has expired", "ask for a new one", PhaseError),
    7: ChainError("an account cannot authorize itself"),
    9: ChainError("a message with several signers cannot be authorized"),
    12: ChainError("the amount that is authorized must be above 0"),
}

_UNDEFINED: dict[int, ChainError] = {
    1: ChainError("an internal error of the chain", _REPORT, NodeError),
    2: ChainError("an internal error of the chain", _REPORT, NodeError),
    111222: ChainError("the chain panicked on this transaction", _REPORT, NodeError),
}

CHAIN_ERRORS: dict[tuple[str, int], ChainError] = {
    (codespace, code): error
    for codespace, table in (
        ("auction", _AUCTION),
        ("energy", ENERGY_ERRORS),
        ("sdk", _SDK),
        ("bank", _BANK),
        ("feegrant", _FEEGRANT),
        ("authz", _AUTHZ),
        ("undefined", _UNDEFINED),
        *IBC_TABLES.items(),
    )
    for code, error in table.items()
}

_WRAPPING = re.compile(
    r"^(failed to simulate tx: )?(failed to execute message; message index: \d+: )?"
)

INDETERMINATE = frozenset({("sdk", 18), ("sdk", 19), ("sdk", 20), ("sdk", 32)})
"""Answers to a broadcast that leave open whether the same bytes are on their way.

19: the node has them; 18: among others, the nonce of an unordered transaction is used
up, maybe by these very bytes; 20 and 32: a mempool that is full or ahead.
"""


def get_chain_error(codespace: str, code: int) -> ChainError:
    """Return what (codespace, code) means; one not in the table says so by its numbers."""
    known = CHAIN_ERRORS.get((codespace, code))
    if known is not None:
        return known
    return ChainError(f"the chain refuses it (codespace {codespace!r}, code {code})")


def format_log(log: str) -> str:
    """Return the chain's own words as an addition to a sentence, without the SDK's wrapping."""
    # Some modules put raw bytes into their texts.
    line = "".join(char if char.isprintable() else "?" for char in log.partition("\n")[0])
    plain = _WRAPPING.sub("", line).strip()
    return f": {plain}" if plain else ""


def make_local_error(codespace: str, code: int, log: str) -> PlurichainError:
    """Return the error to raise for what was seen before anything was sent."""
    error = get_chain_error(codespace, code)
    said = format_log(log)
    made = error.local_class(f"{error.meaning}{said}", remedy=error.remedy)
    made.refusal = Refusal(codespace, code, log)
    return made
