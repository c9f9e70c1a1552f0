"""What to do about an alarm: one line, with a command that can be copied."""

from __future__ import annotations

from shlex import quote
from typing import Final

from plurichain.ibc.overdue import AlarmKind

_CLEAR: Final = (
    "is a relayer running? by hand: `plurichain ibc clear {channel}{port} --network {network}`"
)
_LOOK: Final = "`plurichain ibc health {network}` asks the node what is wrong with it"
_ADVICE: Final = {
    AlarmKind.STUCK_RECEIVE: _CLEAR,
    AlarmKind.STUCK_ACKNOWLEDGEMENT: _CLEAR,
    AlarmKind.REFUND_OVERDUE: _CLEAR,
    AlarmKind.STUCK_ANSWER: "no relayer can help: the application on the other chain must answer",
    AlarmKind.CONTRADICTION: "a node or a chain does not tell the truth: ask another node",
    AlarmKind.CLIENT_EXPIRING: "`plurichain ibc refresh {network} {peer}` renews it",
    AlarmKind.CLIENT_UNUSABLE: "nothing goes over it: ask its chain's governance to recover it",
    AlarmKind.CHAIN_HALTED: _LOOK,
    AlarmKind.CHAIN_LAGGING: _LOOK,
    AlarmKind.CHAIN_SILENT: _LOOK,
    AlarmKind.WALLET_LOW: "send it coins: whoever signs with it will stop soon",
    AlarmKind.COVERAGE_GAP: "track from a node that has these blocks, into another database",
    AlarmKind.CONSERVATION_BROKEN: (
        "stop relaying and tell both chains: `plurichain ibc audit {network} {peer}`"
    ),
    AlarmKind.COMMITMENT_DIFFERS: "a node or a chain does not tell the truth: ask another node",
    AlarmKind.CHANNEL_CLOSED: "`plurichain ibc link {network} {peer}` opens another",
}


def advise(
    kind: str, subject: str, network: str | None, peer_network: str | None = None
) -> str | None:
    """Return what to do about an alarm; None for a kind that a newer program wrote.

    ``network``: what the chain is called here, ``peer_network``: what the one is that the
    alarm's channel or light client leads to. None: not known.
    """
    known = next((each for each in AlarmKind if each.value == kind), None)
    if known is None:
        return None
    port, _, channel = subject.rpartition("/")
    return _ADVICE[known].format(
        channel=quote(channel),
        port="" if port in {"", "transfer"} else f" --port {quote(port)}",
        network=quote(network) if network else "NETWORK",
        peer=quote(peer_network) if peer_network else "NETWORK",
    )
