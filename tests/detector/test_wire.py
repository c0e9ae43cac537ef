"""What travels between a remote detector and those who ask it: to the last bit, and whoever wrote it."""

from __future__ import annotations

import json
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detector import packing, wire
from detector.types import Candidates, Prediction, Proposals, Refinement, nothing_refined

SIZE = (60, 80)
ABOUT = wire.About("Network", "version-1", ("die", "coin"), 0.02)

unit = st.floats(0, 1, width=32)
pixels = st.floats(-1e6, 1e6, width=32)


@st.composite
def predictions(draw, categories=ABOUT.categories):
    def scores(count):
        return np.sort(draw(arrays(np.float32, count, elements=unit)))[::-1]

    proposal_count = draw(st.integers(1, 8))
    count = draw(st.integers(0, 12))
    boxes, candidate_boxes = (draw(arrays(np.float32, (n, 4), elements=pixels)) for n in (proposal_count, count))
    labels = draw(arrays(np.int64, count, elements=st.integers(1, len(categories))))
    indices = draw(arrays(np.int64, count, elements=st.integers(0, proposal_count - 1)))
    return Prediction(
        SIZE,
        Proposals(boxes, scores(proposal_count)),
        Candidates(candidate_boxes, scores(count), labels, indices),
        categories,
        ABOUT.model_version,
        ABOUT.score_floor,
    )


@given(predictions())
def test_that_a_prediction_arrives_to_the_last_bit(prediction):
    read = wire.read_prediction(packing.encode(prediction), SIZE, ABOUT)
    assert packing.encode(read) == packing.encode(prediction)
    assert read.candidates.boxes.tobytes() == prediction.candidates.boxes.tobytes()
    assert read.candidates.scores.tobytes() == prediction.candidates.scores.tobytes()


@given(predictions(), st.data())
def test_that_a_damaged_prediction_is_refused_or_still_is_one(prediction, data):
    sent = bytearray(zlib.decompress(packing.encode(prediction)))
    for _ in range(data.draw(st.integers(1, 4))):
        sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = wire.read_prediction(zlib.compress(bytes(sent)), SIZE, ABOUT)
    except wire.WireError:
        return
    assert read.image_size == SIZE
    assert np.isfinite(read.candidates.boxes).all()
    assert all(1 <= label <= len(read.categories) for label in read.candidates.labels)
    assert (np.diff(read.candidates.scores) <= 0).all()


@given(st.binary(max_size=200))
def test_that_nothing_but_the_protocol_is_read(content):
    for read in (
        lambda: wire.read_prediction(content, SIZE, ABOUT),
        lambda: wire.read_about(content),
        lambda: wire.read_refine(content),
        lambda: wire.read_refinement(content, 1, ABOUT),
        lambda: wire.read_state(content.decode("latin-1")),
    ):
        with pytest.raises(wire.WireError):
            read()
    wire.read_error(content)


def test_that_a_prediction_of_another_image_or_model_is_refused():
    def packed(size=SIZE, categories=ABOUT.categories, scores=(0.9, 0.5), looks=1):
        boxes = np.zeros((2, 4))
        one = Candidates(boxes, scores, [1, 1], [0, 1])
        said = Prediction(size, Proposals(boxes, scores), one, categories, ABOUT.model_version, 0.02, looks)
        return packing.encode(said)

    assert len(wire.read_prediction(packed(), SIZE, ABOUT).candidates) == 2
    for wrong in (
        packed(size=(80, 60)),
        packed(categories=("die", "nut")),
        packed(scores=(0.5, 0.9)),
        packed(scores=(1.5, 0.9)),
        packed(scores=(0.5, -0.1)),
        packed(looks=4),
    ):
        with pytest.raises(wire.WireError):
            wire.read_prediction(wrong, SIZE, ABOUT)


@pytest.mark.parametrize("text", ["20000x20000", "70000x10", "99999x1"])
def test_that_an_image_of_too_many_pixels_is_refused_before_it_is_sent_or_made(text):
    with pytest.raises(wire.TooLargeError, match=r"too large: 100 megapixels|WIDTH in pixels"):
        wire.read_size(text)


@pytest.mark.parametrize("text", ["", "0x5", "5x0", "-3x4", "3 x 4", "3x4x3", "٣x٤", "3x4\n", "1e3x2"])
def test_that_a_size_is_two_whole_numbers(text):
    with pytest.raises(wire.WireError):
        wire.read_size(text)


def test_that_pixels_are_as_many_as_their_size_says():
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert wire.size_text(image) == "2x4"
    np.testing.assert_array_equal(wire.read_pixels(image.tobytes(), wire.read_size("2x4")), image)
    for wrong in (image.tobytes()[:-1], image.tobytes() + b"1", b""):
        with pytest.raises(wire.WireError, match="24 bytes"):
            wire.read_pixels(wrong, (2, 4))


