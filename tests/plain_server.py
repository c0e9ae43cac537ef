"""A remote detector on a plain HTTP server in a thread, which can be busy, lost, or talk nonsense."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import numpy as np

from detector.answering import Answering, Request
from detector.types import Candidates, DetectorError, Prediction, Proposals, Refinement
from detector.wire import Answer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from detector.answering import Lendable

TOKEN = "a-token-for-tests-only"
PASSED = Answer(0, {}, b"")
CATEGORIES = ("die", "coin")


class MadeUpPredictor:
    """Says of every image what its size and its first pixel decide; keeps names of images for a second look."""

    name = "Made up"
    model_version = "made-up-1"
    categories = CATEGORIES
    score_floor = 0.02
    device = "cuda"
    numerics = ("fast", "float16")

    def __init__(self) -> None:
        self.notice = ""
        self.kept: list[object] = []
        self.keys: list[object] = []

    def predict(self, image, key=None) -> Prediction:
        if image[0, 0, 0] == 255:
            raise DetectorError("This image is too bright.")
        if image[0, 0, 0] == 254:
            raise ZeroDivisionError("a fault of the program")
        self.keys.append(key)
        if key is not None:
            self.kept.append(key)
        height, width = image.shape[:2]
        boxes = np.array([[0, 0, width / 3, height / 7], [1, 2, width, height]], dtype=np.float32)
        scores = np.array([0.9, 0.1 + image[0, 0, 0] / 1000], dtype=np.float32)
        candidates = Candidates(boxes, scores, np.array([2, 1]), np.array([0, 1]))
        proposals = Proposals(boxes, scores)
        return Prediction((height, width), proposals, candidates, self.categories, self.model_version, 0.02)

    def refine(self, key, boxes) -> Refinement | None:
        if key not in self.kept:
            return None
        rows = np.asarray(boxes, dtype=np.float32).reshape(-1, 4)
        fitted = np.stack([rows / 3, rows / 7], axis=1)
        count = len(rows)
        scores = np.tile(np.array([0.7, 0.2], dtype=np.float32), (count, 1))
        labels = np.tile(np.array([2, 1]), (count, 1))
        return Refinement(fitted, labels, scores, scores[:, 0], self.categories, self.model_version)


class PlainServer:
    """Answers as `Answering` does; the next of `instead`, where there is one, answers in its place."""

    def __init__(self, tls: ssl.SSLContext | None = None, predictor: Lendable | None = None) -> None:
        self.tls = tls
        self.predictor = predictor or MadeUpPredictor()
        self.answering = Answering(self.predictor, TOKEN)
        self.instead: deque[Callable[[BaseHTTPRequestHandler], Answer | None]] = deque()
        self.requests: list[Request] = []
        self.turn = threading.Lock()  # a predictor is for one thread at a time
        self.connections = 0
        self.closing = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[PlainServer]:
        """Serve as long as this lasts, at the port of the last time."""
        outer = self
        self.closing.clear()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                outer.connections += 1
                open_ones.append(self.connection)

            def do_GET(self) -> None:
                outer._serve(self)

            do_POST = do_GET  # noqa: N815 - the name of the base class

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
                pass

            def handle(self) -> None:
                with suppress(ConnectionError, OSError, ValueError):
                    super().handle()

        open_ones: list = []
        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        server.daemon_threads = False
        if self.tls is not None:
            server.socket = self.tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self.closing.set()
            server.shutdown()
            for one in open_ones:
                with suppress(OSError):
                    one.shutdown(2)
            thread.join()
            server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(handler.command, handler.path, headers, body)
        self.requests.append(request)
        answer = self.instead.popleft()(handler) if self.instead else PASSED
        if answer is PASSED:
            with self.turn:
                answer = self.answering.answer(request)
        if answer is None:
            handler.close_connection = True
            return
        handler.send_response(answer.status)
        for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer.body)


def passing(_handler: object) -> Answer:
    """Let it be answered as any other."""
    return PASSED


class Pauses:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.now, self.taken = 0.0, []

    def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


def busy(_handler: object) -> Answer:
    return Answer(503, {}, b'{"error": "busy"}')


def lost(_handler: object) -> None:
    """End the connection without a word."""


def writing(raw: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """Write bytes as they are, and end the connection."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(raw)
        handler.wfile.flush()

    return write


def saying(body: bytes, status: int = 200, **headers: str) -> Callable[[object], Answer]:
    return lambda _: Answer(status, headers, body)
