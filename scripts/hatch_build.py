"""Build hook: a wheel carries the Go sources of the chain, so that it can build it anywhere.

In a checkout they are `localnet/`; in an installed wheel `plurichain/_localnet/`. An editable
install keeps reading the checkout, so nothing is copied for it.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Everything else in localnet/ (tests, recorded data, build output) is of no use to a user.
CARRIED_SUFFIXES = {".go", ".mod", ".sum"}
# autocli and the module registry embed such files; they are found by their Go directive's folder.
CARRIED_EMBEDS = {".json", ".toml", ".yaml", ".yml", ".proto"}
LEFT_OUT_FOLDERS = {"testdata", "build", "simulation", "testutil"}


def is_carried(path: Path) -> bool:
    """Tell whether a file below localnet/ belongs into the wheel."""
    if any(part in LEFT_OUT_FOLDERS or part.startswith(".") for part in path.parts):
        return False
    if path.name.endswith("_test.go"):
        return False
    return path.suffix in CARRIED_SUFFIXES | CARRIED_EMBEDS


class LocalnetSources(BuildHookInterface[Any]):
    """Adds `localnet/` as `plurichain/_localnet/` to a standard wheel."""

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
