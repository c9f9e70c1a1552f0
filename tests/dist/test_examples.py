"""The wheel alone knows the auctions that `plurichain demo` plays."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.dist

CODE = """\
from plurichain.scenarios.example import get_examples_folder, load_example
names = ("town-tender", "town-sale")
print(get_examples_folder().name, *(len(load_example(name).bids) for name in names))
"""


def test_the_wheel_carries_the_examples(wheel_env, tmp_path) -> None:
    result = wheel_env.run(wheel_env.python, "-c", CODE, cwd=tmp_path)

    assert result.stdout == "_examples 10 10\n", result.stderr


def test_the_demo_is_there_without_extras(wheel_env, tmp_path) -> None:
    result = wheel_env.run(wheel_env.plurichain, "demo", "--help", cwd=tmp_path)

    assert result.returncode == 0, result.stderr
    assert "plurichain demo --auction forward" in result.stdout
