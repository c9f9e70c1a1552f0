"""Headers that can be trusted, because each leads to the block that the tracker read last.

The header of that block must hash to what was read, its validators must have signed it, and
it must follow from the one that was trusted before by the rules of a light client
(``plurichain.lightclient``). Headers below are trusted by their hashes alone, each named by
the one above. What is trusted first is the block that was read: whoever lied to the tracker
from its first block on, with all signatures, is believed.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, Final

from plurichain.chain.nodes.staking import get_unbonding_period_ns
from plurichain.errors import BadReply, HeightPruned, NotFound, ProofError
from plurichain.lightclient.bisection import plan_updates
from plurichain.lightclient.rpc_json import parse_header
from plurichain.lightclient.verify import TrustRules, make_trusted_state

if TYPE_CHECKING:
    from plurichain.lightclient.header import Header, SignedHeader
    from plurichain.tracker.observing.watched import WatchedChain
    from plurichain.tracker.store import Cursor

HEADERS_AT_ONCE: Final = 20
"""So many headers CometBFT shows in one answer."""
MOST_ROOTS: Final = 4_096
LEAST_TOP: Final = 2


class HeaderLine:
    """A line of headers from the newest trusted one down. Used by one thread."""

    def __init__(self, chain: WatchedChain) -> None:
        self._chain = chain
        self._trusted: SignedHeader | None = None
        self._top: Header | None = None
        self._lowest: Header | None = None
        self._roots: dict[int, bytes] = {}
        self._rules: TrustRules | None = None
        self._floor = 1

    def get_root(self, height: int) -> bytes | None:
        """Return the app hash in the header ``height``, None if that is not trusted (yet)."""
        return self._roots.get(height)

    @property
    def lowest(self) -> int | None:
        """The least height of the line."""
        return None if self._lowest is None else self._lowest.height

    def advance(self, cursor: Cursor, wanted: Container[int], *, down_to: int, most: int) -> None:
        """Bring the line up to the block that was read last, and down towards ``down_to``.

        Keeps the roots of the ``wanted`` heights. At most ``most`` headers are read. Raises
        ProofError for a header that is not the block that was read or that its validators
        did not sign, NodeError.
        """
        if not cursor.block_hash or cursor.height <= LEAST_TOP:
            return
        if self._top is None or cursor.height > self._top.height:
            most -= self._renew_top(cursor, wanted, most)
        down_to = max(down_to, self._floor)
        while most > 0 and self._lowest is not None and self._lowest.height > down_to:
            step = min(most, HEADERS_AT_ONCE)
            try:
                most -= self._go_down(max(down_to, self._lowest.height - step), wanted)
            except (NotFound, HeightPruned):
                self._floor = self._lowest.height  # the node has no older ones
                return

    def _renew_top(self, cursor: Cursor, wanted: Container[int], most: int) -> int:
        """As ``_raise_top``; where that fails everything is as it was."""
        before = self._trusted, self._top, self._lowest
        try:
            return self._raise_top(cursor, wanted, most)
        except BaseException:
            self._trusted, self._top, self._lowest = before
            raise

    def _raise_top(self, cursor: Cursor, wanted: Container[int], most: int) -> int:
        """Trust the header of the last block; returns how many headers were read.

        Where the line before cannot be reached within ``most``, it begins anew.
        """
        signed = self._chain.proofs.get_signed_header(cursor.height)
        told = signed.header.hash.hex().upper()
        if told != cursor.block_hash:
            raise ProofError(
                f"header {cursor.height} hashes to {told[:16]}…, and the block that was read is "
                f"{cursor.block_hash[:16]}…",
                remedy="ask another node of that chain",
            )
        self._verify(signed)
        before, joint = (self._top, self._lowest), signed.header
        self._trusted = signed
        self._top = self._lowest = joint
        self._keep(joint, wanted)
        old_top, old_lowest = before
        if old_top is None or joint.height - old_top.height > most:
            self._roots = {joint.height: joint.app_hash} if joint.height in wanted else {}
            return 1
        count = 1
        while self._lowest.height > old_top.height:
            first = max(old_top.height, self._lowest.height - HEADERS_AT_ONCE)
            count += self._go_down(first, wanted)
        if self._lowest.hash != old_top.hash:
            raise ProofError(f"header {old_top.height} is another than it was before")
        self._lowest = old_lowest
        return count

    def _verify(self, signed: SignedHeader) -> None:
        """Raise ProofError unless validators that are trusted signed a header."""
        trusted = self._trusted
        if trusted is None:
            # Nothing is trusted yet but the block itself: the one before it vouches for its
            # validators, so that their signatures are checked at least.
            trusted = self._chain.proofs.get_signed_header(signed.header.height - 1)
            if trusted.header.hash != signed.header.last_block_id.hash:
                raise ProofError(f"header {trusted.header.height} is not the one before the next")
        plan_updates(
            make_trusted_state(trusted),
            signed.header.height,
            rules=self._get_rules(),
            # By the chain's own clock: how long it is since the last one.
            now_ns=signed.header.time_ns,
            fetch_header=self._chain.proofs.get_signed_header,
            fetch_validators=lambda height, wanted: self._chain.proofs.find_validators(
                wanted, height
            ),
        )

    def _get_rules(self) -> TrustRules:
        if self._rules is None:
            trusting_ns = get_unbonding_period_ns(self._chain.client) * 2 // 3
            self._rules = TrustRules(self._chain.chain_id, trusting_ns, max_clock_drift_ns=1)
        return self._rules

    def _go_down(self, first: int, wanted: Container[int]) -> int:
        """Read the headers from ``first`` up to the lowest one; returns how many."""
        assert self._lowest is not None
        headers = self._list_headers(first, self._lowest.height - 1)
        for header in headers:
            if header.hash != self._lowest.last_block_id.hash:
                raise ProofError(
                    f"header {header.height} is not the one that header {self._lowest.height} "
                    "names before it",
                    remedy="ask another node of that chain",
                )
            self._lowest = header
            self._keep(header, wanted)
        return len(headers)

    def _list_headers(self, first: int, last: int) -> list[Header]:
        """Return headers in descending order, from ``last``; at least one."""
        result, _ = self._chain.client.rpc.call(
            "blockchain", minHeight=str(first), maxHeight=str(last)
        )
        metas = result.get("block_metas")
        if not isinstance(metas, list) or not all(isinstance(each, dict) for each in metas):
            raise BadReply(f"{self._chain.client.rpc.url} shows no headers")
        headers = sorted(map(parse_header, metas), key=lambda each: -each.height)
        if not headers or [each.height for each in headers] != list(
            range(last, last - len(headers), -1)
        ):
            raise BadReply(f"{self._chain.client.rpc.url} has no header {last} any more")
        return headers

    def _keep(self, header: Header, wanted: Container[int]) -> None:
        if header.height in wanted:
            self._roots[header.height] = header.app_hash
            while len(self._roots) > MOST_ROOTS:
                del self._roots[next(iter(self._roots))]
