"""PostgreSQL as a database of ours, on a real server: versions, locks, losses, secrets."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from plurichain.errors import (
    InputError,
    LockedError,
    MissingExtra,
    NewerFormatError,
    PlurichainError,
    ServerUnreachable,
    StorageError,
)
from plurichain.storage import Database, Engine
from plurichain.storage import server as server_module
from plurichain.storage.server import ServerDatabase, is_server_url
from plurichain.storage.server_errors import make_connect_error
from plurichain.storage.server_url import has_password, read_url
from tests.postgres import PostgresServer

FIRST = """
CREATE TABLE thing (   -- what; it is
    name TEXT PRIMARY KEY,
    number INTEGER,
    content BLOB
) STRICT;
"""
SECOND = """
ALTER TABLE thing ADD COLUMN more TEXT;
CREATE INDEX thing_number ON thing (number);
"""
postgres = pytest.mark.postgres


def open_place(place: str, *migrations: str) -> Engine:
    chosen = migrations or (FIRST,)
    if is_server_url(place):
        return ServerDatabase.open(place, chosen, name="box")
    return Database.open(Path(place), chosen, name="box")


@pytest.fixture
def engine(store_place: str) -> Iterator[Engine]:
    opened = open_place(store_place)
    yield opened
    opened.close()


def put(engine: Engine, *names: str) -> None:
    engine.execute_many("INSERT INTO thing (name) VALUES (?)", [(name,) for name in names])


def list_names(engine: Engine) -> list[str]:
    return [name for (name,) in engine.query("SELECT name FROM thing ORDER BY name")]


# --- the same on both -----------------------------------------------------------------------------


def test_text_is_ordered_by_its_bytes(engine: Engine) -> None:
    put(engine, "b", "Z", "é", "a", "-", "ä", "10", "9", "中")
    assert list_names(engine) == ["-", "10", "9", "Z", "a", "b", "ä", "é", "中"]
    assert engine.query("SELECT name FROM thing WHERE name > ? ORDER BY name", ("b",)) == [
        ("ä",), ("é",), ("中",),
    ]  # fmt: skip


def test_values_come_back_as_they_were(engine: Engine) -> None:
    row = ("n", 2**63 - 1, bytes(range(256)))
    engine.execute("INSERT INTO thing VALUES (?, ?, ?)", row)
    assert engine.query("SELECT * FROM thing") == [row]
    assert engine.fetch("thing", ["number", "content"], ["name"], [("x",), ("n",)]) == [row[1:]]
    assert engine.list_columns("thing") == ["name", "number", "content"]


def test_a_transaction_is_whole_or_nothing(engine: Engine, store_place: str) -> None:
    other = open_place(store_place)
    with pytest.raises(KeyError), engine.transaction():  # noqa: PT012
        put(engine, "a", "b")
        assert list_names(engine) == ["a", "b"]
        assert list_names(other) == []
        raise KeyError
    assert list_names(engine) == []
    with engine.transaction(), engine.transaction():
        put(engine, "a")
    assert list_names(other) == ["a"]
    other.close()


def test_what_is_read_stands_still(engine: Engine, store_place: str) -> None:
    other = open_place(store_place)
    put(engine, "a")
    with other.reading():
        assert list_names(other) == ["a"]
        put(engine, "b")
        assert list_names(other) == ["a"]
    assert list_names(other) == ["a", "b"]
    other.close()


def test_writers_take_turns(engine: Engine, store_place: str) -> None:
    """Whoever reads within a transaction sees what the last writer left: nothing is lost."""
    engine.execute("INSERT INTO thing VALUES ('n', 0, NULL)")

    def count() -> None:
        mine = open_place(store_place)
        for _ in range(25):
            with mine.transaction():
                [[number]] = mine.query("SELECT number FROM thing WHERE name = 'n'")
                mine.execute("UPDATE thing SET number = ? WHERE name = 'n'", (number + 1,))
        mine.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert engine.query("SELECT number FROM thing") == [(100,)]


def test_one_holder_of_a_name(engine: Engine, store_place: str) -> None:
    other = open_place(store_place)
    with engine.hold("grid-1"):
        with (
            pytest.raises(LockedError, match=r"another process writes grid-1 into .*packets.db|pg"),
            other.hold("grid-1"),
        ):
            pass
        with pytest.raises(LockedError), engine.hold("grid-1"):
            pass
        with other.hold("grid/2"):
            pass
    with other.hold("grid-1"):
        pass
    other.close()


def test_a_newer_version_is_refused_by_name_and_left_untouched(store_place: str) -> None:
    with closing(open_place(store_place, FIRST, SECOND)) as newer:
        put(newer, "a")
    with pytest.raises(NewerFormatError, match="is a box of version 2; this program knows"):
        open_place(store_place, FIRST)
    with closing(open_place(store_place, FIRST, SECOND)) as newer:
        assert newer.query("SELECT name, more FROM thing") == [("a", None)]


def test_an_upgrade_that_fails_changes_nothing(store_place: str) -> None:
    with closing(open_place(store_place)) as first:
        put(first, "a")
    with pytest.raises((StorageError, PlurichainError)):
        open_place(store_place, FIRST, SECOND + "CREATE TABLE thing (name TEXT);\n")
    with closing(open_place(store_place)) as first:
        assert first.list_columns("thing") == ["name", "number", "content"]


# --- the server's own -----------------------------------------------------------------------------


@postgres
def test_an_upgrade_copies_first(packet_store_url: str) -> None:
    with closing(open_place(packet_store_url)) as first:
        put(first, "a")
    with closing(open_place(packet_store_url, FIRST, SECOND)) as second:
        put(second, "b")
        [[schema]] = second.query("SELECT current_schema()")
        assert second.query(f"SELECT * FROM {schema}_v1.thing") == [("a", None, None)]


@postgres
def test_tables_of_others_are_left_alone(packet_store_url: str) -> None:
    other = "CREATE TABLE thing (x INTEGER);"
    ServerDatabase.open(packet_store_url, (other,), name="another").close()
    with pytest.raises(StorageError, match="holds tables of another program \\(thing\\), no box"):
        open_place(packet_store_url)


@postgres
def test_a_lost_connection_is_made_anew(
    packet_store_url: str, postgres_server: PostgresServer
) -> None:
    engine = open_place(packet_store_url)
    with engine.hold("grid-1"):
        put(engine, "a")
        postgres_server.end_sessions()
        assert list_names(engine) == ["a"]  # while nothing was under way nobody notices
        postgres_server.end_sessions()
        put(engine, "b")
        lost = pytest.raises(ServerUnreachable, match="the connection was lost")
        with lost, engine.transaction():
            put(engine, "c")
            postgres_server.end_sessions()
            put(engine, "d")
        assert list_names(engine) == ["a", "b"]
        # The lock is held by the new connection too.
        other = open_place(packet_store_url)
        with pytest.raises(LockedError), other.hold("grid-1"):
            pass
    with other.hold("grid-1"):
        pass
    other.close()
    engine.close()


@postgres
def test_a_loss_that_the_connection_does_not_know_yet(
    packet_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library may say that it cannot talk to the server, and still call the line good."""
    with closing(open_place(packet_store_url)) as opened:
        put(opened, "a")
        with monkeypatch.context() as patch:

            def fail(*_arguments: object, **_options: object) -> None:
                raise psycopg.OperationalError("sending query failed")

            patch.setattr(psycopg.RawCursor, "execute", fail)
            with pytest.raises(ServerUnreachable), opened.transaction():
                pass
        put(opened, "b")
        assert list_names(opened) == ["a", "b"]


