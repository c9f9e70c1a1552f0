"""Generated protobuf code. Made by scripts/gen-proto; not edited by hand."""

# The generated modules import cosmos.*, gogoproto.* and the like by their protobuf paths; cosmpy
# carries them and puts their folder on the import path.
import cosmpy.protos  # noqa: F401
