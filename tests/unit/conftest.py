"""What every unit test may rely on: a test that forks is not ended by gRPC."""

from __future__ import annotations

import os

# Read when gRPC is imported. Its own threads, which it would begin anew in every forked child,
# now and then fail there; no child of a unit test calls a node by gRPC. What a user's child does
# is tested on real chains (tests/localnet/chain), where gRPC is as it comes.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
