"""`plurichain ibc audit`: is money missing, and where is it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import Seconds, output_option
from plurichain.cli.output import NDJSON, TABLE, show_note, show_record, show_rows, show_text
from plurichain.cli.tracking.database import database_option, open_store
from plurichain.cli.tracking.forget import note_unfollowed
from plurichain.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.tracker.auditing.conservation import OriginAudit, TokenAudit
    from plurichain.tracker.auditing.refunds import RefundCheck
    from plurichain.tracker.observations import ConservationRow
    from plurichain.tracker.store import PacketStore

TERMS = ("escrow", "supply", "retired", "in_flight", "returning", "refunds_due", "difference")


@click.command(
    "audit",
    cls=Command,
    example="plurichain ibc audit localnet-a localnet-b\n"
    "plurichain ibc audit localnet-a localnet-b --all --output json\n"
    "plurichain ibc audit",
)
@click.argument("networks", nargs=-1, metavar="[NETWORK…]")
@click.option("--all", "is_all", is_flag=True, help="Also tokens where nothing is under way.")
@click.option(
    "--timeout",
    "timeout_s",
    metavar="SECONDS",
    type=Seconds(min=0, min_open=True, max=3600),
    default=10.0,
    show_default=True,
    help="How long one call to a node may take.",
)
@database_option
@output_option()
def audit(
    networks: tuple[str, ...], is_all: bool, timeout_s: float, database: Any, output: str
) -> None:
    """Hold the money of every token against what the packets say; exit with 6 if some is missing.

    It also ends with 6 where some of it could not be audited: unknown is not well.

    For every token over every channel that `plurichain ibc track` knows: what the escrow
    account holds = vouchers on the other chain + retired there + in flight + returning +
    refunds due. The networks are asked now, both chains at heights that are one moment of
    both, so traffic may go on. For credits, issued = supply + retired where they were issued.
    Every packet that timed out or was refused is checked for its refund. Without networks:
    what the last audit found. A term that is not known makes a token unknown, never broken;
    blocks that were not read matter while a packet that was sent in them is under way.
    """
    from plurichain.tracker.auditing.refunds import list_refunds
    from plurichain.tracker.auditing.tokens import list_unpaired

    with open_store(database) as store:
        if networks:
            tokens, origins = _audit(store, networks, timeout_s)
        else:
            tokens, origins = _load(store)
        note_unfollowed(store)
        refunds = [_show_refund(each) for each in list_refunds(store)]
        unpaired = list_unpaired(store)
        for each in unpaired:
            show_note(
                f"{each.side} is not audited: {each.reason}; what is under way over it is unknown"
            )
    if output == TABLE:
        _show_tables(tokens, origins, refunds, is_all=is_all)
    elif output == NDJSON:
        kinds = (("token", tokens), ("origin", origins), ("refund", refunds))
        show_rows([{"kind": kind} | row for kind, rows in kinds for row in rows], output)
    else:
        show_record({"tokens": tokens, "origins": origins, "refunds": refunds}, output)
    _fail_on_losses(tokens, origins, refunds)
    _fail_on_unknown(tokens, origins, sum(each.is_blind for each in unpaired))


def _audit(
    store: PacketStore, networks: Sequence[str], timeout_s: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    from plurichain.cli.tracking.following import opened_clients
    from plurichain.tracker.auditing.chain_state import LiveState
    from plurichain.tracker.auditing.conservation import audit_origins, audit_tokens
    from plurichain.tracker.auditing.saving import save_audits

    with opened_clients(list(dict.fromkeys(networks)), timeout_s) as clients:
        states = {client.network.chain_id: LiveState(client) for client in clients}
        asked_ns = time.time_ns()
        tokens = audit_tokens(store, states)
        origins = list(audit_origins(states, report=show_note))
    save_audits(store, tokens, origins, asked_ns=asked_ns)
    return [_show_token(each) for each in tokens], [_show_origin(each) for each in origins]


def _load(store: PacketStore) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what the last audit found."""
    from plurichain.tracker.observations import Observations

    rows = Observations(store).list_conservation()
    if not rows:
        show_note("nothing was audited yet: name the networks to ask")
    else:
        age_s = (time.time_ns() - min(row.asked_ns for row in rows)) // 10**9
        show_note(f"as of {max(age_s, 0)} s ago: name networks to ask them now")
    tokens = [_show_saved(row) for row in rows if row.channel]
    origins = [_show_saved_origin(row) for row in rows if not row.channel]
    return tokens, origins


def _show_token(audit: TokenAudit) -> dict[str, Any]:
    from plurichain.tracker.reading import clean_text

    crossing, balance = audit.crossing, audit.balance
    values: tuple[int, ...] | tuple[None, ...] = (None,) * len(TERMS)
    if balance is not None:
        values = (
            balance.escrow,
            balance.counterparty_supply,
            balance.counterparty_retired,
            balance.in_flight,
            balance.returning,
            balance.refunds_due,
            balance.difference,
        )
    owner, peer = crossing.owner, crossing.peer
    return {
        "chain_id": owner.chain_id,
        "channel": f"{owner.port}/{owner.channel}",
        "token": clean_text(str(crossing.path)),
        "denom": clean_text(crossing.denom),
        "height": audit.height,
        "other_chain": peer.chain_id,
        "other_height": audit.peer_height,
        **{name: _text(value) for name, value in zip(TERMS, values, strict=True)},
        "verdict": audit.verdict.value,
        "reason": clean_text(audit.reason),
    }


