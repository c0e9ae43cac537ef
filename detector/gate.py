"""What stands before a remote detector: who may ask, how much may be sent, how slowly. ASGI; no torch, no Ray.

Nothing is passed on before all of it is here: whoever is slow, or goes away half-way, holds no place in the queue of
the detector. Whatever happens behind it, the answer has one of the detector's own or a sentence.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from detector import wire
from detector.tokens import is_allowed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MOST_HELD = 4 * wire.MOST_BODY  # bytes of all requests together, until they are answered
IDLE_SECONDS = 10.0  # between two pieces of a request
RETRY_SECONDS = 1

BUSY = "The detector is busy: try again in a moment."
FAILED = "The detector failed at this request; its log says why."
LOST = "The detector was lost at this request, and is started again; its log says why."
SLOW = "The request came too slowly and was given up."

_WAITED = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)

log = logging.getLogger(__name__)


class RefusedError(Exception):
    """A request that is not answered; `status` is that of HTTP, the text a sentence for people."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def admit(method: str, path: str, headers: Mapping[str, str], token: str) -> int:
    """Return how many bytes of body a request brings. Raises RefusedError before a byte of it is read.

    `headers` has lower-case names. Whoever has no token learns nothing but that.
    """
    if not is_allowed(headers.get("authorization", ""), token):
        raise RefusedError(HTTPStatus.UNAUTHORIZED, "The token is missing or not the one of this detector.")
    if path not in wire.METHODS:
        raise RefusedError(HTTPStatus.NOT_FOUND, f"There is only {', '.join(wire.METHODS)} here.")
    if method != wire.METHODS[path]:
        raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} wants {wire.METHODS[path]}.")
    try:
        wire.check_protocol(wire.header_of(headers, wire.PROTOCOL_HEADER))
        return 0 if method == "GET" else _length(path, headers)
    except wire.WireError as error:
        raise refusal(error) from error


def _length(path: str, headers: Mapping[str, str]) -> int:
    """Return how many bytes of body a request brings. Raises RefusedError, WireError."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in wire.BODY_TYPES[path]:
        raise RefusedError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"{path} takes a body of {', '.join(wire.BODY_TYPES[path])}."
        )
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdecimal() and len(length) < 16):
        raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "The request does not say how long its body is.")
    most = wire.MOST_TEXT if path == wire.REFINE else wire.MOST_BODY
    if kind == wire.PIXELS_TYPE:
        height, width = wire.read_size(wire.header_of(headers, wire.SIZE_HEADER))
        most = 3 * height * width
    if int(length) > most:
        sentence = f"A body of {length} bytes is too large: {most} are the limit."
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
    return int(length)


def refusal(error: wire.WireError) -> RefusedError:
    """Return what answers a request that is not what the protocol says."""
    is_large = isinstance(error, wire.TooLargeError)
    return RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE if is_large else HTTPStatus.BAD_REQUEST, str(error))


class Gate:
    """An ASGI application around the one that answers. One event loop.

    `token` is what every request has to carry. The answers of `app` pass if they carry `wire.STATE_HEADER`, or refuse
    with its JSON: anything else is replaced by a sentence.
    """

    def __init__(
        self, app: Application, token: str, *, most_held: int = MOST_HELD, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._app, self._token = app, token
        self._most_held, self._idle_seconds = most_held, idle_seconds
        self._held = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request, or let it be answered."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # the server ends what is not answered
        body = _Body()
        try:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            length = admit(scope["method"], scope["path"], headers, self._token)
            await self._read(body, length, receive)
            await self._behind(scope, body.receiver(receive), _AnswerFilter(send))
        except RefusedError as refused:
            await _refuse(send, refused)
        except _GoneError:
            log.info("A client went away before its request was whole.")
        finally:
            self._held -= body.taken

    async def _behind(self, scope: MutableMapping[str, Any], receive: Receive, answer: _AnswerFilter) -> None:
        """Let what is behind the gate answer; where its process dies the server would say what nobody understands."""
        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            log.exception("The detector was lost.")
            if answer.has_begun:
                raise
            raise RefusedError(HTTPStatus.BAD_GATEWAY, LOST) from error
        if not answer.has_begun:  # Ray does so
            raise RefusedError(HTTPStatus.BAD_GATEWAY, LOST)

    async def _read(self, body: _Body, length: int, receive: Receive) -> None:
        """Read all of a body. Raises RefusedError where it is slow, too long, or there is no room for it."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._idle_seconds + length / wire.LEAST_SPEED
        more = True
        while more:
            try:
                async with asyncio.timeout_at(min(end, loop.time() + self._idle_seconds)):
                    message = await receive()
            except TimeoutError:
                raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, SLOW) from None
            if message["type"] == "http.disconnect":
                raise _GoneError
            piece = message.get("body", b"")
            self._held += len(piece)
            body.put(piece)
            if body.taken > length:
                raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is longer than it was said to be.")
            if self._held > self._most_held:
                raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, BUSY)
            more = message.get("more_body", False)
        if body.taken != length:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "The body is shorter than it was said to be.")


class _GoneError(Exception):
    """Nobody waits for an answer any more."""


class _Body:
    """The pieces of a request; `taken` bytes have come."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.taken = 0

    def put(self, piece: bytes) -> None:
        self.taken += len(piece)
        if piece:
            self._pieces.append(piece)

    def receiver(self, receive: Receive) -> Receive:
        """Return what gives the pieces away, each once, and then what `receive` has to say."""
        pieces = self._pieces or [b""]
        pieces.reverse()

        async def next_message() -> Message:
            if not pieces:
                return await receive()
            piece = pieces.pop()
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        return next_message


class _AnswerFilter:
    """Lets answers of the detector pass, and puts a sentence in place of any other."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = self._is_replaced = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            names = {name.lower() for name, _ in message.get("headers", ())}
            if wire.STATE_HEADER.lower().encode() not in names:
                self._is_replaced = True
                await _refuse(self._send, _in_place_of(message["status"]))
        if not self._is_replaced:
            await self._send(message)


def _in_place_of(status: int) -> RefusedError:
    """Return what to say in place of an answer of `status` that is not the detector's, but of what carries requests."""
    if status in _WAITED:
        return RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, BUSY)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RefusedError(HTTPStatus.BAD_GATEWAY, LOST)
    return RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, FAILED)


async def _refuse(send: Send, refused: RefusedError) -> None:
    body = wire.error_bytes(str(refused))
    headers = [
        (b"content-type", wire.JSON_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # what is left of the request is never read
    ]
    if refused.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", str(RETRY_SECONDS).encode()))
    if refused.status == HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b"Bearer"))
    with suppress(OSError):
        await send({"type": "http.response.start", "status": int(refused.status), "headers": headers})
        await send({"type": "http.response.body", "body": body})