def test_that_about_and_state_arrive_as_they_are():
    assert wire.read_about(wire.about_bytes(ABOUT)) == ABOUT
    state = wire.State("cuda:1", ("fast", "float16"), "Größe — zu wenig Speicher")
    text = wire.state_text(state)
    assert text.isascii()
    assert wire.read_state(text) == state


@pytest.mark.parametrize(
    "change",
    [
        {"protocol": 2},
        {"categories": []},
        {"categories": [1]},
        {"categories": "die"},
        {"score_floor": 2},
        {"score_floor": "0"},
        {"most_pixels": 0},
        {"name": None},
        {"name": "n" * 2000},
        {"more": 1},
    ],
)
def test_that_a_detector_that_does_not_say_what_it_is_is_refused(change):
    said = json.loads(wire.about_bytes(ABOUT)) | change
    with pytest.raises(wire.WireError):
        wire.read_about(json.dumps(said).encode())


@given(st.integers(0, 5), st.integers(0, 2), st.data())
def test_that_a_refinement_arrives_to_the_last_bit(count, likeliest, data):
    said = Refinement(
        data.draw(arrays(np.float32, (count, likeliest, 4), elements=pixels)),
        data.draw(arrays(np.int64, (count, likeliest), elements=st.integers(1, 2))),
        data.draw(arrays(np.float32, (count, likeliest), elements=unit)),
        data.draw(arrays(np.float32, count, elements=unit)),
        ABOUT.categories,
        ABOUT.model_version,
    )
    read = wire.read_refinement(wire.refinement_bytes(said), count, ABOUT)
    for name in ("boxes", "labels", "scores", "foreground"):
        assert getattr(read, name).tobytes() == getattr(said, name).tobytes()
        assert getattr(read, name).shape == getattr(said, name).shape
    with pytest.raises(wire.WireError, match="one to other boxes"):
        wire.read_refinement(wire.refinement_bytes(said), count + 1, ABOUT)


def test_that_nothing_refined_arrives_too():
    nothing = nothing_refined(ABOUT.categories, ABOUT.model_version)
    assert wire.read_refinement(wire.refinement_bytes(nothing), 0, ABOUT).boxes.shape == (0, 0, 4)


@given(arrays(np.float32, st.tuples(st.integers(0, 6), st.just(4)), elements=st.floats(-1e5, 1e5, width=32)))
def test_that_boxes_for_a_second_look_arrive_to_the_last_bit(boxes):
    kept, read = wire.read_refine(wire.refine_bytes("0" * 32, boxes))
    assert kept == "0" * 32
    assert np.asarray(read, dtype=np.float32).reshape(-1, 4).tobytes() == boxes.tobytes()


@pytest.mark.parametrize(
    "said",
    [
        {"kept": "0" * 31, "boxes": []},
        {"kept": 5, "boxes": []},
        {"kept": "0" * 32, "boxes": [[1, 2, 3]]},
        {"kept": "0" * 32, "boxes": [[1, 2, 3, True]]},
        {"kept": "0" * 32, "boxes": [[1, 2, 3, float("inf")]]},
        {"kept": "0" * 32, "boxes": [[1, 2, 3, 1e30]]},
        {"kept": "0" * 32, "boxes": [[1, 2, 3, 4]] * 1001},
        {"kept": "0" * 32},
    ],
)
def test_that_a_wrong_question_for_a_second_look_is_refused(said):
    with pytest.raises(wire.WireError):
        wire.read_refine(json.dumps(said).encode())


def test_that_a_sentence_of_a_stranger_is_one_short_line():
    assert wire.read_error(wire.error_bytes("It is too large.")) == "It is too large."
    assert wire.read_error(wire.error_bytes("one\ntwo\x1b[31m")) == "one two [31m"
    assert len(wire.read_error(wire.error_bytes("x" * 9999))) == wire.LONGEST_SENTENCE
    assert wire.read_error(b'{"error": 5}') == wire.read_error(b"[" * 100_000) == wire.read_error(b"") == ""


def test_that_a_prediction_whose_header_grows_is_refused_before_it_is_read():
    bomb = zlib.compress(b'{"categories":[' + b"{}," * 5_000_000 + b"{}]}\n", 1)
    assert len(bomb) < 200_000
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="that many categories"):
            packing.decode(bomb)
        assert tracemalloc.get_traced_memory()[1] < 2 * packing.MOST_BYTES
    finally:
        tracemalloc.stop()
