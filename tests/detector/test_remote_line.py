"""The line to a remote detector that is busy, lost, slow, silent, encrypted, or answers with nonsense."""

from __future__ import annotations

import socket
import ssl
import threading
import tracemalloc
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import trustme
from plain_server import TOKEN, Pauses, PlainServer, busy, lost, writing

from detector import wire
from detector.gate import LOST
from detector.remote import RemoteDetector, open_remote
from detector.remote_address import place_of
from detector.remote_line import Line, Patience
from detector.types import AwayError, DetectorError
from detector.wire import Answer

IMAGE = np.zeros((30, 40, 3), dtype=np.uint8)


@pytest.fixture
def server():
    with PlainServer().running() as running:
        yield running


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def detector(server, pauses):
    line = Line(place_of(server.url), TOKEN, Patience(answer=20.0), sleep=pauses.sleep, clock=pauses.clock)
    one = RemoteDetector(line)
    yield one
    one.close()


def test_that_one_connection_serves_one_image_after_the_other(server, detector):
    for _ in range(4):
        detector.predict(IMAGE)
    assert server.connections == 1


def test_that_a_busy_detector_is_asked_again_with_growing_pauses(server, detector, pauses):
    server.instead.extend([busy] * 4)
    assert len(detector.predict(IMAGE).candidates) == 2
    assert pauses.taken == [0.1, 0.2, 0.4, 0.8]


def test_that_a_busy_detector_is_left_alone_for_as_long_as_it_says(server, detector, pauses):
    server.instead.append(lambda _: Answer(429, {"Retry-After": "3"}, b"{}"))
    server.instead.append(lambda _: Answer(503, {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}, b"{}"))
    assert len(detector.predict(IMAGE).candidates) == 2
    assert pauses.taken == [3, 0.2]
    server.instead.append(lambda _: Answer(503, {"Retry-After": "86400"}, b"{}"))
    with pytest.raises(AwayError, match="is busy"):
        detector.predict(IMAGE)
    assert len(pauses.taken) == 2, "nobody sleeps for a day"


def test_that_a_detector_that_died_is_asked_again_but_not_killed_for_ever(server, detector, pauses):
    def died(_handler):
        return Answer(502, {}, wire.error_bytes(LOST))

    server.instead.extend([died] * 2)
    assert len(detector.predict(IMAGE).candidates) == 2
    server.instead.extend([died] * 9)
    with pytest.raises(DetectorError, match="refuses: The detector was lost at this request") as refused:
        detector.predict(IMAGE)
    assert not isinstance(refused.value, AwayError), "it would wait, and kill one detector after the other"
    assert len(server.instead) == 6


@pytest.mark.parametrize("status", [502, 504])
def test_that_a_proxy_whose_detector_is_off_says_nothing_of_the_request(server, detector, pauses, status):
    def before_it(_handler):
        return Answer(status, {"Content-Type": "text/html"}, b"<html><body><h1>Bad Gateway</h1></body></html>")

    server.instead.extend([before_it] * 4)
    assert len(detector.predict(IMAGE).candidates) == 2, "it is asked until it is back"
    server.instead.extend([before_it] * 50)
    with pytest.raises(AwayError, match=f"does not answer: what stands before it says {status}"):
        detector.predict(IMAGE)
    server.instead.clear()
    assert len(detector.predict(IMAGE).candidates) == 2


def test_that_patience_with_a_busy_detector_ends(server, detector, pauses):
    server.instead.extend([busy] * 50)
    with pytest.raises(DetectorError, match=rf"{server.url} is busy"):
        detector.predict(IMAGE)
    assert sum(pauses.taken) <= 5
    server.instead.clear()
    assert len(detector.predict(IMAGE).candidates) == 2


def test_that_a_connection_that_is_lost_is_made_anew(server, detector, pauses):
    server.instead.extend([lost, lost])
    assert len(detector.predict(IMAGE).candidates) == 2
    assert server.connections >= 2


def test_that_a_detector_that_went_away_is_a_sentence_and_that_it_works_again_when_it_is_back(pauses):
    server = PlainServer()
    with server.running():
        line = Line(place_of(server.url), TOKEN, sleep=pauses.sleep, clock=pauses.clock)
        detector = RemoteDetector(line)
        detector.predict(IMAGE)
    with pytest.raises(AwayError, match=r"does not answer: nothing runs there"):
        detector.predict(IMAGE)
    waited = len(pauses.taken)
    assert waited >= 5
    with pytest.raises(AwayError):
        detector.predict(IMAGE)
    assert len(pauses.taken) == waited, "what waits behind is not kept waiting as long once more"
    with server.running():
        assert len(detector.predict(IMAGE).candidates) == 2
        detector.close()


def test_that_silence_ends_in_a_sentence(server, pauses):
    def silent(_handler):
        server.closing.wait()

    server.instead.extend([silent] * 9)
    patience = Patience(answer=0.05, retry=0.5, first_pause=1.0)
    with pytest.raises(DetectorError, match="does not answer in time"):
        RemoteDetector(Line(place_of(server.url), TOKEN, patience, sleep=pauses.sleep, clock=pauses.clock))


def test_that_a_port_where_nothing_listens_is_a_sentence():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DetectorError, match="Start it with `boxwright serve`"):
        open_remote(f"http://127.0.0.1:{port}", TOKEN, Patience(retry=0))