@postgres
def test_a_server_that_goes_away_and_comes_back() -> None:
    with PostgresServer.running() as server:
        engine = open_place(server.make_place())
        put(engine, "a")
        server.stop(signal.SIGQUIT)  # at once, as a crash
        with pytest.raises(ServerUnreachable, match="cannot be reached: connection"):
            put(engine, "b")
        with pytest.raises(ServerUnreachable):
            list_names(engine)
        server.start()
        # The last commits may be gone, whole; the tables are not.
        put(engine, "c")
        assert list_names(engine) in (["c"], ["a", "c"])
        engine.close()


@postgres
def test_a_writer_that_does_not_end(packet_store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_place(packet_store_url)
    with monkeypatch.context() as patch:
        patch.setattr(
            server_module, "_SETTINGS", server_module._SETTINGS.replace("'30s'", "'100ms'")
        )
        other = open_place(packet_store_url)
    with engine.transaction():
        with pytest.raises(LockedError, match="has been writing to"):
            put(other, "a")
        assert list_names(other) == []
    put(other, "a")
    other.close()
    engine.close()


@postgres
def test_statistics_keep_up_with_what_is_written(
    packet_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that takes a full table for an empty one joins it for minutes."""
    asked: list[str] = []
    execute = ServerDatabase._execute

    def note(self: ServerDatabase, statement: str, *values: Any, **options: Any) -> Any:
        asked.append(statement)
        return execute(self, statement, *values, **options)

    def fill(opened: Engine, first: int, last: int) -> int:
        opened.execute_many(
            "INSERT INTO thing (name, number) VALUES (?, ?)",
            [(f"{number:05d}", number) for number in range(first, last)],
        )
        return asked.count("ANALYZE thing")

    monkeypatch.setattr(ServerDatabase, "_execute", note)
    most = server_module.ANALYZE_AFTER
    with closing(open_place(packet_store_url)) as opened:
        assert fill(opened, 0, most - 1) == 0
        assert fill(opened, most, most + 1) == 1
        [[columns]] = opened.query(
            "SELECT count(*) FROM pg_stats WHERE schemaname = current_schema()"
            " AND tablename = 'thing'"
        )
        assert columns == 3, "of its three columns it has statistics"
        assert fill(opened, 2 * most, 3 * most - 1) == 1, "only when they have doubled"
        assert fill(opened, 3 * most, 3 * most + 1) == 2


def test_a_forked_child_connects_for_itself(packet_store_url: str) -> None:
    engine = open_place(packet_store_url)
    put(engine, "a")
    child = os.fork()
    if child == 0:
        put(engine, "b")
        os._exit(0 if list_names(engine) == ["a", "b"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert list_names(engine) == ["a", "b"]
    engine.close()


@postgres
def test_text_that_no_server_takes_is_an_error_of_ours(packet_store_url: str) -> None:
    engine = open_place(packet_store_url)
    for text in ("\x00", "\ud800"):
        with pytest.raises(StorageError):
            put(engine, text)
    with pytest.raises(StorageError, match="duplicate key value violates unique constraint"):
        put(engine, "a", "a")
    assert list_names(engine) == []
    engine.close()


@postgres
def test_who_may_not(packet_store_url: str, postgres_server: PostgresServer) -> None:
    open_place(packet_store_url).close()
    with postgres_server.connect() as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'hunter2'")
    with pytest.raises(StorageError, match="has no schema"):
        open_place(packet_store_url.replace("user=plurichain", "user=guest"))
    with pytest.raises(StorageError, match=r'refuses: .*"nobody" does not exist') as caught:
        open_place(packet_store_url.replace("user=plurichain", "user=nobody&password=hunter2"))
    assert not isinstance(caught.value, ServerUnreachable)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__
    with pytest.raises(StorageError, match=r'database "none" does not exist'):
        open_place(postgres_server.make_url(database="none"))


def test_without_psycopg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra) as caught:
        open_place("postgresql://host/name")
    assert "plurichain[postgres]" in caught.value.remedy


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://host/db", "postgresql://host/db"),
        ("POSTGRES://me:hunter2@host:5433/db?sslpassword=hunter2&sslmode=require",
         "postgresql://me@host:5433/db?sslmode=require"),
        ("postgresql:///db?host=/run/pg&user=me&password=hunter2&passfile=/h2",
         "postgresql://me@/db?host=/run/pg"),
        ("postgresql://a:1,b:2/db", "postgresql:///db?port=1%2C2&host=a%2Cb"),
    ],
)  # fmt: skip
def test_how_a_url_is_shown(url: str, shown: str) -> None:
    parameters, place = read_url(url)
    assert place == shown
    assert "hunter2" not in place
    assert has_password(url) == ("hunter2" in url)
    assert parameters["connect_timeout"] == "10"


@pytest.mark.parametrize("url", ["postgresql://u:hunter2@h:hunter2/d", "postgresql://x/?hunter2"])
def test_a_url_that_is_none_is_not_repeated(url: str) -> None:
    with pytest.raises(InputError) as caught:
        read_url(url)
    assert "hunter2" not in f"{caught.value}{caught.value.remedy}"
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("told", "is_lasting"),
    [
        ("the database system is starting up", False),
        ("the database system is not yet accepting connections", False),
        ("the database system is shutting down", False),
        ("the database system is in recovery mode", False),
        ("sorry, too many clients already", False),
        ('role "x" does not exist', True),
        ('database "x" does not exist', True),
        ('password authentication failed for user "x"', True),
        ('no pg_hba.conf entry for host "1.2.3.4", user "x"', True),
        ('permission denied for database "x"', True),
        ('role "x" is not permitted to log in', True),
    ],
)
def test_what_a_server_says_while_it_refuses(told: str, is_lasting: bool) -> None:
    text = f'connection failed: connection to server at "h", port 1 failed: FATAL:  {told}\nhunter2'
    error = make_connect_error("place", psycopg.OperationalError(text), {"password": "hunter2"})
    assert isinstance(error, ServerUnreachable) != is_lasting
    assert told in str(error)
    assert "hunter2" not in str(error)
