"""What `plurichain ibc audit` shows: equations and refunds as records, and as tables of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plurichain.cli.output import TABLE, show_note, show_rows, show_text

if TYPE_CHECKING:
    from plurichain.tracker.auditing.conservation import OriginAudit, TokenAudit
    from plurichain.tracker.auditing.refunds import RefundCheck
    from plurichain.tracker.observations import ConservationRow

TERMS = ("escrow", "supply", "retired", "in_flight", "returning", "refunds_due", "difference")


def show_token(audit: TokenAudit) -> dict[str, Any]:
    """Return one equation of a token; amounts as decimal strings, None: not known."""
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


def show_saved(row: ConservationRow) -> dict[str, Any]:
    """Return one equation of a token as the last audit kept it."""
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


def show_origin(audit: OriginAudit) -> dict[str, Any]:
    """Return what became of a credit on the chain that issued it."""
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


def show_saved_origin(row: ConservationRow) -> dict[str, Any]:
    """Return what became of a credit as the last audit kept it."""
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


def show_refund(check: RefundCheck) -> dict[str, Any]:
    """Return whether a packet that failed was paid back."""
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


def show_tables(
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


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
