"""What the error codes of ibc-go mean, by codespace: a part of ``errors_map``.

Sources: the files ``errors.go`` of ibc-go 10.7 below modules/core, modules/apps and
modules/light-clients/07-tendermint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.chain.codes.chain_error import ChainError
from plurichain.errors import (
    ClientUnusable,
    EncodingError,
    FundsShort,
    HandshakeError,
    IbcError,
    InputError,
    InsufficientFunds,
    NodeError,
    NotFound,
    PhaseError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plurichain.errors import PlurichainError

GOVERNANCE = (
    "only the chain's authority can revive it, with MsgRecoverClient and an active client of "
    "the same chain in its place"
)
_NEWER_PROOF = "prove it again at a newer height"
_REPORT = "report it with the node's log"
_SHOW_CHANNELS = "`plurichain ibc channels` shows the channels and their states"
_RIVAL = "another relayer has done it; nothing is left to do"


def _row(
    meaning: str, remedy: str = "", kind: type[PlurichainError] = IbcError
) -> tuple[str, str, type[PlurichainError]]:
    return meaning, remedy, kind


_CLIENT = {
    2: _row("the light client exists already"),
    3: _row("the light client is invalid"),
    4: _row("no such light client", "`plurichain ibc link` makes one", NotFound),
    5: _row("the light client is frozen: it was shown two headers of one height", GOVERNANCE,
            ClientUnusable),
    6: _row("the light client's metadata is invalid", _REPORT),
    7: _row("the light client has no consensus state of that height", "update the client first",
            NotFound),
    8: _row("the consensus state is invalid"),
    9: _row("no such type of light client", "", NotFound),
    10: _row("the type of light client is invalid"),
    11: _row("the light client has no root of that height", "update the client first", NotFound),
    12: _row("the header does not convince the light client"),
    13: _row("the misbehaviour is none"),
    14: _row("the proof of a client state is wrong", _NEWER_PROOF),
    15: _row("the proof of a consensus state is wrong", _NEWER_PROOF),
    16: _row("the proof of a connection is wrong", _NEWER_PROOF),
    17: _row("the proof of a channel is wrong", _NEWER_PROOF),
    18: _row("the proof of a packet is wrong", _NEWER_PROOF),
    19: _row("the proof of an acknowledgement is wrong", _NEWER_PROOF),
    20: _row("the proof of a missing receipt is wrong", _NEWER_PROOF),
    21: _row("the proof of the next sequence is wrong", _NEWER_PROOF),
    22: _row("the chain does not remember its own header of that height", "", NotFound),
    23: _row("the light client cannot be updated"),
    24: _row("the client cannot stand in for the other one"),
    25: _row("the upgrade of the light client is invalid"),
    26: _row("the height is invalid", "", InputError),
    27: _row("the state of the client that stands in is invalid"),
    28: _row("the upgrade plan is invalid", "", InputError),
    29: _row("the light client is not active: it is expired or frozen", GOVERNANCE, ClientUnusable),
    30: _row("the proof does not show what it should", _NEWER_PROOF),
    31: _row("the proof does not show that it is absent", _NEWER_PROOF),
    32: _row("the chain has no such light client module", "", NotFound),
    33: _row("the chain does not allow this type of light client"),
}  # fmt: skip

_CLIENT_V2 = {
    34: _row("the counterparty of the client is invalid"),
    35: _row("the client has no counterparty", "", NotFound),
}

_CONNECTION = {
    2: _row("the connection exists already"),
    3: _row("no such connection", "`plurichain ibc link` makes one", NotFound),
    4: _row("the client has no connections", "", NotFound),
    5: _row("the connection is not one of this client", "", HandshakeError),
    6: _row("the connection is in another state", "", HandshakeError),
    7: _row("the connection's other end is another one", "", HandshakeError),
    8: _row("the connection is invalid", "", HandshakeError),
    9: _row("the version of the connection is invalid", "", HandshakeError),
    10: _row("the two chains know no common version of connections", "", HandshakeError),
    11: _row("the name of the connection is invalid", "", InputError),
}

_CHANNEL = {
    2: _row("the channel exists already"),
    3: _row("no such channel", _SHOW_CHANNELS, NotFound),
    4: _row("the channel is invalid", "", HandshakeError),
    5: _row("the channel is not open, or in another state than this needs", _SHOW_CHANNELS,
            PhaseError),
    6: _row("the order of the channel is invalid", "", HandshakeError),
    7: _row("the channel's other end is another one", "", HandshakeError),
    10: _row("the channel has no sequence for sending", _REPORT, NotFound),
    11: _row("the channel has no sequence for receiving", _REPORT, NotFound),
    12: _row("the channel has no sequence for acknowledgements", _REPORT, NotFound),
    13: _row("the packet is not one that was sent", "", IbcError),
    14: _row("the packet has timed out", "", PhaseError),
    15: _row("more than one hop of connections", "", InputError),
    16: _row("the acknowledgement is invalid"),
    17: _row("the packet has an acknowledgement already", _RIVAL, PhaseError),
    18: _row("the name of the channel is invalid", "", InputError),
    19: _row("the packet was received already", _RIVAL, PhaseError),
    20: _row("the packet is not waiting: acknowledged, timed out or never sent", _RIVAL,
             PhaseError),
    21: _row("a packet before this one is missing", "relay the packets in their order", PhaseError),
    22: _row("all packets of the transaction have been relayed already", _RIVAL, PhaseError),
    23: _row("it has been relayed already", _RIVAL, PhaseError),
    24: _row("the version of the channel is invalid", "", HandshakeError),
    25: _row("the packet has not been sent"),
    26: _row("the time-out of the packet is invalid", "", InputError),
    27: _row("no receipt of a failed upgrade", "", NotFound),
    28: _row("the upgrade of the channel is invalid"),
    29: _row("the sequence of the upgrade is invalid"),
    30: _row("no such upgrade of the channel", "", NotFound),
    31: _row("the two upgrades do not fit"),
    32: _row("the error of the upgrade is invalid"),
    33: _row("the upgrade cannot be undone"),
    34: _row("the upgrade timed out", "", PhaseError),
    35: _row("the time-out of the upgrade is invalid", "", InputError),
    36: _row("packets are on their way", "relay them first", PhaseError),
    37: _row("the time-out of the upgrade failed"),
    38: _row("the limit of pruning is invalid", "", InputError),
    39: _row("the packet has not timed out yet", "wait until it is due there", PhaseError),
    40: _row("the packet's time-out is over, or lies before the other chain's latest known block",
             "send it with a later time-out", PhaseError),
    41: _row("nothing to prune is known", "", NotFound),
    42: _row("the first sequence to receive is not known", "", NotFound),
    43: _row("the commitment is invalid"),
}  # fmt: skip

_CHANNEL_V2 = {
    2: _row("the packet is invalid"),
    3: _row("the payload is invalid", "", InputError),
    4: _row("no sequence for sending", _REPORT, NotFound),
    5: _row("the acknowledgement is invalid"),
    6: _row("the packet is not waiting", _RIVAL, PhaseError),
    7: _row("no such acknowledgement", "", NotFound),
    8: _row("the time-out of the packet is invalid", "", InputError),
    9: _row("the packet's time-out is over", "", PhaseError),
    10: _row("the packet has not timed out yet", "wait until it is due there", PhaseError),
    11: _row("the packet has an acknowledgement already", _RIVAL, PhaseError),
    12: _row("it has been relayed already", _RIVAL, PhaseError),
}

_COMMITMENT = {
    2: _row("the proof is wrong", _NEWER_PROOF),
    3: _row("the prefix of the proof is wrong"),
    4: _row("the proof cannot be read", "", EncodingError),
}

_PORT = {
    2: _row("the port is taken"),
    3: _row("no such port", "", NotFound),
    4: _row("the name of the port is invalid", "", InputError),
    5: _row("the chain has nothing on that port", "", NotFound),
}

_HOST = {
    2: _row("an identifier is invalid", "", InputError),
    3: _row("a path is invalid", "", InputError),
    4: _row("the packet is invalid", "", InputError),
}

_IBC = {
    1: _row("the sequence is invalid", "", InputError),
    2: _row("the signer may not do this"),
    3: _row("money is short", "add the missing coins, then try again", FundsShort),
    4: _row("the chain does not know the request", "", InputError),
    5: _row("an address is invalid", "correct the address", InputError),
    6: _row("the coins are invalid", "correct amount and denom", InputError),
    7: _row("out of gas", "send it again; gas is estimated anew", NodeError),
    8: _row("the request is invalid", "", InputError),
    9: _row("the height is invalid", "", InputError),
    10: _row("the version is invalid", "", InputError),
    11: _row("the chain id is invalid", "", InputError),
    12: _row("a type is invalid", _REPORT),
    13: _row("the chain cannot pack a message", _REPORT),
    14: _row("the chain cannot unpack a message", _REPORT),
    15: _row("an internal error of the chain", _REPORT, NodeError),
    16: _row("not found", "", NotFound),
}

_TRANSFER = {
    2: _row("the time-out is invalid", "choose a later time-out", InputError),
    3: _row("this denom cannot cross chains", "", InputError),
    4: _row("the version of the transfer is invalid", "", HandshakeError),
    5: _row("the amount is invalid", "", InputError),
    6: _row("the chain has no such voucher", "", NotFound),
    7: _row("transfers from this chain are switched off", "", PhaseError),
    8: _row("transfers to this chain are switched off", "", PhaseError),
    9: _row("the chain has too many transfer channels"),
    10: _row("the authorization does not allow this transfer"),
    11: _row("the memo is invalid or too long", "shorten the memo", InputError),
    12: _row("the forwarded packet timed out"),
    13: _row("the forwarded packet failed"),
    14: _row("the packet cannot be encoded", "", EncodingError),
    15: _row("the packet cannot be decoded", "", EncodingError),
    16: _row("the packet was refused at its destination"),
}

_INTERCHAIN_ACCOUNTS = {
    2: _row("the data of the packet have no known type"),
    3: _row("the account exists already"),
    4: _row("the port of this owner is taken"),
    5: _row("this end takes no such message", "", HandshakeError),
    6: _row("the data to send are invalid", "", InputError),
    7: _row("the route is invalid"),
    8: _row("there is no interchain account", "", NotFound),
    9: _row("the interchain account is set already"),
    10: _row("the owner has an open channel already", "", PhaseError),
    11: _row("the owner has no open channel", "register the account first", NotFound),
    12: _row("the version of the interchain account is invalid", "", HandshakeError),
    13: _row("the address of the account is invalid", "", InputError),
    14: _row("an interchain account cannot do this"),
    15: _row("the controller's port is invalid", "", InputError),
    16: _row("the host's port is invalid", "", InputError),
    17: _row("the time-out must lie ahead", "", InputError),
    18: _row("the encoding is not known", "", InputError),
    19: _row("the account cannot be opened again in another way", "", HandshakeError),
}

_CONTROLLER = {2: _row("the chain controls no interchain accounts", "", PhaseError)}

_HOST_OF_ACCOUNTS = {2: _row("the chain hosts no interchain accounts", "", PhaseError)}

_TENDERMINT = {
    2: _row("the header is of another chain id", "", InputError),
    3: _row("the trusting period is invalid", "", InputError),
    4: _row("the unbonding period is invalid", "", InputError),
    5: _row("the header's height is invalid", "", InputError),
    6: _row("the header is invalid", "", InputError),
    7: _row("the allowed clock drift is invalid", "", InputError),
    8: _row("the time of the update is not known", "", NotFound),
    9: _row("the height of the update is not known", "", NotFound),
    10: _row("the delay of the connection is not over", "try again later", PhaseError),
    11: _row("the trusted state is older than the trusting period", GOVERNANCE, ClientUnusable),
    12: _row("the trusted state is older than the unbonding period", GOVERNANCE, ClientUnusable),
    13: _row("the proof specifications are invalid", "", InputError),
    14: _row("the validators are not those of the header", "", InputError),
    15: _row("the trust level is invalid", "", InputError),
}

_ROWS: Mapping[str, Mapping[int, tuple[str, str, type[PlurichainError]]]] = {
    "client": _CLIENT,
    "clientv2": _CLIENT_V2,
    "connection": _CONNECTION,
    "channel": _CHANNEL,
    "channelv2": _CHANNEL_V2,
    "commitment": _COMMITMENT,
    "port": _PORT,
    "host": _HOST,
    "ibc": _IBC,
    "transfer": _TRANSFER,
    "interchainaccounts": _INTERCHAIN_ACCOUNTS,
    "icacontroller": _CONTROLLER,
    "icahost": _HOST_OF_ACCOUNTS,
    "07-tendermint": _TENDERMINT,
}


def _make(meaning: str, remedy: str, kind: type[PlurichainError]) -> ChainError:
    if kind is FundsShort:
        return ChainError(meaning, remedy, kind, InsufficientFunds)
    return ChainError(meaning, remedy, kind)


IBC_TABLES: dict[str, dict[int, ChainError]] = {
    codespace: {code: _make(*row) for code, row in rows.items()}
    for codespace, rows in _ROWS.items()
}

REDUNDANT = frozenset(
    {("channel", 17), ("channel", 19), ("channel", 20), ("channel", 22), ("channel", 23)}
)
"""A rival has relayed it: received, acknowledged or timed out already."""
