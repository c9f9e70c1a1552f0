"""What the error codes of the energy module mean (x/energy/types/errors.go)."""

from __future__ import annotations

from plurichain.chain.codes.chain_error import ChainError
from plurichain.errors import (
    EnergyError,
    FundsShort,
    InsufficientFunds,
    NotFound,
    PhaseError,
    ReadingRefused,
)

_REGISTRAR = "sign with the registrar's key, or propose it to governance"
_DEVICES = "plurichain energy device list shows all"
_REPORT = "report it with the node's log"

ENERGY_ERRORS: dict[int, ChainError] = {
    2: ChainError("the parameters of the energy module break a rule"),
    3: ChainError("only the module's authority or its registrar may do this", _REGISTRAR),
    4: ChainError("no such issuing body", "plurichain energy issuer list shows all", NotFound),
    5: ChainError(
        "the issuing body is not active",
        "ask the registrar of the chain to let it go on",
        PhaseError,
    ),
    6: ChainError("a device of that id exists already", "choose another id", PhaseError),
    7: ChainError("no such device", _DEVICES, NotFound),
    8: ChainError("the device breaks a rule of the chain", "correct it", EnergyError),
    9: ChainError(
        "the device is not active", "its issuing body has to approve it first", PhaseError
    ),
    10: ChainError("another device has this key", "make a key for each device", EnergyError),
    11: ChainError(
        "the proof is not the device key's signature over this registration",
        "register with the device's own key, on the chain that the network names",
        EnergyError,
    ),
    12: ChainError(
        "the chain refuses a reading", "correct the reading; nothing was taken", ReadingRefused
    ),
    13: ChainError(
        "the chain has no such reading", "plurichain energy reading list DEVICE", NotFound
    ),
    14: ChainError("credits of this interval are issued already", "", PhaseError),
    15: ChainError("this account may not do that", "sign with the key of the one who may"),
    16: ChainError("the device is no storage", _DEVICES, EnergyError),
    17: ChainError(
        "this is no energy credit that the chain knows",
        "plurichain energy credit show DENOM tells what it is",
        EnergyError,
    ),
    18: ChainError(
        "unverified origin",
        "the chain's registrar has to register the path: plurichain energy path register",
        EnergyError,
    ),
    19: ChainError(
        "the attributes are not those of the credit",
        "take them from `plurichain energy credit show DENOM` on the origin chain",
        EnergyError,
    ),
    20: ChainError(
        "too few credits are held", "retire or charge no more", FundsShort, InsufficientFunds
    ),
    21: ChainError("the retirement breaks a rule", "correct it", EnergyError),
    22: ChainError(
        "the path is registered already, for another chain",
        "remove it first: plurichain energy path remove PATH",
        PhaseError,
    ),
    23: ChainError("no such path", "plurichain energy path list shows all", NotFound),
    24: ChainError("the path breaks a rule", "write it as transfer/channel-0", EnergyError),
    25: ChainError("the request is malformed", "correct the request"),
    26: ChainError("the genesis of the energy module is invalid", _REPORT),
    27: ChainError("no such retirement", "plurichain energy credit retirements", NotFound),
}
