"""The line to a remote detector: requests over HTTP that are tried again, and sentences where that does not help."""

from __future__ import annotations

import http.client
import re
import ssl
import time
import weakref
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from detector import wire
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT_PORT = 8645
SCHEMES = ("http://", "https://")

_HOST = re.compile(r"[0-9A-Za-z._:-]{1,255}")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for a connection, for an answer, and from the first failure on for another try."""

    connect: float = 5.0
    answer: float = 120.0
    retry: float = 5.0
    first_pause: float = 0.1
    longest_pause: float = 2.0


class Place(NamedTuple):
    """Where a remote detector is."""

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """Host and port, for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """What `place_of` makes this of."""
        return f"{self.scheme}://{self.netloc}"


class Answered(NamedTuple):
    """What came back: `status` of HTTP, headers by lower-case name, and all of the body."""

    status: int
    headers: dict[str, str]
    body: bytes


def is_url(text: str) -> bool:
    """Tell whether a model that is named so is a remote detector."""
    return text.lower().startswith(SCHEMES)


def place_of(url: str) -> Place:
    """Return where an address such as `http://127.0.0.1:8645` leads. Raises DetectorError for any that says more."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORT
        is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
    except ValueError:
        host, port, is_bare = "", 0, False
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not is_bare or not _HOST.fullmatch(host):
        raise DetectorError(
            f"{url[:200]} is not the address of a remote detector: that is like http://127.0.0.1:{DEFAULT_PORT}."
        )
    return Place(parts.scheme, host, port)


class Line:
    """Asks one remote detector. Any thread; each uses a connection of its own, which is kept for the next request.

    A request is sent again where the connection is lost or the detector is busy, with growing pauses, for
    `patience.retry` seconds: what is asked changes nothing there, so it may be asked twice.
    """

    def __init__(
        self,
        place: Place,
        token: str,
        patience: Patience = Patience(),
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = place
        self._headers = {"Authorization": f"Bearer {token}", "User-Agent": "boxwright"}
        self._patience, self._sleep, self._clock = patience, sleep, clock
        self._idle: deque[http.client.HTTPConnection] = deque()
        weakref.finalize(self, _close_all, self._idle)  # a detector that is replaced is only dropped
        self._context = ssl.create_default_context() if place.scheme == "https" else None

    def ask(
        self, path: str, body: bytes | memoryview | None = None, headers: Mapping[str, str] | None = None
    ) -> Answered:
        """Return the answer, whatever its status, unless that says busy. Raises DetectorError where none comes."""
        end, pause = self._clock() + self._patience.retry, self._patience.first_pause
        while True:
            try:
                answered = self._once(path, body, headers or {})
                if answered.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    return answered
                sentence = f"The detector at {self.place.url} is busy: try again in a while, or ask fewer at once."
            except (OSError, http.client.HTTPException) as error:
                sentence = self._sentence(error)
                if isinstance(error, ssl.SSLCertVerificationError):
                    raise DetectorError(sentence) from error
            if self._clock() + pause > end:
                raise DetectorError(sentence)
            self._sleep(pause)
            pause = min(2 * pause, self._patience.longest_pause)

    def close(self) -> None:
        """Let go of the connections that nobody uses; a later request makes another."""
        _close_all(self._idle)

    def _once(self, path: str, body: bytes | memoryview | None, headers: Mapping[str, str]) -> Answered:
        while True:
            try:
                connection, is_old = self._idle.pop(), True
            except IndexError:
                connection, is_old = self._connected(), False
            try:
                return self._exchange(connection, path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                # A server ends what is idle for long: that says nothing about whether it would answer now.
                if not is_old or isinstance(error, TimeoutError):
                    raise

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        path: str,
        body: bytes | memoryview | None,
        headers: Mapping[str, str],
    ) -> Answered:
        is_cut = False
        try:
            connection.request(wire.METHODS[path], path, body, {**self._headers, **headers})
        except (BrokenPipeError, ConnectionResetError):
            is_cut = True  # who refuses a request need not read it to the end: the answer may be there all the same
        response = connection.getresponse()
        answered = response.read(wire.MOST_ANSWER + 1)
        if len(answered) > wire.MOST_ANSWER:
            raise http.client.HTTPException("the answer does not end")
        if response.will_close or is_cut:
            connection.close()
        else:
            self._idle.append(connection)
        return Answered(response.status, {name.lower(): value for name, value in response.getheaders()}, answered)

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

    def _sentence(self, error: Exception) -> str:
        url = self.place.url
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"The certificate of the detector at {url} is not to be trusted: {error.verify_message}."
        if isinstance(error, TimeoutError):
            return f"The detector at {url} does not answer in time."
        if isinstance(error, ConnectionRefusedError):
            return f"The detector at {url} does not answer: nothing runs there. Start it with `boxwright serve`."
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        return f"The detector at {url} does not answer: {str(reason)[:200]}."


def _close_all(connections: deque[http.client.HTTPConnection]) -> None:
    while connections:
        connections.pop().close()
