"""`bid seal --offline`: a commitment from files alone, without a node or a chain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from plurichain.cli.files import parse_bid_file, read_input, read_terms
from plurichain.cli.output import show_note, show_record
from plurichain.errors import ConfigError

if TYPE_CHECKING:
    from plurichain.auction.bid import Bid
    from plurichain.identifiers import Address

_SALT = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class OfflineRequest:
    """What `bid seal --offline` was called with."""

    terms: str
    auction_id: int
    chain_id: str
    bidder: str
    bid: str
    salt: str | None
    key: str | None
    network: str | None
    passphrase_file: str | None
    output: str


def seal_offline(request: OfflineRequest) -> None:
    """Seal a bid by a given salt (for test vectors), or by a key into the vault."""
    from plurichain.auction.admissibility import validate_bid
    from plurichain.auction.bid import encode_bid
    from plurichain.auction.commitment import compute_bid_commitment, compute_terms_hash
    from plurichain.identifiers import Address, validate_chain_id

    salt = _parse_salt(request.salt) if request.salt is not None else None
    validate_chain_id(request.chain_id, field="--chain-id")
    bidder = Address.parse(request.bidder, field="--bidder")
    terms = read_terms(request.terms)
    file = read_input(request.bid)
    bid = parse_bid_file(file, names=(str(bidder),), side=terms.side)
    validate_bid(bid, terms)
    terms_hash = compute_terms_hash(terms)
    if salt is None:
        commitment = _seal_by_key(request, bidder, bid, terms_hash, file.digest)
    else:
        show_note(
            "warning: --salt is for test vectors; nothing is written to a vault, so this "
            "commitment can only be opened with the salt that you keep yourself"
        )
        commitment = compute_bid_commitment(
            chain_id=request.chain_id,
            auction_id=request.auction_id,
            bidder=bidder.raw,
            terms_hash=terms_hash,
            bid_bytes=encode_bid(bid),
            salt=salt,
        )
    fields = {
        "bid_bytes": encode_bid(bid).hex(),
        "terms_hash": terms_hash.hex(),
        "bid_commitment": commitment.hex(),
    }
    show_record(fields, request.output)


def _parse_salt(text: str) -> bytes:
    """Return the salt; an error must not repeat what was typed."""
    if _SALT.fullmatch(text) is None:
        raise click.UsageError("--salt: not 64 hex digits (32 bytes)")
    return bytes.fromhex(text)


def _seal_by_key(
    request: OfflineRequest, bidder: Address, bid: Bid, terms_hash: bytes, digest: bytes
) -> bytes:
    """Seal with the salt of a key as the next attempt; the opening goes to the vault."""
    from plurichain.auction.bid import encode_bid
    from plurichain.bidding.opening import compute_opening
    from plurichain.cli.session import open_offline_vault

    if request.key is None:
        raise ConfigError(
            "a salt comes from a key: none was named",
            remedy="name a key with --key (`plurichain keys add NAME` makes one), or give a "
            "test vector's --salt",
        )
    with (
        open_offline_vault(
            network=request.network,
            key=request.key,
            passphrase_file=request.passphrase_file,
            chain_id=request.chain_id,
        ) as (key, vault),
        vault.locked(),
    ):
        if key.address.raw != bidder.raw:
            raise ConfigError(
                f"--bidder is {bidder}, but the key {key.name} has the address {key.address}",
                remedy="give the address of that key",
            )
        newest = vault.get_newest_attempt(request.chain_id, request.auction_id, bidder.raw)
        opening = compute_opening(
            key,
            chain_id=request.chain_id,
            auction_id=request.auction_id,
            attempt=newest + 1,
            terms_hash=terms_hash,
            bid_bytes=encode_bid(bid),
            bid_file_digest=digest,
            sealed_at_ns=0,
        )
        vault.store(opening)
        show_note(f"sealed as attempt {opening.attempt}; the opening is in the vault")
    return opening.bid_commitment
