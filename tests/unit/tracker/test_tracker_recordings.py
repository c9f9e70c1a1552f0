"""Recorded blocks as streams: what is written is read, whatever happened to the writer."""

from __future__ import annotations

import gzip
import itertools
import json
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plurichain.errors import ChainReset, InputError, LockedError, NewerFormatError
from plurichain.ibc.packet import ProtocolVersion
from plurichain.tracker import line_files
from plurichain.tracker.block_lines import (
    Header,
    read_header,
    read_line,
    write_header,
    write_news,
    write_route,
)
from plurichain.tracker.blocks import Absence, Missing, TrackedBlock, TrackedTx
from plurichain.tracker.dump import dump_store
from plurichain.tracker.reading import End
from plurichain.tracker.recorded import LinesFile, load_recording, load_recordings, replay
from plurichain.tracker.recording import Recording
from plurichain.tracker.store import PacketStore, Route
from tests.unit.tracker.grids import HERE, THERE, A, B, block, event, packet, signed
from tests.unit.tracker.recordings import DATA, load

KNOWN = (DATA / "ibc" / "packets-dump.ndjson").read_text(encoding="utf-8").splitlines()
STORED = DATA / "stored" / "blocks-v1.ndjson"
HOSTILE = "\x1b[2J\u202e\ud800\x00\N{PILE OF POO}"

texts = st.text(st.characters(exclude_categories=()), max_size=20)
pairs = st.tuples(texts, texts)
events = st.lists(st.tuples(texts, st.lists(pairs, max_size=3).map(tuple)), max_size=3).map(tuple)
heights = st.integers(1, 2**63 - 1)
txs = st.builds(TrackedTx, st.integers(0, 2**32 - 1), texts, events,
                st.binary(max_size=9), st.binary(max_size=9))  # fmt: skip


@st.composite
def blocks(draw: st.DrawFn) -> TrackedBlock:
    height = draw(heights)
    return TrackedBlock(
        A, height, draw(st.integers(max(height - 9, 1), height)),
        draw(st.none() | st.integers(-(2**70), 2**70)), draw(texts), draw(texts),
        draw(st.lists(txs, max_size=3).map(tuple)), draw(events),
    )  # fmt: skip


@given(blocks())
def test_a_block_is_read_as_it_was_written(written: TrackedBlock) -> None:
    line = write_news(written)
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert read_line(A, line) == written


@given(heights, st.integers(0, 9), st.sampled_from(Absence))
def test_missing_blocks_and_routes_too(first: int, more: int, reason: Absence) -> None:
    missing = Missing(A, first, first + more, reason)
    assert read_line(A, write_news(missing)) == missing
    route = Route(A, End(ProtocolVersion.V2, "", HOSTILE), B, THERE)
    told = read_line(A, write_route(route))
    assert told == Route(A, route.end, B, End(ProtocolVersion.V2, THERE.port, THERE.channel))


def test_the_first_line() -> None:
    header = Header(A, (Route(A, HERE, B, THERE),))
    assert read_header(write_header(header)) == header
    assert read_header(b"{") is None
    assert read_header(b'{"format": "plurichain/recorded/1"}') is None
    with pytest.raises(NewerFormatError, match="plurichain/blocks/2 is newer"):
        read_header(b'{"format": "plurichain/blocks/2"}')
    with pytest.raises(InputError, match="lacks a field"):
        read_header(b'{"format": "plurichain/blocks/1", "chain_id": 7}')


# --- replaying ------------------------------------------------------------------------------------


def list_news(chain_id: str) -> list[TrackedBlock | Missing]:
    """Return all that the recorded answers of a chain come to."""
    [chain] = [each for each in load() if each.chain_id == chain_id]
    found: list[TrackedBlock | Missing] = []
    while True:
        last = found[-1] if found else None
        height = None if last is None else last.last if isinstance(last, Missing) else last.height
        news = chain.read_after(height)
        if news is None:
            return found
        found.append(news)


def write_lines(
    path: Path,
    chain_id: str,
    news: Sequence[TrackedBlock | Missing],
    routes: Sequence[Route] = (),
    *,
    packed: bool = False,
) -> Path:
    content = write_header(Header(chain_id, tuple(routes))) + b"".join(map(write_news, news))
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


def list_known_routes() -> list[Route]:
    rows = [row for row in map(json.loads, KNOWN) if row.get("table") == "route"]
    return [
        Route(
            row["chain_id"], End(ProtocolVersion(row["protocol"]), row["port"], row["channel"]),
            row["peer_chain_id"],
            End(ProtocolVersion(row["protocol"]), row["peer_port"], row["peer_channel"]),
        )
        for row in rows
    ]  # fmt: skip


