"""A remote detector as the window and `detect` see it, also where it is another, or no detector at all."""

from __future__ import annotations

import json

import numpy as np
import pytest
from plain_server import TOKEN, Pauses, PlainServer, saying

from detector import packing, wire
from detector.remote import RemoteDetector, open_remote
from detector.remote_address import place_of
from detector.remote_line import Line, Patience
from detector.types import DetectorError

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


def test_that_images_of_a_folder_are_under_way_together_and_come_back_in_order(server, detector):
    assert detector.images_at_once((1000, 1000)) == 3
    assert detector.images_at_once((9000, 9000)) == 1
    images = [np.full((9, 9, 3), value, dtype=np.uint8) for value in (10, 20, 30)]
    said = detector.predict_batch(images)
    assert [packing.encode(one) for one in said] == [packing.encode(server.predictor.predict(one)) for one in images]


def test_that_another_model_over_there_is_noticed_with_its_first_prediction(server, detector):
    server.predictor.model_version, server.predictor.categories = "made-up-2", ("die", "coin", "nut")
    prediction = detector.predict(IMAGE)
    assert prediction.categories == ("die", "coin", "nut")
    assert (detector.model_version, detector.categories) == ("made-up-2", ("die", "coin", "nut"))
    assert detector.notice == f"Another model looks at {server.url} by now: Made up made-up-2."


def test_that_no_other_model_looks_where_one_has_to_look_at_all_images(server):
    detector = open_remote(server.url, TOKEN, one_model=True)
    detector.predict(IMAGE)
    server.predictor.model_version = "made-up-2"
    for _ in range(2):
        with pytest.raises(DetectorError, match=r"Another model answers .* made-up-2 in place of made-up-1"):
            detector.predict(IMAGE)
    detector.close()


def test_that_another_version_of_the_protocol_is_a_sentence_on_either_side(server, monkeypatch):
    about = json.dumps({"protocol": 2, "name": "of tomorrow"}).encode()
    state = {wire.STATE_HEADER: wire.state_text(wire.State("cpu", (), ""))}
    server.instead.append(saying(about, 200, **state))
    with pytest.raises(DetectorError, match="speaks version 2 of the protocol"):
        open_remote(server.url, TOKEN)
    line = Line(place_of(server.url), TOKEN)
    line._headers[wire.PROTOCOL_HEADER] = "2"
    with pytest.raises(
        DetectorError, match="This detector speaks version 1 of the protocol, and the request version 2"
    ):
        RemoteDetector(line)


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
