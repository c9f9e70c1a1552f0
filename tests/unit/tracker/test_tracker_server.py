"""Tracking into a PostgreSQL server that is cut off, crashes and comes back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from plurichain.errors import LockedError
from plurichain.tracker.blocks import TrackedBlock
from plurichain.tracker.dump import dump_store
from plurichain.tracker.follower import FollowedChain, Follower
from plurichain.tracker.store import PacketStore
from tests.postgres import PostgresServer
from tests.unit.tracker.grids import OK, A, B, add_routes, block, event, packet, signed

LAST = 60
DEADLINE_S = 120


class Blocks:
    """A chain whose every block tells of a packet; ``troubles`` happen before a height."""

    def __init__(self, chain_id: str, troubles: dict[int, Callable[[], object]]) -> None:
        self.chain_id = chain_id
        self._troubles = troubles

    def read_after(self, height: int | None) -> TrackedBlock | None:
        number = (height or 0) + 1
        if number > LAST:
            return None
        if number in self._troubles:
            self._troubles.pop(number)()
        told = packet(number)
        if self.chain_id == A:
            events = [event("send_packet", told)]
        else:
            events = [event("recv_packet", told), event("write_acknowledgement", told, ack=OK)]
        return block(self.chain_id, number, signed(*events))


def follow(place: str, troubles: dict[int, Callable[[], object]]) -> tuple[list[str], list[str]]:
    said: list[str] = []
    with PacketStore.open(place) as store:
        add_routes(store)
        chains = [
            FollowedChain(Blocks(A, troubles), lambda _end: None, LAST),
            FollowedChain(Blocks(B, {}), lambda _end: None, LAST),
        ]
        follower = Follower(store, chains, report=said.append)
        thread = threading.Thread(target=follower.run)
        thread.start()
        thread.join(DEADLINE_S)
        follower.stop()
        assert not thread.is_alive()
        assert follower.failures == {}
        return list(dump_store(store)), said


@pytest.mark.postgres
def test_a_server_in_trouble_hides_and_repeats_no_block(tmp_path: Path) -> None:
    calm, _ = follow(str(tmp_path / "packets.db"), {})
    with PostgresServer.running() as server:

        def crash() -> None:
            server.stop(signal.SIGQUIT)
            server.start()

        dump, said = follow(
            server.make_place(), {10: server.end_sessions, 20: crash, 30: server.end_sessions}
        )
    assert dump == calm
    assert all("postgresql://" in line or "is read again" in line for line in said)


@pytest.mark.postgres
def test_a_server_that_is_away_is_waited_for(tmp_path: Path) -> None:
    calm, _ = follow(str(tmp_path / "packets.db"), {})
    with PostgresServer.running() as server:
        back = threading.Timer(0.5, server.start)

        def leave() -> None:
            server.stop()
            back.start()

        dump, said = follow(server.make_place(), {15: leave})
        back.join(DEADLINE_S)
    assert dump == calm
    assert any("cannot be reached" in line or "was lost" in line for line in said)


def test_two_trackers_of_a_chain_do_not_mix(store_place: str) -> None:
    with PacketStore.open(store_place) as one, PacketStore.open(store_place) as other:
        with one.hold([A, B]):
            with pytest.raises(LockedError, match=B), other.hold(["grid-0", B]):
                pass
            with other.hold(["grid-0"]):
                pass
        with other.hold([B]):
            pass