def dump_of(files: Sequence[Path], database: Path) -> list[str]:
    with PacketStore.open(database) as store:
        replay(store, load_recordings(files))
        return list(dump_store(store))


@pytest.mark.parametrize("packed", [False, True])
def test_lines_give_the_known_dump(tmp_path: Path, packed: bool) -> None:
    files = []
    for chain_id in ("recorded-a-1", "recorded-b-1"):
        news = list_news(chain_id)
        routes = [route for route in list_known_routes() if route.chain_id == chain_id]
        half = len(news) // 2
        # Of one chain in two files, which hold some blocks both; their order says nothing.
        for number, part in enumerate((news[half - 1 :], news[: half + 1])):
            path = tmp_path / f"{chain_id}-{number}.ndjson"
            files.append(write_lines(path, chain_id, part, routes, packed=packed))
    assert dump_of(files, tmp_path / "packets.db") == KNOWN


def test_lines_and_answers_go_together(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "b.ndjson", "recorded-b-1", list_news("recorded-b-1"),
                       list_known_routes()[-2:])  # fmt: skip
    answers = [DATA / "ibc" / f"{name}-a.json" for name in ("transfers", "ordered")]
    lines = dump_of([path, *answers], tmp_path / "packets.db")
    sent = [row for row in map(json.loads, lines) if row.get("table") == "sent"]
    assert len(sent) == len([line for line in KNOWN if '"table":"sent"' in line])


def test_what_no_file_holds_is_named(tmp_path: Path) -> None:
    one = write_lines(
        tmp_path / "1", A, [block(A, 3), block(A, 4), Missing(A, 5, 5, Absence.PRUNED)]
    )
    other = write_lines(tmp_path / "2", A, [block(A, 6), block(A, 9)])
    [chain] = load_recordings([other, one])
    told, height = [], None
    while (news := chain.read_after(height)) is not None:
        told.append(news)
        height = news.last if isinstance(news, Missing) else news.height
    assert told == [
        block(A, 3), block(A, 4), Missing(A, 5, 5, Absence.PRUNED), block(A, 6),
        Missing(A, 7, 8, Absence.UNRECORDED), block(A, 9),
    ]  # fmt: skip
    # It can be read again, from anywhere.
    assert chain.read_after(3) == block(A, 4)
    assert chain.read_after(2) == block(A, 3)
    assert chain.read_after(9) is None


def test_two_files_that_contradict_each_other(tmp_path: Path) -> None:
    sent = block(A, 4, signed(event("send_packet", packet())))
    one = write_lines(tmp_path / "1", A, [block(A, 3), sent])
    other = write_lines(tmp_path / "2", A, [block(A, 4)])
    [chain] = load_recordings([one, other])
    with pytest.raises(InputError, match="tell block 4 differently"):
        chain.read_after(3)


GOOD = write_news(block(A, 7))


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (b"\xff\n", "not JSON"),
        (b"[]\n", "another kind"),
        (b"7\n", "another kind"),
        (b"{}\n", "'height' is missing"),
        (GOOD.replace(b'"height":7', b'"height":0'), "another kind"),
        (GOOD.replace(b'"height":7', b'"height":"7"'), "another kind"),
        (GOOD.replace(b'"height":7', b'"height":true'), "another kind"),
        (GOOD.replace(b'"height":7', b'"height":7,"since":8'), "another kind"),
        (GOOD.replace(b'"7000000000"', b'"x"'), "another kind"),
        (GOOD.replace(b'"7000000000"', b"7"), "another kind"),
        (GOOD.replace(b'"txs":[]', b'"txs":[{"code":-1,"events":[]}]'), "another kind"),
        (GOOD.replace(b'"txs":[]', b'"txs":[{"code":4294967296,"events":[]}]'), "another kind"),
        (GOOD.replace(b'"txs":[]', b'"txs":[{"code":0,"events":[],"data":"?"}]'), "another kind"),
        (GOOD.replace(b'"events":[]', b'"events":[["a",[["b"]]]]'), "another kind"),
        (b'{"missing":[3,2],"reason":"pruned"}\n', "another kind"),
        (b'{"missing":[3,4],"reason":"lost"}\n', "another kind"),
        (b'{"route":{}}\n', "'protocol' is missing"),
        (write_news(block(A, 2)), "block 2 stands behind block 2"),
        (b"[" * 100_000 + b"\n", "another kind"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, line: bytes, cause: str) -> None:
    path = tmp_path / "blocks.ndjson"
    path.write_bytes(write_header(Header(A)) + write_news(block(A, 2)) + line + GOOD)
    file = load_recording(path)
    assert isinstance(file, LinesFile)
    with pytest.raises(InputError, match=rf"{path}, line 3: .*{cause}"):
        list(file.read(lambda _route: None, lambda _note: None))


