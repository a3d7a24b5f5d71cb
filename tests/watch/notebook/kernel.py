"""A real kernel for tests, started like those of Jupyter and VS Code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jupyter_client.manager import KernelManager

DEADLINE = 300.0  # seconds; only a kernel that hangs takes this long


@dataclass
class Ran:
    """The results of a cell: its messages of each type, and the exception's class if it failed."""

    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    failed: str = ""

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [content for kind, content in self.messages if kind in kinds]

    @property
    def html(self) -> list[str]:
        """Return the HTML of all displays and results, in order, without updates."""
        shown = self.of("display_data", "execute_result")
        return [content["data"]["text/html"] for content in shown if "text/html" in content["data"]]

    @property
    def updates(self) -> list[tuple[str, str]]:
        """Return (display id, HTML) of each update of a display."""
        return [
            (content["transient"]["display_id"], content["data"]["text/html"])
            for content in self.of("update_display_data")
        ]

    @property
    def printed(self) -> str:
        return "".join(content["text"] for content in self.of("stream") if content["name"] == "stdout")


class Kernel:
    """Runs cells one after the other."""

    def __init__(self) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=DEADLINE)

    def run(self, cell: str, then: Callable[[str, dict[str, Any]], None] | None = None) -> Ran:
        """Run a cell to its end. `then` is called with each message while the cell runs."""
        identity, ran = self.client.execute(cell), Ran()
        for kind, content in self._messages(identity):
            ran.messages.append((kind, content))
            if kind == "error":
                ran.failed = content["ename"]
            if then is not None:
                then(kind, content)
        return ran

    def _messages(self, identity: str) -> Iterator[tuple[str, dict[str, Any]]]:
        while True:
            message = self.client.get_iopub_msg(timeout=DEADLINE)
            if message["parent_header"].get("msg_id") != identity:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return
            yield kind, content

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
