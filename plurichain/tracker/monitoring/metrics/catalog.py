"""Every metric: its name, what it means, its labels, and how what is folded adds up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

PREFIX: Final = "plurichain_ibc_"


class Kind(Enum):
    """Types of Prometheus."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


class Fold(Enum):
    """What becomes of several figures that share their labels.

    A sum with an unknown part is what is known of it, if that is anything, as every count
    is; else it is unknown and never 0. Of the others, what is known is shown.
    """

    SUM = "sum"
    MOST = "most"
    LEAST = "least"


@dataclass(frozen=True, slots=True)
class Spec:
    """One metric; ``name`` without the prefix, counters with ``_total``."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    kind: Kind = Kind.GAUGE
    fold: Fold = Fold.SUM

    @property
    def full_name(self) -> str:
        """The name that is exposed."""
        return PREFIX + self.name


_CHAIN: Final = ("chain",)
_CHANNEL: Final = ("chain", "port", "channel", "counterparty")
_CLIENT: Final = ("chain", "client", "counterparty")
_WALLET: Final = ("chain", "wallet")
_MOST, _LEAST = Fold.MOST, Fold.LEAST

SPECS: Final = (
    # The exporter itself.
    Spec("build_info", "Version of plurichain; always 1.", ("version",)),
    Spec(
        "snapshot_age_seconds",
        "How long ago the database was read for what is shown, by the local clock. "
        "NaN: never yet.",
    ),
    Spec("snapshot_duration_seconds", "How long the last reading of the database took."),
    Spec(
        "snapshot_failing",
        "1 if the last attempt to read the database failed, or is still waiting after "
        "ten seconds: what is shown is old then.",
    ),
    Spec(
        "snapshot_failures_total",
        "Attempts to read the database that failed.",
        kind=Kind.COUNTER,
    ),
    Spec(
        "folded",
        'How many things of a kind are shown together as "other", because there are too many.',
        ("what",),
    ),
    # Chains.
    Spec("chain_height", "Last block that was read.", _CHAIN, fold=_MOST),
    Spec("chain_time_seconds", "Block time of the last block that was read, Unix.", _CHAIN,
         fold=_LEAST),
    Spec("chain_head_height", "Newest block that a node told of.", _CHAIN, fold=_MOST),
    Spec("chain_lag_blocks", "Blocks that a node has and that were not read yet.", _CHAIN,
         fold=_MOST),
    Spec("chain_lag_seconds", "Block time between the last block read and the node's newest.",
         _CHAIN, fold=_MOST),
    Spec(
        "chain_block_age_seconds",
        "Age of the node's newest block when the node last answered, by the local clock: "
        "high where the chain, or the node, stands still; below 0 where a clock is wrong.",
        _CHAIN, fold=_MOST,
    ),
    Spec("chain_catching_up", "1 if the node says that it is catching up.", _CHAIN, fold=_MOST),
    Spec(
        "chain_contact",
        "How far what a chain's node says is to be relied on: 1 for the state that it is in "
        "(fresh, stale, failing, never; unfollowed: forgotten on purpose, and without any other "
        "figure).",
        (*_CHAIN, "state"),
    ),
    Spec("chain_contact_age_seconds", "How long ago a node of the chain last answered, by the "
         "local clock.", _CHAIN, fold=_MOST),
    Spec("coverage_first_height", "First block that tracking began with.", _CHAIN, fold=_LEAST),
    Spec("coverage_gaps", "Ranges of blocks that could not be read.", _CHAIN),
    Spec("coverage_missing_blocks", "Blocks that could not be read.", _CHAIN),
    Spec("oddities_total", "Events that could not be read or had no place in a packet's life.",
         _CHAIN, kind=Kind.COUNTER),
    Spec("commitment_checks", "Packets compared with the chain's state, by verdict.",
         (*_CHAIN, "verdict")),
    # Channels: what an end sent.
    Spec(
        "packets",
        "Packets by where they are in their life. NaN: not known, because blocks that may tell "
        "were not read; never 0 for what is not known.",
        (*_CHANNEL, "class"),
    ),
    Spec(
        "oldest_seconds",
        "Age of the oldest packet of each open class, by block time; 0 if there is none.",
        (*_CHANNEL, "class"), fold=_MOST,
    ),
    Spec("overdue_packets", "Packets that should have gone on, by block time, by kind of alarm, "
         "as of the last blocks that were read; of several channels together, of those that are "
         "current.", (*_CHANNEL, "kind")),
    Spec("unaged_packets", "Open packets whose age is not known.", _CHANNEL),
    Spec("unread_commitments", "Packets in the chain's state that were seen in no block.",
         _CHANNEL),
    Spec("state_commitments", "Packets in the chain's state that are not settled.", _CHANNEL),
    Spec("channel_open", "1 if the chain says that the channel end is open.", _CHANNEL,
         fold=_LEAST),
    Spec("channel_complete", "1 if all blocks of both chains were read that may tell of the "
         "channel's packets.", _CHANNEL, fold=_LEAST),
    Spec("channel_current", "1 if nodes of both chains answer and were read up to their heads.",
         _CHANNEL, fold=_LEAST),
    Spec("receive_latency_seconds", "From sending to receiving, by block time; not below 0.",
         _CHANNEL, kind=Kind.HISTOGRAM),
    Spec("settle_latency_seconds", "From sending to the acknowledgement's return, by block time.",
         _CHANNEL, kind=Kind.HISTOGRAM),
    # Clients and wallets.
    Spec("client_expiry_seconds", "What is left until a light client expires, by the time of "
         "the chain that holds it; below 0: expired.", _CLIENT, fold=_LEAST),
    Spec("client_trusting_period_seconds", "How long the client trusts a header.", _CLIENT,
         fold=_LEAST),
    Spec("client_active", "1 if the chain says that the client is active.", _CLIENT, fold=_LEAST),
    Spec("client_contact", "How fresh what is said of the client is: 1 for its state (fresh, "
         "stale, failing, never).", (*_CLIENT, "state")),
    Spec("wallet_balance", "What a relayer's account holds, in the smallest unit.", _WALLET,
         fold=_LEAST),
    Spec("wallet_least_balance", "What it should hold at least.", _WALLET, fold=_LEAST),
    Spec("wallet_contact", "How fresh the balance is: 1 for its state (fresh, stale, failing, "
         "never).", (*_WALLET, "state")),
    # Relayers.
    Spec(
        "relayed_total",
        "Packet messages that were brought to a chain: effected, or redundant since somebody "
        'had been faster. Signers without a given name are "other".',
        (*_CHAIN, "relayer", "kind", "result"), kind=Kind.COUNTER,
    ),
    Spec("relayed_inferred_total", "How many of them were judged by the packet's state, because "
         "the chain told no result.", (*_CHAIN, "relayer"), kind=Kind.COUNTER),
    Spec("failed_transactions_total", "Transactions about packets that failed.",
         (*_CHAIN, "relayer"), kind=Kind.COUNTER),
    # Money and alarms.
    Spec("conservation_tokens", "Tokens of a channel end by the last audit's verdict (holds, "
         "broken, unknown).", (*_CHANNEL, "verdict")),
    Spec("conservation_difference", "The greatest difference of any token between escrow and "
         "what stands for it, in the smallest unit; 0: all of them add up.", _CHANNEL, fold=_MOST),
    Spec("conservation_age_seconds", "How long ago the channel, from both of its ends, was last "
         "audited, by the local clock.", _CHANNEL, fold=_MOST),
    Spec(
        "alarms",
        "Alarms that stand, by kind. NaN: none known, and the chain's figures are not fresh.",
        (*_CHAIN, "kind"),
    ),
    Spec("alarm_age_seconds", "How long the oldest alarm of a kind has stood, by block time; "
         "of a node's silence, halt or lag by the local clock.",
         (*_CHAIN, "kind"), fold=_MOST),
)  # fmt: skip
"""All that is exposed, in the order of the page; the documentation is made of it."""

BY_NAME: Final = {spec.name: spec for spec in SPECS}
