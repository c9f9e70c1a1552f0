"""Move protoc's Python output below plurichain/chain/pb, and let its modules find each other there.

Left where protoc puts it, plurichain/auction/v1/tx.proto would become a part of the pure layer
plurichain.auction. Only module names change; the descriptors keep the protobuf names.
"""

import re
import shutil
import sys
from pathlib import Path

PREFIX = "plurichain.chain.pb."

# `from plurichain.auction.v1 import tx_pb2` in _pb2.py and _pb2_grpc.py
FROM_IMPORT = re.compile(r"^(\s*from )(plurichain\.[\w.]+ import )", re.MULTILINE)
# `plurichain.auction.v1.tx_pb2` in stubs and as the name of a message's module. A message's or a
# service's own full name has no part that ends in _pb2, so it stays.
MODULE_NAME = re.compile(r"\bplurichain\.(?:\w+\.)+\w+_pb2(?:_grpc)?\b")

ROOT_INIT = '''"""Generated protobuf code. Made by scripts/gen-proto; not edited by hand."""

# The generated modules import cosmos.*, gogoproto.* and the like by their protobuf paths; cosmpy
# carries them and puts their folder on the import path.
import cosmpy.protos  # noqa: F401
'''


def rewrite_module_names(text: str) -> str:
    """Point every reference to one of our generated modules at its place below PREFIX."""
    text = FROM_IMPORT.sub(rf"\1{PREFIX}\2", text)
    return MODULE_NAME.sub(lambda match: PREFIX + match.group(0), text)


def place_generated(source: Path, target: Path) -> None:
    """Replace the folder `target` by the rewritten content of `source`."""
    shutil.rmtree(target, ignore_errors=True)
    for path in sorted(source.rglob("*.py*")):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(rewrite_module_names(path.read_text(encoding="utf-8")), encoding="utf-8")
    for folder in sorted(folder for folder in target.rglob("*") if folder.is_dir()):
        (folder / "__init__.py").write_text("", encoding="utf-8")
    (target / "__init__.py").write_text(ROOT_INIT, encoding="utf-8")


if __name__ == "__main__":
    place_generated(Path(sys.argv[1]), Path(sys.argv[2]))
