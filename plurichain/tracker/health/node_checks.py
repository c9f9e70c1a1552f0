"""One node: does it serve, and does it keep and take what relaying and tracking need?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from plurichain.chain.nodes.node_facts import get_node_build, get_node_settings, has_tx_index
from plurichain.chain.nodes.staking import get_historical_entries
from plurichain.config.network import format_gas_price
from plurichain.errors import (
    ChainReset,
    ConfigError,
    HeightPruned,
    ModuleMissing,
    NodeError,
    NotFound,
    PlurichainError,
    WrongChain,
)
from plurichain.tracker.health.findings import Finding, Subject
from plurichain.tracker.health.versions import KNOWN_GOOD
from plurichain.units import format_duration

if TYPE_CHECKING:
    from fractions import Fraction

    from plurichain.chain.nodes.client import ChainClient
    from plurichain.chain.types import NodeStatus
    from plurichain.tracker.store import Cursor

SECOND_NS: Final = 1_000_000_000
MOST_BLOCK_AGE_NS: Final = 60 * SECOND_NS
_ANSWERS: Final = "its RPC and gRPC answer, for the chain that the network names"
_USE_ANOTHER: Final = "use another node, or another version of plurichain if there is one"


def check_node(
    client: ChainClient, cursor: Cursor | None, now_ns: int
) -> tuple[NodeStatus | None, list[Finding]]:
    """Return what a node says of itself, None if it does not serve, and what was found.

    ``client`` is of this one node, ``cursor`` how far the tracker has read the chain,
    ``now_ns`` the local clock. Raises nothing that a node can bring about.
    """
    subject = Subject(client.network.name, client.endpoint.rpc)
    try:
        status = client.check()
    except PlurichainError as error:
        return None, [_judge_silence(subject, error)]
    found = [
        subject.judge("reachable", "yes", rule=_ANSWERS, is_met=True),
        *_check_sync(subject, client, status, now_ns),
        _check_first_block(subject, status, cursor),
    ]
    if status.catching_up:
        return status, found
    for check in (_check_results, _check_index, _check_history, _check_gas, _check_versions):
        found += _ask(subject, check, client, status)
    return status, found


def _judge_silence(subject: Subject, error: PlurichainError) -> Finding:
    remedy = error.remedy or "check the network's endpoints"
    if isinstance(error, ChainReset):
        rule = "its blocks are those that were seen before"
        return subject.judge("history", error.cause, rule=rule, is_met=False, remedy=remedy)
    if isinstance(error, WrongChain):
        rule = "the chain id is that of the network"
        return subject.judge("chain_id", error.cause, rule=rule, is_met=False, remedy=remedy)
    return subject.judge("reachable", error.cause, rule=_ANSWERS, is_met=False, remedy=remedy)


def _ask(
    subject: Subject,
    check: Callable[[Subject, ChainClient, NodeStatus], list[Finding]],
    client: ChainClient,
    status: NodeStatus,
) -> list[Finding]:
    try:
        return check(subject, client, status)
    except PlurichainError as error:
        field = check.__name__.removeprefix("_check_")
        remedy = error.remedy or "ask again, or use another node"
        return [subject.give_up(field, error.cause, rule="it can be asked", remedy=remedy)]


def _check_sync(
    subject: Subject, client: ChainClient, status: NodeStatus, now_ns: int
) -> list[Finding]:
    age_ns = now_ns - status.time_ns
    skew_ns = client.network.max_clock_skew_s * SECOND_NS
    # Whole seconds: a clock and a block differ by more than less.
    shown = format_duration(max(age_ns, 0) // SECOND_NS * SECOND_NS)
    found = [
        subject.judge("chain_id", status.chain_id, rule="that of the network", is_met=True),
        subject.judge(
            "synced",
            "no" if status.catching_up else "yes",
            rule="it has all blocks of its chain",
            is_met=not status.catching_up,
            remedy="wait until it has caught up; until then name another node",
        ),
        subject.judge(
            "block_age",
            f"{shown} (block {status.height})",
            rule=f"at most {format_duration(MOST_BLOCK_AGE_NS)} by this machine's clock",
            is_met=age_ns <= MOST_BLOCK_AGE_NS,
            remedy="the chain stands still, the node lags, or this machine's clock is ahead: "
            "compare with another node",
        ),
    ]
    if age_ns < -skew_ns:
        ahead = format_duration(-age_ns // SECOND_NS * SECOND_NS)
        remedy = "set this machine's clock; what is shown of packets is by block time all the same"
        rule = f"within {format_duration(skew_ns)} of the newest block"
        found.append(
            subject.judge("clock", f"{ahead} behind", rule=rule, is_met=False, remedy=remedy)
        )
    return found


def _check_first_block(subject: Subject, status: NodeStatus, cursor: Cursor | None) -> Finding:
    first = status.first_height
    if cursor is None or not first:
        return subject.note(
            "first_block", first or "not told", rule="what older blocks told is gone"
        )
    wanted = cursor.height + 1
    return subject.judge(
        "first_block",
        first,
        rule=f"not after block {wanted}, with which tracking goes on",
        is_met=first <= wanted,
        remedy=f"name a node that has block {wanted}, or track on: the blocks between are shown "
        "as a gap, and their packets as unknown",
    )


def _check_results(subject: Subject, client: ChainClient, status: NodeStatus) -> list[Finding]:
    rule = f"what block {status.height} came to can be read"
    try:
        client.get_block_results(status.height)
    except HeightPruned as error:
        return [
            subject.judge(
                "block_results",
                error.cause,
                rule=rule,
                is_met=False,
                remedy="set discard_abci_responses = false under [storage] in its config.toml, "
                "and start it again; packets of blocks without results are lost to the tracker",
            )
        ]
    return [subject.judge("block_results", "readable", rule=rule, is_met=True)]


def _check_index(subject: Subject, client: ChainClient, _status: NodeStatus) -> list[Finding]:
    told = has_tx_index(client)
    value = {True: "on", False: "off", None: "not told"}[told]
    return [subject.note("tx_index", value, rule="not needed: packets are read from blocks")]


def _check_history(subject: Subject, client: ChainClient, _status: NodeStatus) -> list[Finding]:
    try:
        entries = get_historical_entries(client)
    except ModuleMissing:  # as on chains whose validators are another chain's
        rule = "above 0, where the chain has staking of its own"
        return [subject.note("historical_entries", "not told", rule=rule)]
    return [
        subject.judge(
            "historical_entries",
            entries,
            rule="above 0, or no connection to this chain can be opened",
            is_met=entries > 0,
            remedy="the chain's governance has to raise it (parameters of staking)",
        )
    ]


def _check_gas(subject: Subject, client: ChainClient, _status: NodeStatus) -> list[Finding]:
    network = client.network
    ours = f"{format_gas_price(network.gas_price)}{network.fee_denom}"
    try:
        settings = get_node_settings(client)
    except (NotFound, ModuleMissing):
        return [subject.note("gas_price", ours, rule="the node does not tell its least price")]
    prices = settings.gas_prices
    least = prices.get(network.fee_denom)
    if not prices or (least is not None and least <= network.gas_price):
        told = "any price" if least is None else f"at least {_show_price(least)}"
        rule = f"the node takes {told} of {network.fee_denom}"
        return [subject.judge("gas_price", ours, rule=rule, is_met=True)]
    if least is None:
        rule = f"the node takes {', '.join(sorted(prices))} for fees"
        remedy = f"name one of these as fee_denom of {network.name} in config.toml"
    else:
        rule = f"at least the node's {_show_price(least)}{network.fee_denom}"
        remedy = f"plurichain network set {network.name} --gas-price {_show_price(least)}"
    return [subject.judge("gas_price", ours, rule=rule, is_met=False, remedy=remedy)]


def _show_price(price: Fraction) -> str:
    try:
        return format_gas_price(price)
    except ConfigError:
        return str(price)


def _check_versions(subject: Subject, client: ChainClient, _status: NodeStatus) -> list[Finding]:
    try:
        build = get_node_build(client)
    except NodeError as error:
        return [subject.note("versions", error.cause, rule="the node tells what it is built of")]
    found = []
    for part in KNOWN_GOOD:
        version = part.find(build)
        if version is not None and part.is_known(version):
            found.append(subject.judge(part.name, version, rule=part.rule, is_met=True))
        else:
            told = version or "not told"
            found.append(subject.note(part.name, told, rule=part.rule, remedy=_USE_ANOTHER))
    return found
