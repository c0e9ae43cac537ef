"""What a remote detector answers, whatever carries the question."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image
from plain_server import TOKEN, MadeUpPredictor

from detector import packing, wire
from detector.answering import Answering, Request


@pytest.fixture
def predictor() -> MadeUpPredictor:
    return MadeUpPredictor()


def ask(predictor, path: str, body: bytes = b"", kind: str = wire.PIXELS_TYPE, token: str = TOKEN, **headers: str):
    said = {"authorization": f"Bearer {token}", "content-type": kind, "content-length": str(len(body))}
    said |= {name.lower().replace("_", "-"): value for name, value in headers.items()}
    return Answering(predictor, TOKEN).answer(Request(wire.METHODS.get(path, "GET"), path, said, body))


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def error(answer) -> str:
    return json.loads(answer.body)["error"]


IMAGE = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)


def test_that_pixels_and_a_file_of_them_give_what_the_predictor_says(predictor):
    plain = ask(predictor, wire.PREDICT, IMAGE.tobytes(), boxwright_image_size="5x7")
    assert plain.status == 200
    assert plain.body == packing.encode(predictor.predict(IMAGE))
    assert ask(predictor, wire.PREDICT, png(IMAGE), "image/png; charset=x").body == plain.body
    assert predictor.keys == [None, None, None], "nothing is kept unless that is asked for"


def test_that_the_state_is_in_every_answer(predictor):
    predictor.notice = "The GPU was out of memory."
    for answer in (ask(predictor, wire.ABOUT), ask(predictor, wire.ABOUT, token="x" * 20)):
        state = wire.read_state(answer.headers[wire.STATE_HEADER])
        assert state == wire.State("cuda", ("fast", "float16"), predictor.notice)


def test_that_a_second_look_is_at_the_image_that_was_kept(predictor):
    kept = ask(predictor, wire.PREDICT, IMAGE.tobytes(), boxwright_image_size="5x7", boxwright_keep="1")
    name = kept.headers[wire.KEEP_HEADER]
    answer = ask(predictor, wire.REFINE, wire.refine_bytes(name, [[1, 2, 3, 4]]), wire.JSON_TYPE)
    about = wire.read_about(ask(predictor, wire.ABOUT).body)
    assert wire.read_refinement(answer.body, 1, about).labels.tolist() == [[2, 1]]
    assert ask(predictor, wire.REFINE, wire.refine_bytes("0" * 32, [[1, 2, 3, 4]]), wire.JSON_TYPE).status == 410


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b"", "image/png", 422, "empty"),
        (b"not an image", "image/png", 422, "not an image"),
        (png(IMAGE)[:48], "image/png", 422, "damaged"),
        (b"{}", "application/json", 415, "takes a body of"),
    ],
)
def test_that_a_bad_image_is_a_sentence_that_names_no_file_of_the_server(predictor, body, kind, status, words):
    answer = ask(predictor, wire.PREDICT, body, kind)
    assert (answer.status, words in error(answer)) == (status, True), error(answer)
    assert "/" not in error(answer).replace("/predict", "").replace("image/", "").replace("application/", "")


def test_that_an_image_file_of_400_megapixels_is_refused_from_its_header(predictor):
    header = bytearray(png(IMAGE))
    header[16:24] = (20_000).to_bytes(4, "big") * 2
    import zlib

    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4, "big")
    answer = ask(predictor, wire.PREDICT, bytes(header), "image/png")
    assert answer.status == 413
    assert "too large" in error(answer)
    assert predictor.keys == []


def test_that_what_the_predictor_cannot_do_is_its_sentence_and_a_fault_is_none_of_the_clients_business(predictor):
    bright, broken = (np.full((4, 4, 3), value, dtype=np.uint8) for value in (255, 254))
    answer = ask(predictor, wire.PREDICT, bright.tobytes(), boxwright_image_size="4x4")
    assert (answer.status, error(answer)) == (422, "This image is too bright.")
    answer = ask(predictor, wire.PREDICT, broken.tobytes(), boxwright_image_size="4x4")
    assert answer.status == 500
    assert "fault of the program" not in error(answer)


def test_that_the_token_is_looked_at_behind_the_gate_too(predictor):
    assert ask(predictor, wire.PREDICT, IMAGE.tobytes(), token="w" * 20, boxwright_image_size="5x7").status == 401
    assert predictor.keys == []