def _show_saved(row: ConservationRow) -> dict[str, Any]:
    values = (
        row.escrow,
        row.supply,
        row.retired,
        row.in_flight,
        row.returning_amount,
        row.refunds_due,
        row.difference,
    )
    return {
        "chain_id": row.chain_id,
        "channel": f"{row.port}/{row.channel}",
        "token": row.denom,
        "denom": row.denom,
        "height": row.height,
        "other_chain": row.peer_chain_id,
        "other_height": row.peer_height,
        **{name: _text(value) for name, value in zip(TERMS, values, strict=True)},
        "verdict": row.verdict,
        "reason": "",
    }


def _show_origin(audit: OriginAudit) -> dict[str, Any]:
    balance = audit.balance
    return {
        "chain_id": audit.chain_id,
        "denom": audit.denom,
        "height": audit.height,
        "issued": str(balance.issued),
        "supply": str(balance.supply),
        "retired": str(balance.retired),
        "difference": str(balance.difference),
        "verdict": audit.verdict.value,
    }


def _show_saved_origin(row: ConservationRow) -> dict[str, Any]:
    parts = (row.supply, row.retired, row.difference)
    known = [part for part in parts if part is not None]
    return {
        "chain_id": row.chain_id,
        "denom": row.denom,
        "height": row.height,
        "issued": str(sum(known)) if len(known) == len(parts) else None,
        "supply": _text(row.supply),
        "retired": _text(row.retired),
        "difference": _text(row.difference),
        "verdict": row.verdict,
    }


def _show_refund(check: RefundCheck) -> dict[str, Any]:
    key = check.key
    return {
        "chain_id": key.chain_id,
        "channel": f"{key.port}/{key.channel}",
        "sequence": str(key.sequence),
        "ended": check.end,
        "height": check.height,
        "amount": _text(check.amount),
        "denom": check.denom,
        "returned": check.returned,
        "verdict": check.verdict.value,
    }


def _show_tables(
    tokens: list[dict[str, Any]],
    origins: list[dict[str, Any]],
    refunds: list[dict[str, Any]],
    *,
    is_all: bool,
) -> None:
    """Print what a person has to see: whatever does not hold, and what is under way."""
    hidden = ("denom",)
    moving = [row for row in tokens if is_all or _is_notable(row)]
    show_rows(
        [{name: value for name, value in row.items() if name not in hidden} for row in moving],
        TABLE,
        empty="no token is under way",
    )
    for title, rows in (("credits where they were issued", origins), ("refunds", refunds)):
        chosen = [row for row in rows if is_all or row["verdict"] not in {"holds", "paid"}]
        if chosen:
            show_text(f"\n{title}:")
            show_rows(chosen, TABLE)
    for text in (
        _count(tokens, "tokens over channels", "holds"),
        _count(origins, "credits on the chain that issued them", "holds"),
        _count(refunds, "packets that failed", "paid"),
    ):
        show_note(text)


def _is_notable(row: dict[str, Any]) -> bool:
    quiet = ("in_flight", "returning", "refunds_due", "difference")
    return row["verdict"] != "holds" or any(row[name] != "0" for name in quiet)


def _count(rows: list[dict[str, Any]], what: str, good: str) -> str:
    words = {"holds": "hold", "paid": "were paid back"}
    verdicts = [row["verdict"] for row in rows]
    rest = [f"{verdicts.count(each)} {each}" for each in sorted(set(verdicts) - {good})]
    return f"{what}: " + ", ".join(
        [str(len(rows)), f"of which {verdicts.count(good)} {words[good]}", *rest]
    )


def _fail_on_losses(
    tokens: list[dict[str, Any]], origins: list[dict[str, Any]], refunds: list[dict[str, Any]]
) -> None:
    broken = [row for row in (*tokens, *origins) if row["verdict"] == "broken"]
    missing = [row for row in refunds if row["verdict"] in {"missing", "short"}]
    found = [f"equations of money that do not hold: {len(broken)}"] if broken else []
    found += [f"refunds that are missing or short: {len(missing)}"] if missing else []
    if found:
        raise CheckFailed(
            "; ".join(found), remedy="`plurichain ibc audit --all --output json` has every term"
        )


def _fail_on_unknown(
    tokens: list[dict[str, Any]], origins: list[dict[str, Any]], blind: int
) -> None:
    """Raise CheckFailed where money may be missing and nobody could look."""
    unknown = [row for row in (*tokens, *origins) if row["verdict"] == "unknown"]
    found = [f"equations of which nobody knows whether they hold: {len(unknown)}"]
    ends = [f"channel ends of which no token is known: {blind}"]
    found = (found if unknown else []) + (ends if blind else [])
    if found:
        raise CheckFailed(
            "; ".join(found),
            remedy="the reasons are above; `plurichain ibc health NETWORK…` asks the nodes, and a "
            "tracker that begins with older blocks (--from, another database) knows more",
        )


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
