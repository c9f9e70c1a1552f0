"""Build hook: a wheel carries the Go sources of the chain, so that it can build it anywhere.

In a checkout they are `localnet/`; in an installed wheel `plurichain/_localnet/`. The examples that
`plurichain demo` plays go from `examples/` to `plurichain/_examples/`. An editable install keeps
reading the checkout, so nothing is copied for it.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Sources and what they embed; tests, recorded data and the chain that only tests need stay behind.
CARRIED_SUFFIXES = {".go", ".mod", ".sum", ".json", ".toml", ".yaml", ".yml"}
LEFT_OUT = (Path("cmd/aliend"), Path("internal/alien"), Path("build"))


def is_carried(path: Path) -> bool:
    """Tell whether a file below localnet/ belongs into the wheel."""
    if any(path.is_relative_to(folder) for folder in LEFT_OUT):
        return False
    if any(part == "testdata" or part.startswith(".") for part in path.parts):
        return False
    return path.suffix in CARRIED_SUFFIXES and not path.name.endswith("_test.go")


class LocalnetSources(BuildHookInterface[Any]):
    """Adds `localnet/` and `examples/` below `plurichain/` to a standard wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill in hatch's map of source file to place in the wheel."""
        if self.target_name != "wheel" or version == "editable":
            return
        source = Path(self.root) / "localnet"
        for path in sorted(source.rglob("*")):
            relative = path.relative_to(source)
            if path.is_file() and is_carried(relative):
                build_data["force_include"][str(path)] = (
                    f"plurichain/_localnet/{relative.as_posix()}"
                )
        build_data["force_include"][str(Path(self.root) / "examples")] = "plurichain/_examples"
