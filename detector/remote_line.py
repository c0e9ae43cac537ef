"""The line to a remote detector: requests over HTTP that are tried again, and sentences where that does not help."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import threading
import time
import weakref
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from detector import wire
from detector.types import AwayError, DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from detector.remote_address import Place

MOST_LOSSES = 2  # of detectors that die of one request: it is not sent to a third

_BEFORE_IT = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)  # what a proxy says where nobody answers it
_LATER = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS, *_BEFORE_IT)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for a connection, for an answer, and from the first failure on for another try.

    That is `retry`, or `begin` where nobody has ever answered: whoever wrote a wrong address learns it soon.
    A request that carries much is waited for longer, by what that takes at `wire.LEAST_SPEED`.
    """

    connect: float = 5.0
    answer: float = 120.0
    retry: float = 5.0
    begin: float = 5.0
    first_pause: float = 0.1
    longest_pause: float = 2.0


class Line:
    """Asks one remote detector. Any thread; each uses a connection of its own, which is kept for the next request.

    A request is sent again where the connection is lost or the detector is busy, with growing pauses, for
    `patience.retry` seconds: what is asked changes nothing there, so it may be asked twice. Once that did not help,
    the next request is sent but once, until one is answered.
    """

    def __init__(
        self,
        place: Place,
        token: str,
        patience: Patience = Patience(),
        *,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = place
        self._headers = {
            "Authorization": f"Bearer {token}",
            "User-Agent": "boxwright",
            wire.PROTOCOL_HEADER: str(wire.PROTOCOL),
        }
        self._patience, self._clock = patience, clock
        self._sleep = sleep or self._rest
        self._idle: deque[http.client.HTTPConnection] = deque()
        weakref.finalize(self, _close_all, self._idle)  # a detector that is replaced is only dropped
        self._context = ssl.create_default_context() if place.scheme == "https" else None
        self._change = threading.Condition()
        self._interruptions = 0
        self._under_way: set[socket.socket] = set()
        self._is_away = self._was_answered = False

    def ask(
        self, path: str, body: bytes | memoryview | None = None, headers: Mapping[str, str] | None = None
    ) -> wire.Answer:
        """Return the answer, whatever its status, unless that says busy, or lost for the first times.

        Raises AwayError where none comes, and DetectorError where nobody is trusted to give one.
        """
        start, patience = self._clock(), 0 if self._is_away else self._patience.retry
        pause, losses, interruptions = self._patience.first_pause, 0, self._interruptions
        while True:
            wait = pause
            try:
                answered = self._once(path, body, headers or {})
                self._was_answered = True
                losses += answered.status == HTTPStatus.BAD_GATEWAY and bool(wire.read_error(answered.body))
                if answered.status not in _LATER or losses > MOST_LOSSES:
                    self._is_away = False
                    return answered
                sentence = self._later(answered.status)
                wait = max(pause, _retry_after(answered.headers))
            except (OSError, http.client.HTTPException) as error:
                sentence = self._sentence(error)
                if isinstance(error, ssl.SSLCertVerificationError):
                    raise DetectorError(sentence) from error
                if not self._was_answered:
                    patience = min(patience, self._patience.begin)
            if self._interruptions != interruptions or self._clock() + wait > start + patience:
                self._is_away = True
                raise AwayError(sentence)
            self._sleep(wait)
            pause = min(2 * pause, self._patience.longest_pause)

    def interrupt(self) -> None:
        """End the requests that are under way: they raise AwayError. Those that come later are sent. Any thread."""
        with self._change:
            self._interruptions += 1
            for one in self._under_way:
                _shut(one)
            self._change.notify_all()

    def close(self) -> None:
        """Let go of the connections that nobody uses; a later request makes another."""
        _close_all(self._idle)

    def _rest(self, seconds: float) -> None:
        with self._change:
            before = self._interruptions
            self._change.wait_for(lambda: self._interruptions != before, seconds)

    def _once(self, path: str, body: bytes | memoryview | None, headers: Mapping[str, str]) -> wire.Answer:
        while True:
            try:
                connection, is_old = self._idle.pop(), True
            except IndexError:
                connection, is_old = self._connected(), False
            try:
                with self._watched(connection.sock, len(body or b"")):
                    answered = self._exchange(connection, path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                # A server ends what is idle for long: that says nothing about whether it would answer now.
                if not is_old or isinstance(error, TimeoutError | InterruptedError):
                    raise
                continue
            if connection.sock is not None:  # not before nobody watches it any more: another thread may take it at once
                self._idle.append(connection)
            return answered

    @contextmanager
    def _watched(self, line: socket.socket, size: int) -> Iterator[None]:
        """Let an exchange be interrupted, and end it where it takes too long: one byte now and then is no answer.

        Raises TimeoutError, InterruptedError.
        """
        is_late = threading.Event()

        def end() -> None:
            is_late.set()
            _shut(line)

        timer = threading.Timer(self._patience.answer + size / wire.LEAST_SPEED, end)
        timer.daemon = True
        timer.start()
        with self._change:
            interruptions = self._interruptions
            self._under_way.add(line)
        try:
            yield
        finally:
            timer.cancel()
            with self._change:
                self._under_way.discard(line)
            # Also where an answer came: one that was cut within its headers looks like one that is whole.
            if is_late.is_set():
                raise TimeoutError
            if self._interruptions != interruptions:
                raise InterruptedError(errno.EINTR, "the request was given up")

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        path: str,
        body: bytes | memoryview | None,
        headers: Mapping[str, str],
    ) -> wire.Answer:
        is_cut = False
        try:
            connection.request(wire.METHODS[path], path, body, {**self._headers, **headers})
        except (BrokenPipeError, ConnectionResetError):
            is_cut = True  # who refuses a request need not read it to the end: the answer may be there all the same
        response = connection.getresponse()
        most = wire.most_answer(path)
        if response.length is None and not response.chunked:
            raise http.client.IncompleteRead(b"")  # nobody could tell where it ends
        # Not read at all where too much is announced: room for all of it would be made first.
        answered = b"" if (response.length or 0) > most else response.read(most + 1)
        if len(answered) > most or (response.length or 0) > most:
            raise http.client.HTTPException("the answer is larger than any that makes sense")
        if response.length:
            raise http.client.IncompleteRead(answered, response.length)
        if response.will_close or is_cut:
            connection.close()
        return wire.Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, answered)

    def _connected(self) -> http.client.HTTPConnection:
        host, port, wait = self.place.host, self.place.port, self._patience.connect
        if self._context is None:
            connection = http.client.HTTPConnection(host, port, timeout=wait)
        else:
            connection = http.client.HTTPSConnection(host, port, timeout=wait, context=self._context)
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        connection.sock.settimeout(self._patience.answer)
        return connection

    def _later(self, status: int) -> str:
        if status in _BEFORE_IT:
            return f"The detector at {self.place.url} does not answer: what stands before it says {status}."
        return f"The detector at {self.place.url} is busy: try again in a while, or ask fewer at once."

    def _sentence(self, error: Exception) -> str:
        url = self.place.url
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"The certificate of the detector at {url} is not to be trusted: {error.verify_message}."
        if isinstance(error, TimeoutError):
            return f"The detector at {url} does not answer in time."
        if isinstance(error, ConnectionRefusedError):
            return f"The detector at {url} does not answer: nothing runs there. Start it with `boxwright serve`."
        if isinstance(error, http.client.IncompleteRead):
            return f"The detector at {url} does not answer: what comes is not whole."
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        return f"The detector at {url} does not answer: {str(reason)[:200]}."


def _retry_after(headers: Mapping[str, str]) -> float:
    """Return how many seconds a busy detector wants to be left alone; 0 where it does not say."""
    text = headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0.0


def _shut(line: socket.socket) -> None:
    """End a connection that another thread waits at: it wakes up. Also one with TLS, which is that thread's own."""
    with suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)


def _close_all(connections: deque[http.client.HTTPConnection]) -> None:
    while connections:
        connections.pop().close()
