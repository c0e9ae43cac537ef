from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from app.model.annotations import ImageRecord
from app.model.storage import StoreError
from app.store.formats.foreign import Delivery
from app.store.formats.project_images import ProjectImages
from app.store.formats.splitting import PARTS, Splitter, in_parts, parse_shares
from app.store.formats.table import FORMATS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten scenes, each photographed once and saved again as a copy."""
    images = tmp_path / "images"
    images.mkdir()
    pick = np.random.default_rng(1)
    names = ["ash", "bay", "cay", "dip", "elm", "fen", "gum", "hut", "ice", "jet"]
    for name in names:
        scene = Image.fromarray(pick.integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize((64, 48))
        scene.save(images / f"{name}.png")
        scene.save(images / f"{name} (1).png")
    return images


def dataset(folder: Path) -> dict[str, Any]:
    names = sorted(file.name for file in folder.glob("*.png"))
    rows = [{"id": n, "file_name": name, "width": 64, "height": 48} for n, name in enumerate(names, 1)]
    boxes = [
        {
            "id": row["id"],
            "image_id": row["id"],
            "category_id": 1 + row["id"] % 4 // 2,
            "bbox": [1, 1, 9, 9],
            "area": 81,
        }
        for row in rows
    ]
    categories = [{"id": 1, "name": "bolt"}, {"id": 2, "name": "nut"}, {"id": 3, "name": "screw"}]
    return {"info": {"year": 2020}, "images": rows, "annotations": boxes, "categories": categories}


def test_that_copies_stay_together_and_parts_have_their_share(folder: Path) -> None:
    document = dataset(folder)
    splitter = Splitter(folder, (60, 20, 20))
    parts = splitter(document)
    by_name = {image["file_name"]: parts[image["id"]] for image in document["images"]}
    assert all(by_name[name] == by_name[name.replace(".png", " (1).png")] for name in by_name if "(" not in name)
    assert splitter.images == {"train": 12, "val": 4, "test": 4}
    assert splitter.groups == 10
    assert splitter.boxes["bolt"] + splitter.boxes["nut"] == splitter.images
    assert min(splitter.boxes["bolt"].values()) >= 2
    assert splitter.sentences() == ("Images by part, near copies together in 10 groups: train 12, val 4, test 4.",)


def test_that_a_split_is_the_same_again_and_another_with_another_seed(folder: Path) -> None:
    document = dataset(folder)
    first = Splitter(folder, (60, 20, 20))(document)
    assert Splitter(folder, (60, 20, 20))(document) == first
    assert any(Splitter(folder, (60, 20, 20), seed)(document) != first for seed in range(1, 4))


def test_that_a_category_that_a_part_lacks_is_named(folder: Path) -> None:
    document = dataset(folder)
    document["annotations"][0]["category_id"] = 3
    splitter = Splitter(folder, (80, 20, 0))
    splitter(document)
    assert splitter.sentences()[1:] == ("No box in val: screw.",)


def test_that_images_that_are_not_there_are_dealt_out_too(folder: Path) -> None:
    document = dataset(folder)
    (folder / "ash.png").unlink()
    (folder / "bay.png").write_bytes(b"")
    seen = []
    splitter = Splitter(folder, (50, 50, 0), progress=lambda *counts: seen.append(counts))
    assert set(splitter(document)) == {image["id"] for image in document["images"]}
    assert seen[-1] == (20, 20)


def test_that_an_empty_dataset_is_split(folder: Path) -> None:
    splitter = Splitter(folder, (80, 10, 10))
    assert splitter({"images": [], "annotations": [], "categories": []}) == {}
    assert splitter.sentences()[0].endswith("train 0, val 0, test 0.")


@pytest.mark.parametrize(
    ("text", "shares"), [("80/10/10", (80, 10, 10)), ("75/25", (75, 25, 0)), ("90/0/10", (90, 0, 10))]
)
def test_that_shares_are_percentages(text: str, shares: tuple[int, ...]) -> None:
    assert parse_shares(text) == shares


@pytest.mark.parametrize("text", ["", "80", "80/10", "50/50/50", "a/b", "110/-10", "40/30/20/10", "0.8/0.2"])
def test_that_other_shares_are_refused(text: str) -> None:
    with pytest.raises(StoreError, match="as in 80/10/10"):
        parse_shares(text)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.key)
def test_that_every_format_is_written_in_parts(form: Any, folder: Path, tmp_path: Path) -> None:
    document = dataset(folder)
    for annotation in document["annotations"]:
        annotation["iscrowd"] = 0
    parts = Splitter(folder, (60, 20, 20))(document)
    target = tmp_path / "out"
    in_parts(form).write(document, target, Delivery(folder, parts=parts))
    images = ProjectImages(folder, [ImageRecord(image["id"], image["file_name"]) for image in document["images"]])
    if form.key in ("voc", "yolo"):
        return  # they have a way of their own, and tests of it
    for part in PARTS:
        read = form.read(target / f"{part}{form.suffix}", images).document
        wanted = {image["file_name"] for image in document["images"] if parts[image["id"]] == part}
        assert {image["file_name"] for image in read["images"]} == wanted
        assert len(read["annotations"]) == len(wanted)


def test_that_the_parts_of_a_coco_dataset_are_whole_datasets(folder: Path, tmp_path: Path) -> None:
    document = dataset(folder)
    parts = Splitter(folder, (60, 20, 20))(document)
    coco = in_parts(FORMATS[0])
    assert coco.suffix == ""
    written = coco.write(document, tmp_path / "out", Delivery(folder, parts=parts))
    assert [file.name for file in written.files] == ["train.json", "val.json", "test.json"]
    found = [json.loads(file.read_text()) for file in written.files]
    assert all(one["categories"] == document["categories"] and one["info"] == {"year": 2020} for one in found)
    ids = [annotation["id"] for one in found for annotation in one["annotations"]]
    assert sorted(ids) == [annotation["id"] for annotation in document["annotations"]]


def test_that_what_is_there_and_no_export_is_left_alone(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "mine.txt").write_text("mine")
    document = dataset(folder)
    with pytest.raises(StoreError, match="not empty"):
        in_parts(FORMATS[0]).write(document, target, Delivery(folder, parts=Splitter(folder, (60, 20, 20))(document)))
    assert [file.name for file in target.iterdir()] == ["mine.txt"]
