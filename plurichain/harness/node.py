"""One node of a running chain: its addresses, its process, its log."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING, Any

from plurichain.errors import BadReply, HarnessError, NodeTimeout, NodeUnreachable
from plurichain.harness.logs import LogWatch, read_tail

if TYPE_CHECKING:
    from pathlib import Path

    from plurichain.harness.endpoints import NodeEndpoints
    from plurichain.harness.supervision import Supervision

CALL_DEADLINE_S = 2.0


class Node:
    """A node that can be killed, paused, resumed and started again."""

    def __init__(self, endpoints: NodeEndpoints, supervision: Supervision) -> None:
        self.name = endpoints.name
        self.grpc = endpoints.grpc
        self.rpc = endpoints.rpc
        self.api = endpoints.api
        self.home: Path = endpoints.home
        self.log = self.home / "node.log"
        self.watch = LogWatch(self.log)
        self._supervision = supervision

    # --- process ---------------------------------------------------------------------------------

    @property
    def pid(self) -> int | None:
        """Process id while the node runs, else None."""
        known = self._supervision.get_node(self.name)
        return known["pid"] if known and known["status"] == "running" else None

    @property
    def exit_code(self) -> int | None:
        """Exit status of a node that has ended (negative: the signal), else None."""
        known = self._supervision.get_node(self.name)
        return known["exit_code"] if known else None

    def start(self) -> None:
        """Start the process; `LocalChain.wait_ready` tells when it answers."""
        self.watch.skip()
        self._supervision.order("start", node=self.name)

    def kill(self) -> None:
        """End the process at once (SIGKILL); it has ended when this returns."""
        self._signal("SIGKILL")

    def pause(self) -> None:
        """Stop the process where it is (SIGSTOP): its ports stay open and nothing answers."""
        self._signal("SIGSTOP")

    def resume(self) -> None:
        """Let a paused process go on (SIGCONT)."""
        self._signal("SIGCONT")

    def restart(self) -> None:
        """Kill the process, if it runs, and start it on the same ports and data."""
        if self.pid is not None:
            self.kill()
        self.start()

    def _signal(self, name: str) -> None:
        self._supervision.order("signal", node=self.name, signal=name)

    def validate_healthy(self) -> None:
        """Raise HarnessError if the node panicked or ended, with the first line that says why."""
        panic = self.watch.find_panic()
        if panic is not None:
            raise HarnessError(f"{self.name}: {panic}", remedy=f"the whole log is {self.log}")
        if self.pid is None:
            last = (read_tail(self.log, 1) or ["no output"])[0]
            raise HarnessError(
                f"{self.name} ended with status {self.exit_code}: {last}",
                remedy=f"the whole log is {self.log}",
            )

    # --- RPC -------------------------------------------------------------------------------------

    def get_status(self, *, timeout_s: float = CALL_DEADLINE_S) -> dict[str, Any]:
        """Return CometBFT's /status. Raises NodeUnreachable, NodeTimeout, BadReply."""
        return self.get_rpc("/status", timeout_s=timeout_s)

    def get_height(self, *, timeout_s: float = CALL_DEADLINE_S) -> int:
        """Return the height of the node's latest block, 0 before the first."""
        try:
            return int(self.get_status(timeout_s=timeout_s)["sync_info"]["latest_block_height"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadReply(f"{self.name}: /status has no height") from error

    def get_rpc(self, path: str, *, timeout_s: float = CALL_DEADLINE_S) -> dict[str, Any]:
        """Return the `result` of one GET over CometBFT's RPC; proxies are never asked."""
        host, _, port = self.rpc.removeprefix("http://").partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=timeout_s)
        try:
            connection.request("GET", path)
            reply = json.loads(connection.getresponse().read())
        except TimeoutError as error:
            raise NodeTimeout(
                f"{self.name} at {self.rpc} did not answer in {timeout_s} s"
            ) from error
        except (OSError, http.client.HTTPException, socket.gaierror) as error:
            raise NodeUnreachable(f"{self.name} at {self.rpc} is not reachable") from error
        except ValueError as error:
            raise BadReply(f"{self.name} at {self.rpc}: {path} is not JSON") from error
        finally:
            connection.close()
        result = reply.get("result") if isinstance(reply, dict) else None
        if not isinstance(result, dict):
            raise BadReply(f"{self.name} at {self.rpc}: {path} gives no result")
        return result
