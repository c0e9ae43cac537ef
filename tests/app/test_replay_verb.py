"""The headless verb `replay` on drawn scenes, with the real detector and the real training."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image

import main
from app import replay
from detector.coco import xywh
from detector.predictor import Predictor
from detector.scenes import CATEGORIES, draw_scene

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (160, 200)
FIRST_SEED = 7_000_000


def write_scenes(folder: Path, count: int, names: tuple[str, ...] = CATEGORIES, size: tuple[int, int] = SIZE) -> Path:
    """Write scenes and their COCO file, in which the categories are called `names`."""
    (folder / "images").mkdir()
    images, annotations = [], []
    for number in range(1, count + 1):
        scene = draw_scene(FIRST_SEED + number, size)
        Image.fromarray(scene.image).save(folder / "images" / f"{number:02}.png")
        images.append({"id": number, "file_name": f"{number:02}.png", "height": size[0], "width": size[1]})
        for box, label in zip(xywh(scene.gt_boxes), scene.labels.tolist(), strict=True):
            values = {"bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            annotations.append({"id": len(annotations) + 1, "image_id": number, "category_id": label, **values})
    categories = [{"id": label, "name": name} for label, name in enumerate(names, 1)]
    path = folder / "annotations.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main.main([str(one) for one in ("replay", *arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_that_a_detector_that_knows_the_objects_saves_most_of_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_scenes(tmp_path, 6)
    before = sorted(one.name for one in tmp_path.rglob("*"))
    options = ("--no-fine-tunes", "--batch", 4, "--iou", 0.75, "--iou", 0.5, "--json")
    outputs = ("--csv", tmp_path / "rounds.csv", "--plot", tmp_path / "saved.png")
    code, out, err = run(capsys, path, "--images", tmp_path / "images", *options, *outputs)
    said = json.loads(out)
    assert code == 0
    strict, loose = said["runs"]
    assert (strict["iou"], loose["iou"]) == (0.75, 0.5)
    assert said["work_saved"] == loose["work_saved"] > 0.6
    assert strict["work_saved"] <= loose["work_saved"]
    assert said["objects"] == len(json.loads(path.read_text())["annotations"])
    assert [one["images"] for one in loose["rounds"]] == [4, 2]
    for one in said["runs"]:
        assert one["accepted"] + one["added"] + one["moved"] + one["relabelled"] == one["objects"]
        assert {part["training_seconds"] for part in one["rounds"]} == {0}
    assert "simulated corrections" in err
    lines = (tmp_path / "rounds.csv").read_text().splitlines()
    assert len(lines) == 1 + 2 * 2
    with Image.open(tmp_path / "saved.png") as plot:
        assert plot.width > 500
    assert sorted(one.name for one in tmp_path.rglob("*")) == sorted([*before, "rounds.csv", "saved.png"])


def test_that_a_fine_tune_teaches_categories_that_the_base_model_does_not_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_scenes(tmp_path, 9, tuple(f"thing {number}" for number in range(len(CATEGORIES))))
    options = ("--batch", 6, "--second-stage", "never", "--order", "file", "--json")
    code, out, _ = run(capsys, path, "--images", tmp_path / "images", *options)
    assert code == 0
    (said,) = json.loads(out)["runs"]
    first, second = said["rounds"]
    assert (first["accepted"], first["removed"], first["added"]) == (0, 0, first["objects"])
    assert first["by_proposal"] > 0
    assert second["model_version"] != first["model_version"]
    assert second["training_seconds"] > 0
    assert second["accepted"] > 0


def test_that_large_images_are_looked_at_and_learnt_from_in_tiles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_scenes(tmp_path, 5, size=(256, 600))
    seen, pooled = [], []
    predict, pool = Predictor.predict, Predictor.pool
    monkeypatch.setattr(Predictor, "predict", lambda *given: seen.append(given[1].shape[:2]) or predict(*given))
    monkeypatch.setattr(Predictor, "pool", lambda *given: pooled.append(given[1].shape[:2]) or pool(*given))
    options = ("--batch", 4, "--second-stage", "never", "--tiles", 256, "--json")
    code, _, _ = run(capsys, path, "--images", tmp_path / "images", *options)
    assert code == 0
    assert set(seen) == {(256, 600), (256, 256)}
    assert set(pooled) == {(256, 600), (256, 256), (320, 320)}  # the last are scenes, to rehearse


def test_that_a_crowd_is_no_object_and_no_background_either(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_scenes(tmp_path, 5)
    document = json.loads(path.read_text())
    crowds = {one["image_id"]: one for one in document["annotations"]}  # the last of each image
    for one in crowds.values():
        one["iscrowd"] = 1
    path.write_text(json.dumps(document))
    stored = []
    read = replay.read_corrections
    monkeypatch.setattr(
        replay, "read_corrections", lambda *given, **named: stored.append(read(*given, **named)) or stored[-1]
    )
    options = ("--batch", 4, "--second-stage", "never", "--order", "file", "--json")
    _, out, _ = run(capsys, path, "--images", tmp_path / "images", *options)
    assert json.loads(out)["objects"] == len(document["annotations"]) - 5
    (learnt,) = stored
    for image in learnt.corrections.images:
        x, y, width, height = crowds[int(image.name.removesuffix(".png"))]["bbox"]
        assert image.gt_boxes[image.iscrowd].tolist() == [pytest.approx([x, y, x + width, y + height])]


def test_that_a_round_ends_where_the_window_would_suggest_a_fine_tune(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_scenes(tmp_path, 21)
    _, out, _ = run(capsys, path, "--images", tmp_path / "images", "--no-fine-tunes", "--json")
    (said,) = json.loads(out)["runs"]
    assert [one["images"] for one in said["rounds"]] == [10, 10, 1]


def test_that_the_useful_order_and_a_seed_choose_which_images_come_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_scenes(tmp_path, 5)
    counts = []
    for order in ("file", "random", "useful"):
        options = ("--order", order, "--batch", 2, "--no-fine-tunes", "--no-proposals", "--no-refinement", "--json")
        _, out, _ = run(capsys, path, "--images", tmp_path / "images", *options)
        (said,) = json.loads(out)["runs"]
        counts.append([one["objects"] for one in said["rounds"]])
        assert said["by_proposal"] == said["refined"] == 0
    assert len({sum(one) for one in counts}) == 1
    assert counts[0] != counts[1] or counts[1] != counts[2]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--iou", "1.5"), 2, "above 0 and at most 1"),
        (("--order", "file", "--seeds", "2"), 2, "all runs are the same"),
        (("--csv", "missing/rounds.csv"), 1, "There is no folder missing"),
        (("--csv", "{images}/01.png"), 1, "would replace a file that is read"),
        (("--plot", "{images}/notes.txt"), 1, "is there already, and is no plot of ours"),
        (("--plot", "{images}/01.png"), 1, "would replace a file that is read"),
        (("--plot", "{images}/../mine.png"), 1, "is there already, and is no plot of ours"),
    ],
)
def test_that_what_makes_no_sense_is_said_before_the_work(
    arguments: tuple[str, ...], code: int, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_scenes(tmp_path, 1)
    images = str(tmp_path / "images")
    (tmp_path / "images" / "notes.txt").write_text("of mine")
    Image.new("RGB", (8, 8)).save(tmp_path / "mine.png")
    given = [one.format(images=images) for one in arguments]
    with pytest.raises(SystemExit) as end:
        raise SystemExit(main.main(["replay", str(path), "--images", images, *given]))
    assert end.value.code == code
    assert sentence in capsys.readouterr().err


def test_that_a_dataset_that_cannot_be_labeled_again_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_scenes(tmp_path, 1)
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "annotations": []}))
    code, _, err = run(capsys, path, "--images", tmp_path / "images")
    assert code == 1
    assert "The dataset has no boxes" in err
    document["images"].append({"id": 2, "file_name": "gone.png", "height": 9, "width": 9})
    path.write_text(json.dumps(document))
    code, out, err = run(capsys, path, "--images", tmp_path / "images", "--json")
    assert code == 1
    assert "Nothing was replayed" in err
    assert "gone.png" in json.loads(out)["error"]
