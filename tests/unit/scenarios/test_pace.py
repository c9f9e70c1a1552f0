from __future__ import annotations

import os

import pytest

from plurichain.scenarios.pace import compute_pace, get_pace


@pytest.mark.parametrize(
    ("load", "cores", "pace"),
    [(0.0, 2, 1), (4.9, 2, 1), (5.0, 2, 2), (18.0, 2, 5), (58.7, 2, 15), (58.7, 64, 1)],
)
def test_the_pace_follows_the_load_of_each_core(load: float, cores: int, pace: int) -> None:
    assert compute_pace(load, cores) == pace


@pytest.mark.parametrize(
    ("load", "start_s", "pace"), [(0.0, 1.4, 1), (0.0, 2.0, 1), (1.0, 2.8, 2), (9.0, 4.1, 3)]
)
def test_a_chain_that_starts_slowly_tells_what_the_load_does_not(
    load: float, start_s: float, pace: int
) -> None:
    assert compute_pace(load, 2, start_s) == pace


def test_a_machine_that_does_not_tell_its_load(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> tuple[float, float, float]:
        raise OSError

    monkeypatch.setattr(os, "getloadavg", refuse)
    assert get_pace() == 1
    monkeypatch.setattr(os, "getloadavg", lambda: (70.0, 0.0, 0.0))
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert get_pace() == 35
