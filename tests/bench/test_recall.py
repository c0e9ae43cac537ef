from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from bench import recall
from bench.proposing import WITHOUT_OPENCV, Proposing
from detector.embedded import held_out_scenes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A set of two scenes, as those beside the checkout are laid out."""
    images, annotations = [], []
    (tmp_path / "dice" / "images").mkdir(parents=True)
    for number, scene in enumerate(held_out_scenes(2), 1):
        name = f"{number}.png"
        Image.fromarray(scene.image).save(tmp_path / "dice" / "images" / name)
        images.append({"id": number, "file_name": name, "width": 320, "height": 320})
        for x1, y1, x2, y2 in scene.gt_boxes.tolist():
            about = {"id": len(annotations) + 1, "image_id": number, "category_id": 1}
            annotations.append(about | {"bbox": [x1, y1, x2 - x1, y2 - y1], "area": 1, "iscrowd": 0})
    content = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "die"}]}
    (tmp_path / "dice" / "annotations_test.json").write_text(json.dumps(content))
    return tmp_path


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("| ").split("|")]


def test_that_each_proposer_of_a_set_has_a_row_over_the_same_boxes(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = [sample.gt_boxes for sample in held_out_scenes(2)]
    searched = Proposing([truth[0], truth[1][:0]], [0.5, 0.7])
    monkeypatch.setattr(recall, "selective_search", lambda images, _threads: searched if len(images) == 2 else None)
    head, _, by_search, by_network = recall.table(["dice"], [], data)
    columns = cells(head)
    search, network = (dict(zip(columns, cells(line), strict=True)) for line in (by_search, by_network))
    share = len(truth[0]) / sum(map(len, truth))
    assert search["proposals of"] == "Selective Search"
    assert [float(search[name]) for name in recall.COLUMNS] == pytest.approx([share] * 4, abs=0.001)
    assert float(search["ms"]) == 600
    assert network["proposals of"] == "embedded"
    assert 0.8 < float(network["recall@100"]) <= float(network["recall@300"])


def test_that_without_opencv_the_network_is_measured_alone(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall, "selective_search", lambda _images, _threads: None)
    *_, said, network = recall.table(["dice"], [], data, most=1)
    assert said == WITHOUT_OPENCV
    assert cells(network)[1] == "embedded"
