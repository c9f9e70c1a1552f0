"""scripts/monitor-* as cron runs them: whatever happens, one line, a status of 0 to 3, in time."""

from __future__ import annotations

import argparse
import contextlib
import re
import sqlite3
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from plurichain.cli.tracking.database import DATABASE_VARIABLE
from plurichain.tracker.observations import ChannelState, Contact, Observations
from plurichain.tracker.store import PacketStore
from scripts.monitor_options import seconds
from tests.unit.tracker.grids import HERE, THERE, A, B, add_routes, block, event, packet, signed

ROOT = Path(__file__).resolve().parents[4]
SCRIPTS = ["monitor-channel", "monitor-relayer"]


def run(script: str, *options: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script as cron does: by its path, with next to no environment."""
    return subprocess.run(
        [ROOT / "scripts" / script, *map(str, options)],
        capture_output=True, text=True, check=False, timeout=120, cwd="/",
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"} | variables,
    )  # fmt: skip


def expect_unknown(done: subprocess.CompletedProcess[str], text: str) -> None:
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.count("\n") == 1
    assert " UNKNOWN - " in done.stdout
    assert text in done.stdout, done.stdout


def fill(place: Path, *, is_fresh: bool) -> None:
    """Two chains with one packet under way, of which a tracker at work would know all."""
    now_ns = time.time_ns()
    with PacketStore.open(place) as store:
        add_routes(store)
        sent = block(A, 1, signed(event("send_packet", packet())))
        for each in (sent, block(B, 1)):
            store.take_in(replace(each, time_ns=now_ns))
        if not is_fresh:
            return
        for chain_id, end in ((A, HERE), (B, THERE)):
            Observations(store).save(
                Contact(
                    chain_id, chain_id, now_ns, answered_ns=now_ns, head_height=1,
                    head_time_ns=now_ns, is_catching_up=False,
                ),
                ChannelState(
                    chain_id, "classic", end.port, end.channel, now_ns, answered_ns=now_ns,
                    state="open", height=1, commitments=0, unread=0,
                ),
            )  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_tells_what_the_status_means(script: str) -> None:
    done = run(script, "--help")
    assert done.returncode == 0
    assert "0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN" in done.stdout
    assert "-w DURATION" in done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_cannot_be_judged_is_unknown(script: str, tmp_path: Path) -> None:
    expect_unknown(run(script, "--sideways"), "unrecognized arguments: --sideways")
    expect_unknown(run(script, "-w", "soon"), "'soon' is not a duration")
    expect_unknown(run(script, "-t", "nan"), "'nan' is not above 0 and at most 86400")
    place = tmp_path / "none.db"
    expect_unknown(run(script, "--database", place), f"there is no database {place}")
    assert not place.exists()
    place.write_bytes(b"\xff" * 8192)
    expect_unknown(run(script, "--database", place), str(place))
    secret = "postgresql://u:hunter2@127.0.0.1:1/x"
    done = run(script, "--database", secret)
    expect_unknown(done, "a password does not belong here")
    assert "hunter2" not in done.stdout


def test_a_url_that_is_misspelt_tells_no_password() -> None:
    """Cron sends what is printed by mail."""
    done = run("monitor-channel", **{DATABASE_VARIABLE: "postgresq://u:hunter2@h/x"})
    expect_unknown(done, "neither a file nor a URL of PostgreSQL")
    assert "hunter2" not in done.stdout


@pytest.mark.parametrize("text", ["nan", "inf", "0", "-1", "1e400", "86401", "soon"])
def test_a_time_out_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=re.escape(repr(text))):
        seconds(text)
    assert seconds("0.5") == 0.5


@pytest.mark.parametrize("script", SCRIPTS)
def test_figures_of_a_tracker_that_is_gone_are_unknown(script: str, tmp_path: Path) -> None:
    place = tmp_path / "packets.db"
    fill(place, is_fresh=False)
    expect_unknown(run(script, "--database", place), "the tracker has asked no node")


def test_where_all_is_known_and_well_it_says_so(tmp_path: Path) -> None:
    """So that the statuses above are not what every run ends with."""
    place = tmp_path / "packets.db"
    fill(place, is_fresh=True)
    done = run("monitor-relayer", "--database", place)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("IBC-RELAYER OK - 2 chains answer, ")
    done = run("monitor-channel", "--database", place, "--no-money", "--channel", "channel-0")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("IBC-CHANNEL OK - 1 channel end, 1 packet under way, none")


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_database_that_hangs_keeps_nobody_waiting(script: str, tmp_path: Path) -> None:
    place = tmp_path / "packets.db"
    fill(place, is_fresh=True)
    with contextlib.closing(sqlite3.connect(place, isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        holder.execute("CREATE TABLE held (x)")
        begun = time.monotonic()
        done = run(script, "--database", place, "--timeout", "1")
        took_s = time.monotonic() - begun
    expect_unknown(done, "the database was not read within 1 s")
    # A busy machine takes long to start it; SQLite alone would wait for half a minute.
    assert took_s < 25
