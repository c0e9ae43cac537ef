"""A web server in a thread that sends one file, well or badly, and remembers what it was asked for and what it sent."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True)
class Answer:
    """How one request is answered. `send`: so many bytes of those promised, then the connection ends.

    `stalls`: instead of ending, or of saying anything, it is silent until the server closes. `chunked`: all bytes are
    one chunk. `piece`: so many bytes at a time, each time after a token was released.
    """

    status: int = 200
    content_type: str = "application/octet-stream"
    location: str | None = None
    body: bytes | None = None
    knows_ranges: bool = True
    shifts_range: int = 0
    says_length: bool = True
    send: int | None = None
    stalls: bool = False
    chunked: bool = False
    piece: int | None = None


@dataclass(frozen=True)
class Request:
    """`path` is what the request line says: a whole URL where the server is taken for a proxy."""

    path: str
    range: str | None


class LocalServer:
    """Sends `content` for any path; `answers` say otherwise, one for each request. `sent` has (start, end) of bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.answers: deque[Answer] = deque()
        self.requests: list[Request] = []
        self.sent: list[tuple[int, int]] = []
        self.tokens = threading.Semaphore(0)
        self.closing = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self.tokens.release(1000)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for them

    def __init__(self, local: LocalServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.local = local


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        answer = self.server.local.answers.popleft() if self.server.local.answers else Answer()
        asked = self.headers.get("Range")
        self.server.local.requests.append(Request(self.path, asked))
        with suppress(ConnectionError):  # a client may go whenever it likes
            self._answer(answer, asked)

    def do_CONNECT(self) -> None:
        self.server.local.requests.append(Request(self.path, None))
        self.send_error(self.server.local.answers.popleft().status)

    def _answer(self, answer: Answer, asked: str | None) -> None:
        body = self.server.local.content if answer.body is None else answer.body
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and answer.knows_ranges else 0
        status = answer.status
        if status == 200 and start:
            status = 206 if start < len(body) else 416
        if answer.stalls and answer.send is None:
            self.server.local.closing.wait()
            return
        self.send_response(status)
        if answer.location:
            self.send_header("Location", answer.location)
        if status == 206:
            self.send_header("Content-Range", f"bytes {start + answer.shifts_range}-{len(body) - 1}/{len(body)}")
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif answer.says_length:
            self.send_header("Content-Length", str(len(body) - start if status in (200, 206) else 0))
        self.send_header("Content-Type", answer.content_type)
        self.end_headers()
        if status in (200, 206):
            self._send(body, start, len(body) if answer.send is None else start + answer.send, answer)

    def _send(self, body: bytes, start: int, end: int, answer: Answer) -> None:
        step = answer.piece or end - start
        if answer.chunked:
            self.wfile.write(b"%x\r\n" % (len(body) - start))
        for at in range(start, end, step):
            if answer.piece:
                self.server.local.tokens.acquire()
            if at + step >= end:  # before the client has all of it: it may look at once
                self.server.local.sent.append((start, end))
            self.wfile.write(body[at : min(at + step, end)])
        if answer.chunked and end == len(body):
            self.wfile.write(b"\r\n0\r\n\r\n")
        if answer.stalls:
            self.server.local.closing.wait()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        pass
