"""What a chain's registrar does: issuing bodies, and which paths lead to which chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plurichain.chain.energy import messages
from plurichain.energy.fields import validate_id, validate_origin_chain, validate_printable
from plurichain.energy.path import validate_path
from plurichain.errors import NotFound, PhaseError

if TYPE_CHECKING:
    from plurichain.chain.transactions.outcome import Outcome
    from plurichain.energy.state import IssuingBody, RegisteredPath
    from plurichain.metering.account import Account

BODY_NAME_MAX = 128


def set_issuing_body(account: Account, body: IssuingBody) -> Outcome:
    """Add an issuing body, or change its name, account and state.

    Raises EnergyError and PhaseError before anything is sent, TransactionError by outcome.
    """
    validate_id(body.id, field="id")
    validate_printable(body.name, field="name", minimum=1, maximum=BODY_NAME_MAX)
    _validate_registrar(account, "set issuing bodies")
    outcome = account.send(
        [messages.set_issuing_body(account.address, body)], purpose="set issuing body"
    )
    state = "active" if body.active else "not active"
    account.tell("issuer", f"the issuing body {body.id} is {state}", tx_hash=outcome.tx_hash)
    return outcome


def register_path(account: Account, path: RegisteredPath) -> Outcome | None:
    """Say which chain vouchers over exactly this path come from; None if that stands already.

    Raises EnergyError and PhaseError before anything is sent, TransactionError by outcome.
    """
    validate_path(path.path)
    validate_origin_chain(path.origin_chain)
    _validate_registrar(account, "register paths")
    for standing in account.queries.list_paths():
        if standing == path:
            account.tell("path", f"{path.path} is registered for {path.origin_chain} already")
            return None
        if standing.path == path.path:
            raise PhaseError(
                f"{path.path} is registered for {standing.origin_chain}",
                remedy=f"`plurichain energy path remove {path.path}` first",
            )
    outcome = account.send([messages.register_path(account.address, path)], purpose="register path")
    text = f"vouchers over {path.path} are taken for those of {path.origin_chain}"
    account.tell("path", text, tx_hash=outcome.tx_hash)
    return outcome


def remove_path(account: Account, path: str) -> Outcome:
    """Take back what was said of a path. Raises as register_path, NotFound among it."""
    validate_path(path)
    _validate_registrar(account, "remove paths")
    if all(standing.path != path for standing in account.queries.list_paths()):
        raise NotFound(
            f"the path {path} is not registered",
            remedy="`plurichain energy path list` shows all",
        )
    outcome = account.send([messages.remove_path(account.address, path)], purpose="remove path")
    account.tell("path", f"the path {path} is no longer registered", tx_hash=outcome.tx_hash)
    return outcome


def _validate_registrar(account: Account, action: str) -> None:
    registrar = account.queries.get_params().registrar
    account.validate_right(registrar, whose="registrar", action=action)
