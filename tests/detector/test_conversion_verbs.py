"""The verb `convert`: from a file of another program to a model, with every weight accounted for."""

from __future__ import annotations

import json

import pytest
import torch
import typer
from foreign_weights import mmdetection_shapes, numbered
from typer.testing import CliRunner

from detector import checkpoints
from detector.coco_names import COCO_NAMES
from detector.conversion_verbs import convert, read_categories
from detector.types import DetectorError

APP = typer.Typer()
APP.command()(convert)


def run(*arguments):
    return CliRunner().invoke(APP, [str(each) for each in arguments])


@pytest.fixture
def rpn(tmp_path):
    """A file of mmdetection's RPN."""
    path = tmp_path / "rpn.pth"
    torch.save({"state_dict": numbered(mmdetection_shapes("r50", 0))}, path)
    return path


@pytest.fixture
def detector(tmp_path):
    """A file of mmdetection's Faster R-CNN with two categories."""
    path = tmp_path / "detector.pth"
    torch.save(numbered(mmdetection_shapes("r50", 2)), path)
    return path


def test_that_a_file_becomes_a_model_that_can_be_opened(rpn, tmp_path):
    done = run(rpn, "-o", tmp_path / "out.safetensors", "--json")
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["system"] == "rpn_r50_fpn"
    assert summary["used"]["rpn_head.rpn_cls.bias"] == "rpn.head.cls_logits.bias"
    assert len(summary["used"]) == 287
    assert len(summary["skipped"]) == 48
    assert (summary["missing"], summary["unexpected"], summary["reshaped"]) == ([], [], {})
    assert summary["categories"] == ["object"]
    loaded = checkpoints.load(tmp_path / "out.safetensors")
    assert loaded.model.system.id == "rpn_r50_fpn"
    assert loaded.licence == "Apache-2.0"
    assert loaded.source == "mmdetection 2 or 3: rpn.pth"


def test_that_people_read_what_became_of_the_weights(rpn, tmp_path):
    done = run(rpn, "-o", tmp_path / "out.safetensors", "--system", "rpn_r50_caffe_fpn")
    assert done.exit_code == 0, done.output
    assert "A file of mmdetection 2 or 3, as rpn_r50_caffe_fpn:" in done.stdout
    assert "287 weights used" in done.stdout
    assert "48 skipped: it counts training steps" in done.stdout
    assert "caffe style (mmdetection) with 1 category is in" in done.stdout


def test_that_the_user_names_the_categories(detector, tmp_path):
    (tmp_path / "names.txt").write_text("cat\ndog\n")
    done = run(detector, "-o", tmp_path / "out.safetensors", "--categories", tmp_path / "names.txt", "--json")
    assert done.exit_code == 0, done.output
    assert checkpoints.load(tmp_path / "out.safetensors").categories == ("cat", "dog")


def test_that_a_refusal_says_why_reports_and_writes_nothing(detector, tmp_path):
    before = sorted(tmp_path.iterdir())
    done = run(detector, "-o", tmp_path / "out.safetensors", "--system", "rpn_r50_fpn", "--json")
    assert done.exit_code == 1
    summary = json.loads(done.stdout.splitlines()[-1])
    assert "does not fit the system rpn_r50_fpn" in summary["error"]
    assert "roi_head.bbox_head.fc_cls.weight" in summary["unexpected"]
    assert "8 that the system has no place for: roi_head." in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_that_a_wrong_number_of_categories_writes_nothing(detector, tmp_path):
    (tmp_path / "names.txt").write_text("cat\ndog\ncow\n")
    done = run(detector, "-o", tmp_path / "out.safetensors", "--categories", tmp_path / "names.txt")
    assert done.exit_code == 1
    assert "knows 2 categories, but 3 names were given" in done.stderr
    assert not (tmp_path / "out.safetensors").exists()


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"plain text", b"\x80\x02cos\nsystem\n(X\x04\x00\x00\x00truetR."]
)
def test_that_what_is_no_file_of_weights_is_a_sentence(tmp_path, content):
    (tmp_path / "x.pth").write_bytes(content)
    done = run(tmp_path / "x.pth", "-o", tmp_path / "out.safetensors")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"boxwright: {tmp_path / 'x.pth'} ")
    assert "Traceback" not in done.output
    assert not (tmp_path / "out.safetensors").exists()


def test_that_the_file_that_is_read_is_not_replaced(rpn):
    before = rpn.read_bytes()
    done = run(rpn, "-o", rpn)
    assert done.exit_code == 1
    assert "would replace a file that is read" in done.stderr
    assert rpn.read_bytes() == before


def test_that_an_unknown_system_is_a_wrong_command(rpn, tmp_path):
    done = run(rpn, "-o", tmp_path / "out.safetensors", "--system", "r50")
    assert done.exit_code == 2
    assert "there is no system r50" in done.stderr


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cat\ndog\n", ["cat", "dog"]),
        ("\ufeffcat \r\n\r\n  traffic light\r\n", ["cat", "traffic light"]),
        ('{"categories": [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}]}', ["cat", "dog"]),
    ],
)
def test_that_names_are_read_from_text_and_from_coco(tmp_path, text, names):
    (tmp_path / "names").write_text(text, encoding="utf-8", newline="")
    assert read_categories(tmp_path / "names") == names


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no categories"),
        (b"\n \n", "no categories"),
        (b"cat\ndog\ncat", "The category cat is in .* more than once"),
        (b"\xff\xfe\x00", "no text"),
        (b"{not json", "not valid JSON"),
        (b'{"images": []}', "no categories"),
        (b'{"categories": [{"id": 1}]}', "not those of a COCO file"),
        (b'{"categories": [1, 2]}', "not those of a COCO file"),
        (b'{"categories": 5}', "not those of a COCO file"),
        (b'["cat", "dog"]', "no categories"),
    ],
)
def test_that_a_file_without_names_is_a_sentence(tmp_path, content, sentence):
    (tmp_path / "names").write_bytes(content)
    with pytest.raises(DetectorError, match=sentence):
        read_categories(tmp_path / "names")


def test_that_the_ids_of_coco_are_those_of_torchvision():
    from torchvision.models.detection import FasterRCNN_ResNet50_FPN_Weights

    names = FasterRCNN_ResNet50_FPN_Weights.COCO_V1.meta["categories"]
    assert {number: name for number, name in enumerate(names) if name not in {"__background__", "N/A"}} == COCO_NAMES
