"""Who gets past the gate of a remote detector, and what anybody hears from behind it."""

from __future__ import annotations

import asyncio
import json

import pytest

from detector import wire
from detector.gate import BUSY, FAILED, LOST, SLOW, Gate

TOKEN = "a-token-for-tests-only"
STATE = (wire.STATE_HEADER.lower().encode(), b"{}")
NEVER = object()


class Behind:
    """What stands behind the gate: says `status` with what came, or raises."""

    def __init__(self, status: int = 200, headers=(STATE,), *, fails: bool = False) -> None:
        self.status, self.headers, self.fails = status, headers, fails
        self.bodies: list[bytes] = []

    async def __call__(self, _scope, receive, send) -> None:
        pieces, more = [], True
        while more:
            message = await receive()
            assert message["type"] == "http.request"
            pieces.append(message["body"])
            more = message["more_body"]
        if self.fails:
            raise RuntimeError("the process of the detector is gone")
        self.bodies.append(b"".join(pieces))
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        await send({"type": "http.response.body", "body": b"Traceback (most recent call last):"})


def headers(length: int | str | None = 6, size: str = "1x2", token: str = TOKEN, kind: str = wire.PIXELS_TYPE):
    said = {"Authorization": f"Bearer {token}", "Content-Type": kind, wire.SIZE_HEADER: size}
    if length is not None:
        said["Content-Length"] = str(length)
    return said


def ask(gate: Gate, said: dict[str, str], pieces=(b"abc", b"def"), path: str = wire.PREDICT, method: str = "POST"):
    """Return status, headers and body of what the gate answers to a request that comes in these pieces."""
    return asyncio.run(asked(gate, said, pieces, path, method))


async def asked(gate: Gate, said, pieces=(b"abc", b"def"), path=wire.PREDICT, method="POST"):
    messages = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        if isinstance(piece, bytes)
        else piece
        for number, piece in enumerate(pieces, 1)
    ] or [{"type": "http.request", "body": b"", "more_body": False}]
    sent = []

    async def receive():
        message = messages.pop(0)
        if message is NEVER:
            await asyncio.Event().wait()
        return message

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in said.items()],
    }
    await gate(scope, receive, send)
    if not sent:
        return None
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(one["body"] for one in sent[1:])


def sentence(answer) -> str:
    return json.loads(answer[2])["error"]


def test_that_a_whole_request_goes_through_and_its_answer_comes_back():
    behind = Behind()
    status, _, body = ask(Gate(behind, TOKEN), headers())
    assert (status, behind.bodies) == (200, [b"abcdef"])
    assert body.startswith(b"Traceback"), "what the detector itself says is not changed"
    assert ask(Gate(behind, TOKEN), {"Authorization": f"Bearer {TOKEN}"}, (), wire.ABOUT, "GET")[0] == 200


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        (headers(token="another-token-altogether"), 401, "token"),
        ({}, 401, "token"),
        (headers(length=None), 411, "how long"),
        (headers(length="-6"), 411, "how long"),
        (headers(length="9" * 30), 411, "how long"),
        (headers(length=7), 413, "6 are the limit"),
        (headers(length=1_200_000_000, size="20000x20000"), 413, "100 megapixels"),
        (headers(size="2"), 400, "HEIGHTxWIDTH"),
        (headers(kind="text/html"), 415, "image/png"),
        ({**headers(), wire.PROTOCOL_HEADER: "7"}, 400, "the request version 7"),
        (headers(length=300_000_001, kind="image/png"), 413, "too large"),
    ],
)
def test_that_a_request_is_refused_before_a_byte_of_it_is_read(said, status, words):
    behind = Behind()
    answer = ask(Gate(behind, TOKEN), said, (NEVER,))
    assert answer[0] == status
    assert words in sentence(answer)
    assert answer[1][b"connection"] == b"close"
    assert behind.bodies == []


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/-/routes", "GET", 404), ("/predict", "GET", 405), ("/about", "DELETE", 405), ("/about/../x", "GET", 404)],
)
def test_that_there_is_nothing_else_behind_the_gate(path, method, status):
    assert ask(Gate(Behind(), TOKEN), headers(), (NEVER,), path, method)[0] == status


def test_that_a_stranger_learns_nothing_of_what_is_there():
    gate = Gate(Behind(), TOKEN)
    answers = [ask(gate, {}, (NEVER,), path) for path in (wire.PREDICT, "/nothing", "/-/healthz")]
    assert {one[0] for one in answers} == {401}


def test_that_a_slow_request_is_given_up_and_holds_no_place():
    behind = Behind()
    answer = ask(Gate(behind, TOKEN, idle_seconds=0.01), headers(), (b"abc", NEVER))
    assert (answer[0], sentence(answer)) == (408, SLOW)
    assert behind.bodies == []


def test_that_a_client_that_goes_away_half_way_gets_no_answer():
    behind = Behind()
    assert ask(Gate(behind, TOKEN), headers(), (b"abc", {"type": "http.disconnect"})) is None
    assert behind.bodies == []


def test_that_a_body_is_as_long_as_it_was_said_to_be():
    assert ask(Gate(Behind(), TOKEN), headers(), (b"abc",))[0] == 400
    assert ask(Gate(Behind(), TOKEN), headers(), (b"abc", b"defg"))[0] == 413


def test_that_requests_together_take_only_so_much_memory_and_give_it_back():
    async def crowd():
        gate = Gate(Behind(), TOKEN, most_held=10, idle_seconds=5)
        slow = asyncio.create_task(asked(gate, headers(), (b"abcdef", NEVER)))
        await asyncio.sleep(0)  # its first piece is there
        refused = await asked(gate, headers())
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        return refused, await asked(gate, headers())

    refused, later = asyncio.run(crowd())
    assert (refused[0], sentence(refused), refused[1][b"retry-after"]) == (503, BUSY, b"1")
    assert later[0] == 200


@pytest.mark.parametrize(
    ("status", "answered", "said"), [(500, 502, LOST), (503, 503, BUSY), (408, 503, BUSY), (200, 500, FAILED)]
)
def test_that_no_traceback_of_what_is_behind_gets_out(status, answered, said):
    answer = ask(Gate(Behind(status, headers=()), TOKEN), headers())
    assert (answer[0], sentence(answer)) == (answered, said)


async def mute(_scope, _receive, _send) -> None:
    """Return without an answer."""


@pytest.mark.parametrize("behind", [Behind(fails=True), mute])
def test_that_a_detector_that_dies_of_a_request_is_a_sentence(behind):
    answer = ask(Gate(behind, TOKEN), headers())
    assert (answer[0], sentence(answer)) == (502, LOST)
