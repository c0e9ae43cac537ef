from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from detector import input_size
from detector.checkpoints import Checkpoint
from detector.corrections import CorrectedImage
from detector.input_size import MOST_ASKED, suited
from detector.model import build
from detector.systems import SYSTEMS


@pytest.fixture
def pictured(tmp_path):
    def made(side, size=(640, 640), crowds=(), name="a.png"):
        path = tmp_path / name
        Image.new("RGB", size).save(path)
        boxes = np.array([[0, 0, side / 2, side * 2]] * 3 + [[0, 0, 2, 2]] * len(crowds), dtype=np.float32)
        flags = np.array([False] * 3 + list(crowds))
        return CorrectedImage(path, path.name, boxes, np.ones(len(boxes), dtype=np.int64), iscrowd=flags)

    return made


@pytest.fixture
def base():
    return Checkpoint(build(SYSTEMS["embedded"], 2), ("bolt", "nut"), "v")


@pytest.mark.parametrize(
    ("side", "size", "short"),
    [
        (100, (640, 480), 480),
        (64, (640, 640), 480),  # just large enough
        (63, (640, 640), 560),
        (55, (640, 640), 560),
        (54, (640, 640), 640),
        (39, (640, 640), 800),  # as the dice are
        (5, (640, 640), 800),  # as far as it goes
        (60, (300, 200), 480),  # seen as it is
        (40, (300, 200), 480),  # and now enlarged to the side that there was
        (18, (300, 200), 560),
        (150, (4000, 1000), 720),  # the long side decides
    ],
)
def test_that_the_input_grows_until_half_of_the_objects_are_large_enough(base, pictured, side, size, short):
    model = suited(base, [pictured(side, size)]).two_stage
    assert model.system.min_size == model.transform.min_size[0] == short
    assert model.system.max_size == model.transform.max_size == round(864 * short / 480)
    assert model.system.enlarges == model.transform.enlarges == (short > 480 or side == 40)
    assert (base.two_stage.system.min_size, base.two_stage.transform.min_size[0]) == (480, 480)


def test_that_nothing_is_copied_where_nothing_changes(base, pictured):
    assert suited(base, [pictured(100)]) is base
    assert suited(base, []) is base


def test_that_it_never_becomes_smaller_and_grows_from_its_own_side(base, pictured):
    grown = suited(base, [pictured(54)])
    assert suited(grown, [pictured(200)]) is grown
    again = suited(grown, [pictured(10)])
    assert again.two_stage.system.min_size == 800
    assert suited(again, [pictured(10)]) is again


def test_that_a_network_for_large_images_stays_as_it_is(base, pictured):
    system = replace(base.two_stage.system, min_size=800, max_size=1333, enlarges=True)
    base.two_stage.system = system
    assert suited(base, [pictured(10)]) is base
    assert SYSTEMS["resnet50_fpn"].min_size == 800


def test_that_crowds_and_unreadable_images_say_nothing(base, pictured, tmp_path):
    assert suited(base, [pictured(100, crowds=[True] * 9)]) is base
    damaged = pictured(10, name="damaged.png")
    damaged.path.write_bytes(b"no image")
    assert suited(base, [damaged, pictured(100)]) is base


def test_that_of_many_images_some_say_how_large_objects_are(base, pictured, monkeypatch):
    asked, small = [], pictured(39)
    read = input_size.size_of
    monkeypatch.setattr(input_size, "size_of", lambda image: asked.append(image) or read(image))
    assert suited(base, [small] * 1001).two_stage.system.min_size == 800
    assert MOST_ASKED / 2 < len(asked) <= MOST_ASKED
