"""A hub on this machine: it answers as Hugging Face's does, and can be told to fail in every way that matters."""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from nearfar.models.card import ModelSpec, load_card
from nearfar.models.card import card as shipped_card

CARD_ID = "depth-anything-v2-small"


@dataclass
class Hub:
    """What the server serves, how it fails, and what it was asked.

    Attributes:
        content: The bytes of every file.
        status: Answer this to everything.
        status_of_get: Answer this to GET.
        commit: What X-Repo-Commit says; None leaves it out, as a log-in page would.
        claimed_bytes: The length that HEAD claims, if not that of the content.
        sent: The bytes that GET sends with a length of their own, if not the content.
        cuts: One entry an answer: the connection breaks off after so many bytes of its body.
        redirect: HEAD and GET of a file send to another origin, as the hub does for large files.
        wait_for: HEAD waits for it.
        barrier: GET waits for it.
        requests: ``METHOD path`` of every request, and its headers by their lower-case names.
    """

    content: bytes = b""
    status: int | None = None
    status_of_get: int | None = None
    commit: str | None = "4472b7362082ad9968fee890ca0f1e5aca36b93d"
    claimed_bytes: int | None = None
    sent: bytes | None = None
    cuts: list[int] = field(default_factory=list)
    redirect: bool = False
    wait_for: threading.Event | None = None
    barrier: threading.Barrier | None = None
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    endpoint: str = ""

    @property
    def asked(self) -> list[str]:
        return [line for line, _ in self.requests]


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve ``hub`` on a free port of this machine."""

    class Handler(_Handler):
        served = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        if hub.wait_for is not None:
            hub.wait_for.set()
        server.shutdown()
        server.server_close()
        thread.join()


def write_card(folder: Path, content: bytes) -> Path:
    """Write the shipped card of Depth Anything V2 Small, its model pinned to ``content`` instead."""
    pinned = shipped_card(CARD_ID).file()
    text = (Path(__file__).parents[2] / f"src/nearfar/models/cards/{CARD_ID}.toml").read_text(encoding="utf-8")
    text = text.replace(f"bytes = {pinned.bytes:_}", f"bytes = {len(content)}")
    text = text.replace(pinned.sha256, hashlib.sha256(content).hexdigest())
    path = folder / f"{CARD_ID}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def tiny_card(folder: Path, content: bytes) -> ModelSpec:
    """Return that card, loaded."""
    return load_card(write_card(folder, content))


class _Handler(BaseHTTPRequestHandler):
    served: Hub

    def do_HEAD(self) -> None:
        self._note()
        if self.served.wait_for is not None:
            self.served.wait_for.wait()
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._note()
        if self.served.barrier is not None:
            self.served.barrier.wait(timeout=20)
        self._answer(with_body=True)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _note(self) -> None:
        self.served.requests.append(
            (f"{self.command} {self.path}", {name.lower(): value for name, value in self.headers.items()})
        )

    def _answer(self, *, with_body: bool) -> None:
        hub = self.served
        status = (with_body and hub.status_of_get) or hub.status
        if status is not None:
            self._head(status, length=0)
        elif hub.redirect and "/resolve/" in self.path:
            address = hub.endpoint.replace("127.0.0.1", "localhost") + "/storage"
            self._head(302, length=0, extra={"Location": address, "X-Linked-Size": str(len(hub.content))})
        elif not with_body:
            self._head(200, length=len(hub.content) if hub.claimed_bytes is None else hub.claimed_bytes)
        else:
            self._send_body(hub.content if hub.sent is None else hub.sent)

    def _send_body(self, content: bytes) -> None:
        start = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        begin = int(start.group(1)) if start else 0
        body = content[begin:]
        extra = {"Content-Range": f"bytes {begin}-{len(content) - 1}/{len(content)}"} if start else {}
        self._head(206 if start else 200, length=len(body), extra=extra)
        self.wfile.write(body[: self.served.cuts.pop(0)] if self.served.cuts else body)

    def _head(self, status: int, *, length: int, extra: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("ETag", f'"{hashlib.sha256(self.served.content).hexdigest()}"')
        if self.served.commit is not None:
            self.send_header("X-Repo-Commit", self.served.commit)
        for name, value in (extra or {}).items():
            self.send_header(name, value)
        self.end_headers()
