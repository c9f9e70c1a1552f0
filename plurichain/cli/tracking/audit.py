"""`plurichain ibc audit`: is money missing, and where is it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from plurichain.cli.commands import Command
from plurichain.cli.options import Seconds, output_option
from plurichain.cli.output import NDJSON, TABLE, show_note, show_record, show_rows
from plurichain.cli.tracking.audit_views import (
    show_origin,
    show_refund,
    show_saved,
    show_saved_origin,
    show_tables,
    show_token,
)
from plurichain.cli.tracking.database import database_option, open_store
from plurichain.cli.tracking.forget import note_unfollowed
from plurichain.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plurichain.tracker.store import PacketStore


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
    from plurichain.tracker.auditing.tokens import list_crossings, list_pairs, list_unpaired

    with open_store(database) as store:
        if networks:
            tokens, origins = _audit(store, networks, timeout_s)
        else:
            tokens, origins = _load(store)
        note_unfollowed(store)
        refunds = [show_refund(each) for each in list_refunds(store)]
        unpaired = list_unpaired(store)
        is_audited = bool(networks or tokens or origins)
        left = [] if is_audited else [list_crossings(store, pair) for pair in list_pairs(store)]
        for each in unpaired:
            show_note(
                f"{each.side} is not audited: {each.reason}; what is under way over it is unknown"
            )
    if output == TABLE:
        show_tables(tokens, origins, refunds, is_all=is_all)
    elif output == NDJSON:
        kinds = (("token", tokens), ("origin", origins), ("refund", refunds))
        show_rows([{"kind": kind} | row for kind, rows in kinds for row in rows], output)
    else:
        show_record({"tokens": tokens, "origins": origins, "refunds": refunds}, output)
    _fail_on_losses(tokens, origins, refunds)
    blind = sum(each.is_blind for each in unpaired)
    _fail_on_unknown(tokens, origins, blind, unaudited=sum(map(len, left)))


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
    return [show_token(each) for each in tokens], [show_origin(each) for each in origins]


def _load(store: PacketStore) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what the last audit found."""
    from plurichain.tracker.observations import Observations

    rows = Observations(store).list_conservation()
    if not rows:
        show_note("nothing was audited yet: name the networks to ask")
    else:
        age_s = (time.time_ns() - min(row.asked_ns for row in rows)) // 10**9
        show_note(f"as of {max(age_s, 0)} s ago: name networks to ask them now")
    tokens = [show_saved(row) for row in rows if row.channel]
    origins = [show_saved_origin(row) for row in rows if not row.channel]
    return tokens, origins


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
    tokens: list[dict[str, Any]], origins: list[dict[str, Any]], blind: int, *, unaudited: int
) -> None:
    """Raise CheckFailed where money may be missing and nobody could look, or did."""
    counts = {
        "equations of which nobody knows whether they hold": sum(
            row["verdict"] == "unknown" for row in (*tokens, *origins)
        ),
        "channel ends of which no token is known": blind,
    }
    found = [f"{what}: {count}" for what, count in counts.items() if count]
    if unaudited:
        raise CheckFailed(
            "; ".join(
                [f"tokens over channels of which none was ever audited: {unaudited}", *found]
            ),
            remedy="`plurichain ibc audit NETWORK NETWORK…` asks the chains now",
        )
    if found:
        raise CheckFailed(
            "; ".join(found),
            remedy="the reasons are above; `plurichain ibc health NETWORK…` asks the nodes, and a "
            "tracker that begins with older blocks (--from, another database) knows more",
        )
