"""Messages of authz and feegrant: acting, and paying fees, for somebody else.

With authz the grantee signs a MsgExec around messages of the granter; with feegrant
the granter's account pays (``TxSender(fee_granter=…)``) and signs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from plurichain.chain import protos
from plurichain.chain.convert import make_coin_messages, make_timestamp
from plurichain.chain.transactions.messages import Message
from plurichain.errors import UsageError

if TYPE_CHECKING:
    from plurichain.identifiers import Address
    from plurichain.units import Coin


def authz_exec(grantee: Address, messages: Sequence[Message]) -> Message:
    """Have ``grantee`` carry out ``messages``, whose signers have authorized it to.

    What the messages spend is not the grantee's. Raises UsageError without a message.
    """
    if not messages:
        raise UsageError("messages: authz_exec needs at least one")
    inner = [_pack(message.type_url, message.value) for message in messages]
    return _wrap(protos.authz_tx.MsgExec(grantee=str(grantee), msgs=inner), grantee)


def authz_grant(
    granter: Address, grantee: Address, type_url: str, *, expires_at_ns: int | None = None
) -> Message:
    """Authorize ``grantee`` to send messages of ``type_url`` for ``granter``.

    ``expires_at_ns`` is a block time in Unix nanoseconds; None is for good. Raises
    UsageError for a type URL without its slash, and for a grant to oneself.
    """
    _validate_parties(granter, grantee)
    if not type_url.startswith("/") or len(type_url) < 2:
        raise UsageError(f"type_url: {type_url!r} does not begin with a slash and a name")
    generic = protos.authz.GenericAuthorization(msg=type_url)
    grant = protos.authz.Grant(authorization=_pack_message(generic))
    if expires_at_ns is not None:
        grant.expiration.CopyFrom(make_timestamp(expires_at_ns))
    return _wrap(
        protos.authz_tx.MsgGrant(granter=str(granter), grantee=str(grantee), grant=grant), granter
    )


def authz_revoke(granter: Address, grantee: Address, type_url: str) -> Message:
    """Take back what ``authz_grant`` gave."""
    return _wrap(
        protos.authz_tx.MsgRevoke(
            granter=str(granter), grantee=str(grantee), msg_type_url=type_url
        ),
        granter,
    )


def grant_fees(
    granter: Address,
    grantee: Address,
    *,
    limit: Iterable[Coin] = (),
    expires_at_ns: int | None = None,
) -> Message:
    """Allow ``grantee`` fees from ``granter``'s account, up to ``limit`` in all (none: any).

    ``expires_at_ns`` is a block time in Unix nanoseconds. Raises UsageError for a grant
    to oneself.
    """
    _validate_parties(granter, grantee)
    allowance = protos.feegrant.BasicAllowance(spend_limit=make_coin_messages(limit))
    if expires_at_ns is not None:
        allowance.expiration.CopyFrom(make_timestamp(expires_at_ns))
    return _wrap(
        protos.feegrant_tx.MsgGrantAllowance(
            granter=str(granter), grantee=str(grantee), allowance=_pack_message(allowance)
        ),
        granter,
    )


def revoke_fees(granter: Address, grantee: Address) -> Message:
    """Take back what ``grant_fees`` gave."""
    return _wrap(
        protos.feegrant_tx.MsgRevokeAllowance(granter=str(granter), grantee=str(grantee)), granter
    )


def _validate_parties(granter: Address, grantee: Address) -> None:
    if granter == grantee:
        raise UsageError(f"grantee: {grantee} is the granter too")


def _wrap(message: Any, signer: Address) -> Message:
    return Message(_name(message), message.SerializeToString(), signer)


def _pack_message(message: Any) -> Any:
    return _pack(_name(message), message.SerializeToString())


def _pack(type_url: str, value: bytes) -> Any:
    return protos.any_message.Any(type_url=type_url, value=value)


def _name(message: Any) -> str:
    return f"/{message.DESCRIPTOR.full_name}"
