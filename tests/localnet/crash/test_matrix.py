"""Pulling the plug at any moment: killed, without room, with a journal cut off at its end."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.localnet.bidding.conftest import Person
from tests.localnet.crash.conftest import Field, Recording
from tests.localnet.crash.points import BROADCAST
from tests.localnet.crash.rounds import Stop, play_stops

LONG_TIMEOUT_S = 900
HUNTED, HUNTED_KILLS = 12, 5
TORN_BYTES = {"commit": (1, 100, 4000), "write": (0, 1, 100)}
STEP = 9
"""One point in so many is in every run of the tests; all are in the long one."""


def test_the_recorded_run_touches_nothing_beside_storage_and_transport(
    recording: Recording,
) -> None:
    assert recording.run.violations == []
    labels = [point.label for point in recording.points]
    assert labels.count(BROADCAST) == 2
    for label in ("rename chains.json", "commit vault.db", "commit journal.db", "send block"):
        assert label in labels
    print(f"{len(labels)} points, {sum(point.is_change for point in recording.points)} changes")


@pytest.mark.timeout(600)
def test_bidders_stopped_at_some_points_end_right(field: Field, recording: Recording) -> None:
    """A spread of the points, and those around each broadcast."""
    points = recording.points
    sends = [point.number for point in points if point.label == BROADCAST]
    near = {number + step for number in sends for step in (0, 1, 2)}
    kills = [p for p in points if p.number % STEP == 1 or p.number in near]
    fulls = [p for p in points if p.is_storage][::STEP]
    cuts = [p for p in points if p.number in {number + 1 for number in sends}]
    stops = [Stop("kill", point) for point in kills]
    stops += [Stop("limit", point) for point in fulls] + [Stop("cut", point) for point in cuts]
    play_stops(field, recording, stops)


@pytest.mark.long
@pytest.mark.timeout(LONG_TIMEOUT_S)
def test_a_bidder_killed_at_any_point_ends_right(field: Field, recording: Recording) -> None:
    play_stops(field, recording, [Stop("kill", point) for point in recording.points])


@pytest.mark.long
@pytest.mark.timeout(LONG_TIMEOUT_S)
def test_a_bidder_killed_in_the_middle_of_any_write_ends_right(
    field: Field, recording: Recording
) -> None:
    """The system kills it so many bytes into a file, a page of a database, a log's frame."""
    stops = [
        Stop("tear", point, size)
        for point in recording.points
        for size in TORN_BYTES.get(point.label.partition(" ")[0], ())
    ]
    play_stops(field, recording, stops)


@pytest.mark.long
@pytest.mark.timeout(LONG_TIMEOUT_S)
def test_a_bidder_killed_again_and_again_ends_right(field: Field, recording: Recording) -> None:
    """Also in what it does to recover: every run of it is killed, at places drawn by lot."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    stops = [
        Stop(
            "hunt", recording.points[0], kills=tuple(rng.randrange(30) for _ in range(HUNTED_KILLS))
        )
        for _ in range(HUNTED)
    ]
    play_stops(field, recording, stops)


@pytest.mark.long
@pytest.mark.timeout(LONG_TIMEOUT_S)
def test_a_bidder_without_room_at_any_write_ends_right(field: Field, recording: Recording) -> None:
    """The system refuses longer files from that write on, until the bidder has said so."""
    points = [point for point in recording.points if point.is_storage]
    play_stops(field, recording, [Stop("limit", point) for point in points])


@pytest.mark.long
@pytest.mark.timeout(LONG_TIMEOUT_S)
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root mounts a file system"
)
def test_a_bidder_whose_disk_is_full_at_any_write_ends_right(
    field: Field, recording: Recording, tmp_path: Path
) -> None:
    """A small file system for each, filled to its last byte by another program."""
    points = [point for point in recording.points if point.is_storage]
    numbers = itertools.count()
    with contextlib.ExitStack() as stack:

        def make_home() -> tuple[Person, str]:
            folder = stack.enter_context(_mount(tmp_path / str(next(numbers))))
            [person] = field.make_people(1, folder=folder)
            return person, str(folder / "filler")

        play_stops(field, recording, [Stop("fill", point, make_home=make_home) for point in points])


@contextlib.contextmanager
def _mount(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let its root mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.long
@pytest.mark.timeout(LONG_TIMEOUT_S)
def test_a_bidder_whose_journal_is_cut_at_any_point_ends_right(
    field: Field, recording: Recording
) -> None:
    """Killed, and the last page of the journal gone, as after a power cut on a disk that lied."""
    points = [
        point
        for before, point in zip(recording.points, recording.points[1:], strict=False)
        if before.is_change or point.is_change
    ]
    play_stops(field, recording, [Stop("cut", point) for point in points])