def test_that_an_answer_has_an_end(server, detector, monkeypatch):
    monkeypatch.setattr(wire, "MOST_ANSWER", 100)
    with pytest.raises(DetectorError, match="larger than any"):
        detector.predict(IMAGE)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://127.0.0.1", "http://127.0.0.1:8645"),
        ("https://gpu.example:443/", "https://gpu.example:443"),
        ("https://gpu.example", "https://gpu.example:443"),
        ("HTTPS://gpu.example:8645", "https://gpu.example:8645"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_that_an_address_is_read(text, url):
    assert place_of(text).url == url


@pytest.mark.parametrize(
    ("text", "is_overheard"),
    [
        ("http://gpu.example", True),
        ("http://192.0.2.7:8645", True),
        ("https://gpu.example", False),
        ("http://localhost", False),
        ("http://[::1]", False),
        ("http://127.3.2.1", False),
    ],
)
def test_that_it_is_known_who_can_listen(text, is_overheard):
    assert place_of(text).is_overheard is is_overheard


@pytest.mark.parametrize(
    "text",
    [
        "http://",
        "ftp://127.0.0.1",
        "http://user:secret@127.0.0.1",
        "http://127.0.0.1/predict",
        "http://127.0.0.1?x=1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:port",
        "http://[::1",
        "http://a b",
        "http://a\r\nX: y",
    ],
)
def test_that_what_is_no_address_is_a_sentence(text):
    with pytest.raises(DetectorError, match="is not the address of a remote detector"):
        place_of(text)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def with_tls(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with PlainServer(context).running() as running:
        yield running


def test_that_https_is_spoken_with_who_has_a_certificate_to_be_trusted(with_tls, authority, tmp_path, monkeypatch):
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    detector = open_remote(with_tls.url, TOKEN, Patience(connect=60.0, begin=60.0))
    assert len(detector.predict(IMAGE).candidates) == 2
    detector.close()


def test_that_neither_token_nor_image_go_to_who_has_no_certificate_to_be_trusted(with_tls):
    with pytest.raises(DetectorError, match=r"certificate of .* https://127.0.0.1:.* is not to be trusted"):
        open_remote(with_tls.url, TOKEN, Patience(connect=60.0, begin=60.0))
    assert with_tls.requests == []


def test_that_a_certificate_of_another_host_is_not_trusted(with_tls, authority, tmp_path, monkeypatch):
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with pytest.raises(DetectorError, match="is not to be trusted"):
        open_remote(with_tls.url.replace("127.0.0.1", "localhost"), TOKEN, Patience(connect=60.0, begin=60.0))
    assert with_tls.requests == []


def test_that_an_answer_that_breaks_off_is_asked_for_again(server, detector):
    head = b"HTTP/1.1 200 OK\r\nBoxwright-State: {}\r\n"
    server.instead.extend([writing(head + b"Content-Length: 5000\r\n\r\nhalf"), writing(head[:20]), writing(b"")])
    assert len(detector.predict(IMAGE).candidates) == 2
    server.instead.extend([writing(head + b"Content-Length: 5000\r\n\r\nhalf")] * 20)
    with pytest.raises(AwayError, match="what comes is not whole"):
        detector.predict(IMAGE)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9000000000000\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n",
        b"\xff\xfe" * 40_000,
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
    ids=["terabytes", "terabytes-chunked", "no-number", "headers", "bytes", "ssh"],
)
def test_that_what_is_no_answer_is_a_sentence_and_takes_no_room(server, detector, raw):
    server.instead.extend([writing(raw)] * 20)
    tracemalloc.start()
    try:
        with pytest.raises(AwayError, match=rf"The detector at {server.url} does not answer"):
            detector.predict(IMAGE)
        assert tracemalloc.get_traced_memory()[1] < wire.MOST_ANSWER * 1.1
    finally:
        tracemalloc.stop()
    server.instead.clear()
    assert len(detector.predict(IMAGE).candidates) == 2


def test_that_an_answer_that_comes_byte_by_byte_is_not_waited_for_without_end(server, pauses):
    def dripping(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not server.closing.wait(0.02):
            handler.wfile.write(b"y")

    patience = Patience(answer=0.3, retry=0)
    line = Line(place_of(server.url), TOKEN, patience, sleep=pauses.sleep, clock=pauses.clock)
    server.instead.append(dripping)
    with pytest.raises(AwayError, match="does not answer in time"):
        RemoteDetector(line)


def test_that_who_waits_for_an_answer_can_be_interrupted_and_asks_on_later(server):
    asked = threading.Event()

    def silent(_handler):
        asked.set()
        server.closing.wait()

    line = Line(place_of(server.url), TOKEN, Patience(answer=60, retry=60))
    detector = RemoteDetector(line)
    server.instead.append(silent)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(detector.predict, IMAGE)
        assert asked.wait(20)
        line.interrupt()
        with pytest.raises(AwayError, match="the request was given up"):
            waiting.result(20)
    assert len(detector.predict(IMAGE).candidates) == 2
    detector.close()


def test_that_who_pauses_before_another_try_can_be_interrupted():
    line = Line(place_of("http://127.0.0.1:9"), TOKEN)
    with ThreadPoolExecutor(1) as pool:
        pausing = pool.submit(line._rest, 600)
        while not pausing.done():
            line.interrupt()
        pausing.result(0)


def test_that_a_connection_is_idle_only_when_nobody_watches_it_any_more(server, detector):
    line = detector._line

    class Interrupting(deque):
        """Another thread gives up what is under way in the moment in which a connection becomes idle."""

        def append(self, connection) -> None:
            super().append(connection)
            watched.append(connection.sock in line._under_way)
            line.interrupt()

    watched: list[bool] = []
    line.close()
    line._idle = Interrupting()
    for _ in range(3):
        assert len(detector.predict(IMAGE).candidates) == 2, "it was answered before"
    assert watched == [False] * 3, "else one who takes it over could not be interrupted"
    assert all(one.sock is not None for one in line._idle)
    detector.close()
