"""Small networks and images that many tests of the detector share."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
import torch
from PIL import Image

from detector import checkpoints
from detector.coco import xywh
from detector.corrections import CorrectedImage
from detector.model import FasterRCNN, Network, build
from detector.roi_features import FeatureCache, RoiFeatures
from detector.scenes import CATEGORIES, draw_scene
from detector.systems import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from detector.checkpoints import Checkpoint


@pytest.fixture(scope="session")
def make_model() -> Callable[[str, int], Network]:
    """Return a maker of networks with random weights, the same ones each time, in eval mode."""

    def make(system: str, num_categories: int) -> Network:
        torch.manual_seed(0)
        model = build(SYSTEMS[system], num_categories).eval()
        # Small random weights give nearly equal scores everywhere; wider ones make NMS and thresholds work.
        torch.nn.init.normal_(model.rpn.head.cls_logits.weight, std=0.2)
        if isinstance(model, FasterRCNN):
            torch.nn.init.normal_(model.roi_heads.box_predictor.cls_score.weight, std=1.0)
        # The parts are the same at every size, and two cores have to run them.
        model.transform.min_size, model.transform.max_size = (min(256, model.transform.min_size[0]),), 384
        if model.system.box_head in ("layer4", "dropout_fc"):
            model.rpn._post_nms_top_n = {"training": 40, "testing": 40}  # their heads cost more than their backbones
        return model

    return make


@pytest.fixture(scope="session")
def embedded() -> Checkpoint:
    """The embedded model; nobody may change its weights."""
    return checkpoints.load(checkpoints.EMBEDDED_WEIGHTS)


@pytest.fixture(scope="session")
def scene_images(tmp_path_factory: pytest.TempPathFactory) -> tuple[CorrectedImage, ...]:
    """Six small scenes in files, reviewed, each with three boxes or more; labels are those of `scenes.CATEGORIES`."""
    folder = tmp_path_factory.mktemp("scenes")
    images: list[CorrectedImage] = []
    seed = 0
    while len(images) < 6:
        scene = draw_scene(seed, (128, 128))
        seed += 1
        if len(scene.labels) >= 3:
            path = folder / f"{'abcdef'[len(images)]}.png"
            Image.fromarray(scene.image).save(path)
            images.append(CorrectedImage(path, path.name, scene.gt_boxes, scene.labels))
    return tuple(images)


class MemoryCache:
    """A feature cache in memory: what one test has pooled the next need not."""

    def __init__(self) -> None:
        self.kept: dict[str, RoiFeatures] = {}
        self.pinnings = 0
        self.limit_bytes = 1 << 40
        self.key = FeatureCache.key
        self.get = self.kept.get
        self.put = self.kept.__setitem__

    @contextlib.contextmanager
    def pinning(self) -> Iterator[None]:
        self.pinnings += 1
        try:
            yield
        finally:
            self.pinnings -= 1


@pytest.fixture(scope="session")
def memory_cache() -> MemoryCache:
    """A feature cache that all tests share."""
    return MemoryCache()


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of five small scenes in files, and `all.json`; tests write models beside them."""
    folder = tmp_path_factory.mktemp("scenes")
    document: dict[str, Any] = {
        "images": [],
        "annotations": [],
        "categories": [{"id": label, "name": name} for label, name in enumerate(CATEGORIES, 1)],
    }
    for number in range(1, 6):
        scene = draw_scene(number - 1, (96, 96))
        Image.fromarray(scene.image).save(folder / f"{number}.png")
        document["images"].append({"id": number, "file_name": f"{number}.png", "width": 96, "height": 96})
        for box, label in zip(xywh(scene.gt_boxes), scene.labels.tolist(), strict=True):
            known = {"image_id": number, "category_id": label, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            document["annotations"].append({"id": len(document["annotations"]) + 1, **known})
    (folder / "all.json").write_text(json.dumps(document))
    return folder
