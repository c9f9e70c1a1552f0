"""A project with a chain of its own: one fixture of the plugin is overridden, nothing else."""

import os
from pathlib import Path

import pytest

from plurichain.harness import Topology


@pytest.fixture(scope="session")
def chain_topology() -> Topology:
    return Topology(
        chain_id="alien-7",
        binary=Path(os.environ["ALIEND"]),
        prefix="alien",
        bond_denom="uglim",
        denoms=("udust",),
        accounts={"zork": {"udust": 42}},
        full_nodes=1,
    )
