"""The recorded chains, and databases made of them."""

from __future__ import annotations

from pathlib import Path

from plurichain.tracker.dump import dump_store
from plurichain.tracker.recorded import RecordedChain, load_recordings, replay
from plurichain.tracker.store import PacketStore

DATA = Path(__file__).resolve().parents[2] / "data"
FILES = [DATA / "ibc" / f"{name}.json" for name in
         ("transfers-a", "transfers-b", "ordered-a", "ordered-b")]  # fmt: skip


def load() -> list[RecordedChain]:
    return load_recordings(FILES)


def dump(path: Path | str) -> list[str]:
    with PacketStore.open(path) as store:
        return list(dump_store(store))


def make_dump(path: Path | str) -> list[str]:
    with PacketStore.open(path) as store:
        replay(store, load())
        return list(dump_store(store))
