"""A remote detector as the window and `detect` see it, also while it is busy, lost, another, or no detector at all."""

from __future__ import annotations

import socket

import numpy as np
import pytest
from plain_server import TOKEN, PlainServer, busy, lost, saying

from detector import packing, wire
from detector.remote import RemoteDetector, open_remote
from detector.remote_line import Line, Patience, place_of
from detector.types import DetectorError

IMAGE = np.zeros((30, 40, 3), dtype=np.uint8)


@pytest.fixture
def server():
    with PlainServer().running() as running:
        yield running


class Pauses:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.now, self.taken = 0.0, []

    def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def detector(server, pauses):
    line = Line(place_of(server.url), TOKEN, Patience(answer=20.0), sleep=pauses.sleep, clock=pauses.clock)
    one = RemoteDetector(line)
    yield one
    one.close()


def test_that_it_says_of_an_image_what_the_one_over_there_says(server, detector):
    prediction = detector.predict(IMAGE)
    assert packing.encode(prediction) == packing.encode(server.predictor.predict(IMAGE))
    upside_down = np.arange(30 * 40 * 3, dtype=np.uint8).reshape(30, 40, 3)[::-1] // 2
    assert packing.encode(detector.predict(upside_down)) == packing.encode(server.predictor.predict(upside_down))


def test_that_it_introduces_itself_as_what_it_is_and_where(server, detector):
    assert detector.name == f"Made up at 127.0.0.1:{server.port}"
    assert (detector.model_version, detector.categories) == ("made-up-1", ("die", "coin"))
    assert (detector.device, detector.numerics, detector.notice) == ("cuda", ("fast", "float16"), "")
    server.predictor.notice = "The GPU ran out of memory."
    detector.predict(IMAGE)
    assert detector.notice == "The GPU ran out of memory."


def test_that_a_second_look_is_taken_over_there(server, detector):
    assert detector.refine("key", [[1, 2, 3, 4]]) is None
    detector.predict(IMAGE, "key")
    refinement = detector.refine("key", np.array([[1, 2, 3, 4.5]]))
    assert (
        refinement.boxes.tobytes()
        == server.predictor.refine(server.predictor.kept[0], [[1, 2, 3, 4.5]]).boxes.tobytes()
    )
    server.predictor.kept.clear()
    assert detector.refine("key", [[1, 2, 3, 4]]) is None


def test_that_one_connection_serves_one_image_after_the_other(server, detector):
    for _ in range(4):
        detector.predict(IMAGE)
    assert server.connections == 1


def test_that_images_of_a_folder_are_under_way_together_and_come_back_in_order(server, detector):
    assert detector.images_at_once((1000, 1000)) == 3
    assert detector.images_at_once((9000, 9000)) == 1
    images = [np.full((9, 9, 3), value, dtype=np.uint8) for value in (10, 20, 30)]
    said = detector.predict_batch(images)
    assert [packing.encode(one) for one in said] == [packing.encode(server.predictor.predict(one)) for one in images]


def test_that_a_busy_detector_is_asked_again_with_growing_pauses(server, detector, pauses):
    server.instead.extend([busy] * 4)
    assert len(detector.predict(IMAGE).candidates) == 2
    assert pauses.taken == [0.1, 0.2, 0.4, 0.8]


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
    with pytest.raises(DetectorError, match=r"does not answer: nothing runs there"):
        detector.predict(IMAGE)
    with server.running():
        assert len(detector.predict(IMAGE).candidates) == 2
        detector.close()


def test_that_another_model_over_there_is_noticed_with_its_first_prediction(server, detector):
    server.predictor.model_version, server.predictor.categories = "made-up-2", ("die", "coin", "nut")
    prediction = detector.predict(IMAGE)
    assert prediction.categories == ("die", "coin", "nut")
    assert (detector.model_version, detector.categories) == ("made-up-2", ("die", "coin", "nut"))


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


def test_that_a_wrong_token_is_a_sentence_at_once(server):
    with pytest.raises(DetectorError, match="does not know this token"):
        open_remote(server.url, "a-token-of-somebody-else")
    assert len(server.requests) == 1


def test_that_what_it_refuses_is_said_with_its_own_words(server, detector):
    with pytest.raises(DetectorError, match=rf"{server.url} refuses: This image is too bright\."):
        detector.predict(np.full((4, 4, 3), 255, dtype=np.uint8))
    with pytest.raises(DetectorError, match="refuses: The detector failed"):
        detector.predict(np.full((4, 4, 3), 254, dtype=np.uint8))


def test_that_an_image_of_400_megapixels_is_refused_without_being_sent(server, detector):
    image = np.broadcast_to(np.zeros(3, dtype=np.uint8), (20_000, 20_000, 3))
    asked = len(server.requests)
    with pytest.raises(DetectorError, match=r"20000 x 20000 pixels is too large .* 100 megapixels"):
        detector.predict(image)
    assert len(server.requests) == asked


@pytest.mark.parametrize(
    "answer",
    [
        saying(b"<html>It works!</html>"),
        saying(b"{}", 200, **{wire.STATE_HEADER: "{}"}),
        saying(b"", 302, Location="http://127.0.0.1:1/about"),
        saying(b"[]", 404),
    ],
)
def test_that_another_web_server_is_no_detector(server, answer):
    server.instead.append(answer)
    with pytest.raises(DetectorError, match=r"is no detector of Boxwright|is not understood"):
        open_remote(server.url, TOKEN)
    assert len(server.requests) == 1, "nobody is led elsewhere"


def test_that_a_prediction_that_makes_no_sense_is_not_taken(server, detector):
    state = {wire.STATE_HEADER: wire.state_text(wire.State("cpu", (), ""))}
    of_another = packing.encode(server.predictor.predict(np.zeros((5, 5, 3), dtype=np.uint8)))
    server.instead.extend([saying(b"nonsense", 200, **state), saying(of_another, 200, **state)])
    for _ in range(2):
        with pytest.raises(DetectorError, match="is not understood"):
            detector.predict(IMAGE)
    assert len(detector.predict(IMAGE).candidates) == 2


def test_that_an_answer_has_an_end(server, detector, monkeypatch):
    monkeypatch.setattr(wire, "MOST_ANSWER", 100)
    with pytest.raises(DetectorError, match="does not end"):
        detector.predict(IMAGE)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://127.0.0.1", "http://127.0.0.1:8645"),
        ("https://gpu.example:443/", "https://gpu.example:443"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_that_an_address_is_read(text, url):
    assert place_of(text).url == url


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
