"""Names of tokens on their way: hops, unwinding, and what only looks like a hop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.errors import EncodingError
from plurichain.ibc.denom import (
    DenomPath,
    Hop,
    compute_received_denom,
    escrow_address,
    is_channel_or_client_id,
    is_returning,
    voucher_denom,
)

HOPS = st.builds(
    Hop, st.sampled_from(["transfer", "p"]), st.sampled_from(["channel-0", "channel-12"])
)
BASES = st.from_regex(r"[a-z][a-z0-9.]{2,9}", fullmatch=True)
PATHS = st.builds(DenomPath, st.lists(HOPS, max_size=3).map(tuple), BASES)


@pytest.mark.parametrize(
    ("text", "hops", "base"),
    [
        ("ueur", 0, "ueur"),
        ("", 0, ""),
        ("transfer/channel-0", 0, "transfer/channel-0"),
        ("transfer/channel-0/ueur", 1, "ueur"),
        ("transfer/channel-0/transfer/channel-1/ueur", 2, "ueur"),
        ("transfer/channel-0/gamm/pool/1", 1, "gamm/pool/1"),
        ("transfer/channel-0/factory/pluri1abc/kwh", 1, "factory/pluri1abc/kwh"),
        ("gamm/pool/1", 0, "gamm/pool/1"),
        ("factory/pluri1abc/kwh", 0, "factory/pluri1abc/kwh"),
        ("transfer/07-tendermint-3/ueur", 1, "ueur"),
        ("transfer/09-localhost/ueur", 1, "ueur"),
        ("transfer/channel-0/transfer/channel-1", 2, ""),
        ("transfer/channel-0/transfer/channel-1/", 2, ""),
        ("transfer/channel-/ueur", 0, "transfer/channel-/ueur"),
        ("transfer/channel-123456789012345678901/x", 0, "transfer/channel-123456789012345678901/x"),
        ("transfer/channel-99999999999999999999/x", 0, "transfer/channel-99999999999999999999/x"),
        ("transfer/channel-\u0660/x", 0, "transfer/channel-\u0660/x"),
        ("transfer/channel-0\n/x", 0, "transfer/channel-0\n/x"),
        ("a/b/transfer/channel-0/x", 0, "a/b/transfer/channel-0/x"),
    ],
)
def test_hops_are_taken_while_they_look_like_hops(text: str, hops: int, base: str) -> None:
    """By ibc-go's own rule; what is left, slashes included, is the base."""
    path = DenomPath.parse(text)

    assert len(path.hops) == hops
    assert path.base == base
    assert path.is_native is (hops == 0)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("channel-0", True),
        ("07-tendermint-0", True),
        ("08-wasm-18446744073709551615", True),
        ("08-wasm-18446744073709551616", False),
        ("channel-18446744073709551616", False),
        ("a-1", True),
        ("-1", False),
        ("a--1", False),
        ("ä-1", False),
        ("channel", False),
        ("09-localhost", True),
        ("10-localhost", False),
    ],
)
def test_ids_are_known_by_their_form(text: str, known: bool) -> None:
    """A name, a dash, up to twenty digits that fit 64 bits."""
    assert is_channel_or_client_id(text) is known


@given(PATHS)
def test_paths_read_as_they_were_written(path: DenomPath) -> None:
    """A path of real hops comes back."""
    assert DenomPath.parse(str(path)) == path


@given(st.text(max_size=40))
def test_every_text_is_some_path(text: str) -> None:
    """And is written as it was, but for a slash behind hops without a base."""
    path = DenomPath.parse(text)

    assert str(path) in {text, text + "/"}


def test_vouchers_and_natives() -> None:
    """A voucher is named by the hash of its path, a native token by itself."""
    assert voucher_denom(DenomPath((), "ueur")) == "ueur"
    voucher = voucher_denom(DenomPath.parse("transfer/channel-0/ueur"))
    assert voucher.startswith("ibc/")
    assert voucher == "ibc/" + voucher[4:].upper()
    assert len(voucher) == 68
    with pytest.raises(EncodingError, match="surrogate"):
        voucher_denom(DenomPath((Hop("transfer", "channel-0"),), "\ud800"))


@given(PATHS)
def test_there_and_back_is_where_it_was(path: DenomPath) -> None:
    """A token that goes out over a channel and returns over it has the name that it had."""
    there = compute_received_denom(
        path,
        source_port="transfer",
        source_channel="channel-5",
        destination_port="transfer",
        destination_channel="channel-7",
    )
    back = compute_received_denom(
        there,
        source_port="transfer",
        source_channel="channel-7",
        destination_port="transfer",
        destination_channel="channel-5",
    )

    assert there.hops[0] == Hop("transfer", "channel-7")
    assert not is_returning(path, "transfer", "channel-5")
    assert is_returning(there, "transfer", "channel-7")
    assert back == path


def test_a_token_on_a_way_of_its_own_gains_a_hop() -> None:
    """Only the channel that it came in through takes it back."""
    path = DenomPath.parse("transfer/channel-0/ueur")

    assert not is_returning(path, "transfer", "channel-1")
    assert not is_returning(path, "other", "channel-0")
    assert not is_returning(DenomPath((), "ueur"), "transfer", "channel-0")


def test_every_channel_end_has_its_own_escrow() -> None:
    """Twenty bytes of a hash that names port and channel."""
    accounts = {escrow_address(port, f"channel-{n}") for port in ("transfer", "p") for n in (0, 1)}

    assert len(accounts) == 4
    assert {len(account) for account in accounts} == {20}