def test_a_file_that_is_newer_or_none(tmp_path: Path) -> None:
    path = tmp_path / "blocks.ndjson"
    path.write_bytes(b'{"format": "plurichain/blocks/9"}\n')
    with pytest.raises(NewerFormatError, match=r"blocks\.ndjson: format plurichain/blocks/9"):
        load_recordings([path])
    path.write_bytes(b"")
    with pytest.raises(InputError, match="is not JSON"):
        load_recordings([path])
    path.write_bytes(gzip.compress(write_header(Header(A)))[:-9] + b"damaged!!")
    with pytest.raises(InputError):
        load_recordings([path])
    with pytest.raises(InputError, match="cannot read"):
        load_recordings([tmp_path / "absent"])


@pytest.mark.parametrize("packed", [False, True])
def test_a_torn_end_is_left_out_and_said(tmp_path: Path, packed: bool) -> None:
    path = write_lines(tmp_path / "blocks", A, [block(A, 3), block(A, 4)], packed=packed)
    content = path.read_bytes()
    path.write_bytes(content[: -20 if not packed else -4])
    [chain] = load_recordings([path])
    found = [chain.read_after(2), chain.read_after(3), chain.read_after(4)]
    assert found[0] == block(A, 3)
    assert found[2] is None
    assert chain.notes == [f"{path}: its last line is not whole and was left out"]


def test_a_line_that_is_too_long_is_no_torn_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands behind it must not be left out without a word."""
    path = tmp_path / "long.ndjson"
    path.write_bytes(b"short\n" + b"x" * 64 + b"\nlast\n")
    monkeypatch.setattr(line_files, "LONGEST_LINE", 32)
    with pytest.raises(InputError, match="line 2 is longer than 32 bytes"):
        list(line_files.LineReader(path))
    path.write_bytes(b"short\n" + b"x" * 31)
    reader = line_files.LineReader(path)
    assert [line for _, line in reader] == [b"short"]
    assert reader.is_torn


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    sends = signed(*(event("send_packet", packet(number)) for number in range(1, 9)))
    news = [block(A, height, sends) for height in range(1, 1_500)]
    path = write_lines(tmp_path / "blocks.ndjson", A, news)
    del news
    tracemalloc.start()
    try:
        [chain] = load_recordings([path])
        height = None
        while (each := chain.read_after(height)) is not None:
            assert isinstance(each, TrackedBlock)
            height = each.height
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert height == 1_499
    assert peak < path.stat().st_size / 5


def test_a_file_of_every_version_can_be_read(tmp_path: Path) -> None:
    """Packets brought twice, and within messages of authz, as a real chain answered them."""
    rows = [json.loads(line) for line in dump_of([STORED], tmp_path / "packets.db")]
    received = [row for row in rows if row.get("table") == "received"]
    assert [(row["received_msg"], row["received_result"], row["repeats"]) for row in received] == [
        ("1", "success", 2), ("0/0", "success", 1), ("0/1/0", "success", 0),
        ("1", "success", 0), ("2", "success", 0),
    ]  # fmt: skip
    assert [row["peer_chain_id"] for row in rows if row.get("table") == "route"] == [
        "plurichain-a-1"
    ]


# --- recording ------------------------------------------------------------------------------------

SENT = signed(event("send_packet", packet()))
NEWS: list[TrackedBlock | Missing] = [
    Missing(A, 1, 2, Absence.PRUNED),
    *(block(A, height) for height in range(3, 6)),
    block(A, 6, SENT),
    *(block(A, height) for height in range(7, 20)),
]
ROUTE = Route(A, HERE, B, THERE)


def record(folder: Path, *, packed: bool = False) -> None:
    """Record all that is not there yet, as a follower does."""
    with Recording.open(folder, [A], is_packed=packed) as recording:
        for news in NEWS:
            recording.take_in(news)
            for end in recording.list_unrouted(A):
                assert end == HERE
                recording.add_route(ROUTE)


def read_all(path: Path) -> tuple[list[TrackedBlock | Missing], list[Route]]:
    file, routes = load_recording(path), []  # type: ignore[var-annotated]
    assert isinstance(file, LinesFile)
    return list(file.read(routes.append, lambda _note: None)), routes


@pytest.mark.parametrize("packed", [False, True])
def test_cut_off_at_any_byte_the_next_run_ends_the_same(tmp_path: Path, packed: bool) -> None:
    record(tmp_path / "whole", packed=packed)
    [path] = (tmp_path / "whole").glob(f"{A}*")
    whole = path.read_bytes()
    step = 3 if packed else 37
    for length in range(0, len(whole), step):
        folder = tmp_path / "cut"
        folder.mkdir(exist_ok=True)
        (folder / path.name).write_bytes(whole[:length])
        record(folder, packed=packed)
        assert read_all(folder / path.name) == (NEWS, [ROUTE]), length


@pytest.mark.parametrize("packed", [False, True])
def test_what_stands_in_a_file_is_not_written_again(tmp_path: Path, packed: bool) -> None:
    record(tmp_path, packed=packed)
    [path] = tmp_path.glob(f"{A}*")
    before = path.read_bytes()
    record(tmp_path, packed=not packed)  # goes on with the file that is there
    assert path.read_bytes() == before
    assert len(list(tmp_path.glob(f"{A}*"))) == 1


def test_many_members_are_one_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_files, "_BUFFERED", 300)
    record(tmp_path, packed=True)
    path = tmp_path / f"{A}.ndjson.gz"
    assert path.read_bytes().count(b"\x1f\x8b\x08") > 3
    assert read_all(path) == (NEWS, [ROUTE])
    path.write_bytes(path.read_bytes()[:-1])
    kept = line_files.find_whole(path)
    assert 0 < kept < path.stat().st_size
    record(tmp_path, packed=True)
    assert read_all(path) == (NEWS, [ROUTE])


def test_the_cursor_is_that_of_the_file(tmp_path: Path) -> None:
    with Recording.open(tmp_path, [A, B], is_packed=False) as recording:
        assert (recording.get_cursor(A), recording.list_unrouted(A)) == (None, [])
        assert all(recording.take_in(news) for news in NEWS[:5])
        assert not recording.take_in(NEWS[4])
        assert recording.list_unrouted(A) == [HERE]
        with pytest.raises(LockedError), Recording.open(tmp_path, [A], is_packed=False):
            pass
    with Recording.open(tmp_path, [A, B], is_packed=False) as recording:
        cursor = recording.get_cursor(A)
        assert cursor is not None
        assert (cursor.height, recording.get_cursor(B)) == (6, None)
        # Which ends are still to be placed is known from the blocks.
        assert recording.list_unrouted(A) == [HERE]
        assert [path.name for path, _ in recording.list_files()] == [f"{A}.ndjson", f"{B}.ndjson"]


def test_another_history_is_not_appended(tmp_path: Path) -> None:
    def with_hash(height: int, before: str, own: str) -> TrackedBlock:
        return TrackedBlock(A, height, height, 1, own, before, (), ())

    with Recording.open(tmp_path, [A], is_packed=False) as recording:
        recording.take_in(with_hash(1, "", "AA"))
        recording.take_in(with_hash(2, "AA", "BB"))
        with pytest.raises(ChainReset, match="block 3 follows CC"):
            recording.take_in(with_hash(3, "CC", "DD"))
    assert len(read_all(tmp_path / f"{A}.ndjson")[0]) == 2


def test_files_that_are_not_this_chains_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / f"{A}.ndjson"
    path.write_bytes(write_header(Header(B)) + b"torn")
    with pytest.raises(InputError, match="is not a recording of"):
        record(tmp_path)
    assert path.read_bytes() == write_header(Header(B)) + b"torn"
    path.write_bytes(write_header(Header(A)) + b"damaged\n" + GOOD)
    with pytest.raises(InputError, match="line 2"):
        record(tmp_path)
    with (
        pytest.raises(InputError, match="name of a file"),
        Recording.open(tmp_path, ["../up"], is_packed=False),
    ):
        pass


def test_a_big_file_of_which_nothing_is_whole_is_not_emptied(tmp_path: Path) -> None:
    path = tmp_path / f"{A}.ndjson"
    path.write_bytes(b"x" * (line_files._MOST_TORN + 1))
    with pytest.raises(InputError, match="holds no whole line"):
        record(tmp_path)
    assert path.stat().st_size == line_files._MOST_TORN + 1


def counted(lines: Iterator[tuple[int, bytes]]) -> int:
    return sum(1 for _ in lines)


def test_long_files_are_cut_where_the_last_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"a\n" + b"b" * (3 * line_files._PIECE))
    assert line_files.find_whole(path) == 2
    path.write_bytes(b"".join(itertools.repeat(b"line\n", 40_000)) + b"torn")
    assert line_files.find_whole(path) == 200_000
    reader = line_files.LineReader(path)
    assert counted(iter(reader)) == 40_000
    assert reader.is_torn


def test_answers_with_a_code_that_no_chain_gives(tmp_path: Path) -> None:
    content = json.loads((DATA / "ibc" / "transfers-a.json").read_text(encoding="utf-8"))
    path = tmp_path / "answers.json"
    for answer in content["answers"].values():
        for result in answer.get("txs_results") or ():
            result["code"] = 2**32
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match="lacks a field, or one is wrong"):
        load_recordings([path])
