"""The headless verbs, called as a shell calls them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from detector import checkpoints, cli, heap, training_run
from detector.checkpoints import EMBEDDED_WEIGHTS
from detector.coco import load_sample, read_dataset
from detector.predictor import Predictor, open_predictor

if TYPE_CHECKING:
    from collections.abc import Callable

    from detector.model import FasterRCNN

NAMES = ("one", "two", "three")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, make_model: Callable[[str, int], FasterRCNN]) -> Path:
    """A model file of random weights that finds something everywhere."""
    path = tmp_path_factory.mktemp("model") / "random.safetensors"
    checkpoints.save(path, make_model("embedded", len(NAMES)), NAMES)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with three images, one of them in a sub-folder, and a file that cannot be read."""
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, size in (("1.png", (90, 120, 3)), ("2.jpg", (120, 90, 3)), ("deep/3.png", (100, 100, 3))):
        Image.fromarray(rng.integers(0, 256, size, dtype=np.uint8)).save(folder / name)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 not much of a picture")
    return folder


@pytest.fixture
def annotations(photos: Path) -> Path:
    """A COCO file for `photos`: two categories the model knows, in another case and order, and one that it does not."""
    document = {
        "images": [
            {"id": 7, "file_name": "1.png", "width": 120, "height": 90},
            {"id": 9, "file_name": "deep/3.png", "width": 100, "height": 100},
        ],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 20, "bbox": [10, 10, 30, 30], "area": 900, "iscrowd": 0},
            {"id": 2, "image_id": 9, "category_id": 30, "bbox": [20, 40, 50, 30], "area": 1500, "iscrowd": 0},
        ],
        "categories": [{"id": 10, "name": "THREE"}, {"id": 20, "name": "One"}, {"id": 30, "name": "washer"}],
    }
    return write(photos.parent / "annotations.json", document)


def write(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document))
    return path


def run(*arguments: object) -> int:
    return cli.run([str(argument) for argument in arguments])


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The JSON object that `--json` promises: the last line, and here the only one, on the standard output."""
    (line,) = capsys.readouterr().out.splitlines()
    summary: dict[str, Any] = json.loads(line)
    return summary


# --- detect -----------------------------------------------------------------------------------------------------------


def test_that_detections_are_a_dataset_that_pycocotools_loads(
    photos: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "found.json"
    assert run("detect", photos, "-o", output, "--model", model, "--score-thresh", 0.1, "--json") == 0
    summary = last_line(capsys)
    dataset = COCO(str(output)).dataset
    assert [image["file_name"] for image in dataset["images"]] == ["1.png", "2.jpg", "deep/3.png"]
    assert [category["name"] for category in dataset["categories"]] == list(NAMES)
    assert len(dataset["annotations"]) == summary["detections"] > 0
    assert all(annotation["score"] > 0.1 for annotation in dataset["annotations"])
    assert (summary["images"], len(summary["unreadable"])) == (3, 1)


def test_that_an_unreadable_image_is_listed_with_its_reason(
    photos: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("detect", photos, "-o", tmp_path / "found.json", "--model", model) == 0
    said = capsys.readouterr().out
    assert str(photos / "broken.jpg") in said
    assert "1 of 4 images were left out" in said


def test_that_nothing_readable_is_a_failure_and_writes_nothing(
    photos: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "found.json"
    assert run("detect", photos / "broken.jpg", "-o", output, "--model", model, "--json") == 1
    assert "broken.jpg" in last_line(capsys)["error"]
    assert not output.exists()


def test_that_a_verb_that_looks_at_many_images_keeps_its_memory(
    photos: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bool] = []
    monkeypatch.setattr(heap, "keep", lambda: kept.append(True))
    assert run("detect", photos, "-o", tmp_path / "found.json", "--model", model) == 0
    assert kept == [True]


def test_that_large_images_are_detected_in_tiles(photos: Path, model: Path, tmp_path: Path) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (300, 700, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    found: list[list[dict[str, Any]]] = []
    for options in ([], ["--tiles", 256]):
        output = tmp_path / f"{len(options)}.json"
        arguments = ("detect", tmp_path / "wide.png", "-o", output, "--model", model, "--proposals", *options)
        assert run(*arguments) == 0
        found.append(json.loads(output.read_text()))
    whole, tiled = found
    assert len(tiled) > len(whole)
    right, bottom = (max(one["bbox"][side] + one["bbox"][side + 2] for one in tiled) for side in (0, 1))
    assert 512 < right <= 700
    assert 256 < bottom <= 300


def test_that_results_and_dataset_say_the_same(photos: Path, model: Path, tmp_path: Path) -> None:
    for form in ([], ["--results"]):
        name = f"{len(form)}.json"
        assert run("detect", photos, "-o", tmp_path / name, "--model", model, "--score-thresh", 0.3, *form) == 0
    dataset = json.loads((tmp_path / "0.json").read_text())["annotations"]
    results = json.loads((tmp_path / "1.json").read_text())
    keys = ("image_id", "category_id", "bbox", "score")
    assert [[entry[key] for key in keys] for entry in results] == [[entry[key] for key in keys] for entry in dataset]


def test_that_proposals_are_written_with_their_objectness(photos: Path, model: Path, tmp_path: Path) -> None:
    output = tmp_path / "proposals.json"
    assert run("detect", photos / "1.png", "-o", output, "--model", model, "--proposals") == 0
    predictor = open_predictor(model)
    image = np.asarray(Image.open(photos / "1.png"))
    expected = predictor.predict(image).proposals.objectness
    assert [entry["score"] for entry in json.loads(output.read_text())] == pytest.approx(expected.tolist())


def test_that_a_stricter_iou_leaves_fewer_boxes(photos: Path, model: Path, tmp_path: Path) -> None:
    counts = []
    for nms_iou in (0.1, 0.7):
        output = tmp_path / f"{nms_iou}.json"
        run("detect", photos / "1.png", "-o", output, "--model", model, "--score-thresh", 0.2, "--nms-iou", nms_iou)
        counts.append(len(json.loads(output.read_text())["annotations"]))
    assert counts[0] < counts[1]


@pytest.mark.parametrize("place", ["missing/found.json", "photos", "photos/1.png/found.json", "x" * 300])
def test_that_an_output_that_cannot_be_written_is_said_before_detecting(
    photos: Path, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("detector.predictor.open_predictor", None)  # calling it would be a TypeError
    assert run("detect", photos, "-o", tmp_path / place, "--json") == 1
    assert last_line(capsys)["error"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
@pytest.mark.parametrize("place", ["photos/1.png", "photos/deep/../1.png", "pipe"])
def test_that_neither_an_image_nor_a_device_is_replaced(
    photos: Path, model: Path, tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    before = (photos / "1.png").read_bytes()
    assert run("detect", photos, "-o", tmp_path / place, "--model", model) == 1
    assert "choose another output" in capsys.readouterr().err
    assert (photos / "1.png").read_bytes() == before
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("name", ["list.txt", "found.json"])
def test_that_the_list_or_dataset_that_says_where_to_look_is_not_replaced(
    photos: Path, model: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.txt").write_text(str(photos / "1.png"))
    assert run("detect", photos, "-o", tmp_path / "found.json", "--model", model) == 0
    before = (tmp_path / name).read_bytes()
    folder = ["--images", photos] if name == "found.json" else []
    assert run("detect", tmp_path / name, *folder, "-o", tmp_path / name, "--model", model) == 1
    assert "would replace a file that is read" in capsys.readouterr().err
    assert (tmp_path / name).read_bytes() == before


def test_that_a_file_that_is_no_model_is_a_sentence(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("detect", photos, "-o", tmp_path / "found.json", "--model", photos / "1.png") == 1
    assert capsys.readouterr().err.startswith("boxwright: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["detect"],
        ["detect", "nowhere", "-o", "found.json"],
        ["detect", ".", "-o", "found.json", "--score-thresh", "1.5"],
        ["detect", ".", "-o", "found.json", "--score-thresh", "nan"],
        ["detect", ".", "-o", "found.json", "--nms-iou", "nan"],
        ["detect", ".", "-o", "found.json", "--tiles", "100"],
        ["detect", ".", "-o", "found.json", "--precision", "sloppy"],
        ["detect", ".", "-o", "found.json", "--results", "--proposals"],
        ["detect", ".", "-o", "found.json", "--proposals", "--score-thresh", "0.5"],
        ["train", "-o", "model.safetensors"],
        ["train", "--scenes", "8", "--system", "yolo"],
        ["train", "--scenes", "8", "--system", "resnet50_fpn"],
        ["train", "--scenes", "8", "--from", __file__],
        ["train", "--scenes", "8", "--val", __file__],
        ["train", __file__, "--scenes", "8"],
        ["train", __file__, "--images", ".", "--from", __file__, "--system", "resnet50_fpn"],
        ["train", __file__, "--images", ".", "--epochs", "0"],
        ["train", __file__, "--images", ".", "--rate", "nan"],
        ["train", "--scenes", "8", "--seed", "-1"],
        ["finetune", "-o", "model.safetensors"],
        ["finetune", "nowhere.json", "--images", ".", "-o", "model.safetensors"],
        ["finetune", __file__, "-o", "model.safetensors"],
        ["finetune", __file__, "--images", "."],
        ["finetune", __file__, "--images", ".", "-o", "model.safetensors", "--model", "nowhere.safetensors"],
        ["finetune", __file__, "--images", ".", "-o", "model.safetensors", "--second-stage", "perhaps"],
        ["finetune", __file__, "--images", ".", "-o", "model.safetensors", "--seed", "-1"],
        ["finetune", __file__, "--images", ".", "-o", "model.safetensors", "--cache", __file__],
        ["evaluate", "nowhere.json", "--images", "."],
        ["evaluate", __file__, "--images", ".", "--metric", "f1"],
        ["evaluate", __file__, "--images", ".", "--metric", "recall", "--nms-iou", "0.5"],
        ["evaluate", __file__, "--images", ".", "--plots", __file__],
        ["nonsense"],
    ],
)
def test_that_an_invalid_command_line_ends_with_code_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_that_ctrl_c_ends_quietly_with_code_130(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("detector.predictor.open_predictor", interrupt)
    assert run("detect", photos, "-o", tmp_path / "found.json") == 130
    assert capsys.readouterr().err == ""


# --- evaluate ---------------------------------------------------------------------------------------------------------


def test_that_recall_is_given_by_name(
    annotations: Path, photos: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("evaluate", annotations, "--images", photos, "--metric", "recall", "--model", model, "--json") == 0
    summary = last_line(capsys)
    assert 0 <= summary["AR100"] <= summary["AR300"] <= summary["AR1000"] <= summary["R50@1000"] <= 1
    assert 0 <= summary["R50@50"] <= summary["R50@100"] <= summary["R50@300"] == summary["R50"]
    assert (summary["metric"], summary["images"], summary["boxes"]) == ("recall", 2, 2)
    assert summary["categories"] == []
    assert "plots" not in summary


def test_that_large_images_are_measured_in_tiles(
    annotations: Path, photos: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, predict = set(), Predictor.predict
    monkeypatch.setattr(Predictor, "predict", lambda one, image: seen.add(image.shape[:2]) or predict(one, image))
    Image.new("RGB", (600, 300)).save(photos / "1.png")
    document = json.loads(annotations.read_text())
    for image in document["images"]:
        if image["file_name"] == "1.png":
            image.update(width=600, height=300)
    annotations.write_text(json.dumps(document))
    assert run("evaluate", annotations, "--images", photos, "--model", model, "--tiles", 256) == 0
    assert {(300, 600), (256, 256)} < seen


def test_that_categories_are_matched_by_name_and_the_unknown_are_named(
    annotations: Path, photos: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("evaluate", annotations, "--images", photos, "--model", model, "--json") == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert summary["unknown_categories"] == ["washer"]
    assert "never found: washer" in captured.err
    assert "of the model: two" in captured.err
    assert summary["AP/washer"] == 0
    assert summary["AP/THREE"] is None, "there is no such object"
    assert {"AP", "AP50", "AP75", "AR100"} <= summary.keys()
    rows = {row["name"]: row for row in summary["categories"]}
    assert list(rows) == ["THREE", "One", "washer"]
    assert rows["THREE"] == {"name": "THREE", "boxes": 0, "AP": None, "AP50": None, "AP75": None}
    assert rows["washer"]["boxes"] == 1
    assert {name: row["AP"] for name, row in rows.items()} == {name: summary[f"AP/{name}"] for name in rows}


def test_that_a_model_measured_on_its_own_detections_is_perfect(
    photos: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tmp_path / "found.json"
    options = ["--model", model, "--score-thresh", 0.3, "--precision", "exact", "--json"]
    assert run("detect", photos, "-o", found, *options) == 0
    assert run("evaluate", found, "--images", photos, *options) == 0
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary["AP50"] == pytest.approx(1.0)
    assert summary["problems"] == []


@pytest.mark.parametrize("metric", ["coco", "voc07", "voc"])
def test_that_every_metric_prints_a_row_for_each_category_and_draws_it(
    photos: Path, model: Path, tmp_path: Path, metric: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, plots = tmp_path / "found.json", tmp_path / "new" / "plots"
    options = ["--model", model, "--score-thresh", 0.3, "--precision", "exact"]
    assert run("detect", photos, "-o", found, *options, "--json") == 0
    document = json.loads(found.read_text())
    for category in document["categories"]:
        category["name"] += "/" + category["name"]  # no path
    shown = sorted({annotation["category_id"] for annotation in document["annotations"]})
    write(found, document)
    names = [category["name"] for category in document["categories"]]
    renamed = tmp_path / "renamed.safetensors"
    checkpoints.save(renamed, checkpoints.load(model).model, names)
    options[1] = renamed
    capsys.readouterr()
    assert run("evaluate", found, "--images", photos, "--metric", metric, "--plots", plots, *options, "--json") == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert summary["AP"] == pytest.approx(1.0, abs=0.05)  # its own detections; scores may tie, and boxes be cut
    files = ["overview.png", *(f"{label:02}-{names[label - 1].replace('/', '_')}.png" for label in shown)]
    assert summary["plots"] == [str(plots / file) for file in files]
    assert sorted(path.name for path in plots.iterdir()) == sorted(files)
    assert f"{len(files)} plots are in {plots}" in captured.err
    (header,) = (line for line in captured.err.splitlines() if line.split()[:2] == ["category", "boxes"])
    assert header.split()[2:] == {"coco": ["AP", "AP50", "AP75"]}.get(metric, ["difficult", "AP"])
    assert all(any(line.split()[:1] == [name] for line in captured.err.splitlines()) for name in names)


def test_that_recall_is_drawn(annotations: Path, photos: Path, model: Path, tmp_path: Path) -> None:
    plots = tmp_path / "plots"
    options = ["--images", photos, "--metric", "recall", "--model", model, "--plots", plots]
    assert run("evaluate", annotations, *options) == 0
    assert sorted(path.name for path in plots.iterdir()) == ["recall_by_iou.png", "recall_by_proposals.png"]


@pytest.mark.parametrize("metric", ["voc07", "recall"])
def test_that_difficult_objects_need_not_be_found(
    annotations: Path, photos: Path, model: Path, metric: str, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(annotations.read_text())
    document["annotations"][0]["difficult"] = document["annotations"][1]["ignore"] = 1
    write(annotations, document)
    options = ["--images", photos, "--metric", metric, "--model", model, "--plots", photos / "plots", "--json"]
    assert run("evaluate", annotations, *options) == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert summary["AP" if metric == "voc07" else "AR100"] is None, "nothing is left to find"
    assert summary["plots"] == []
    assert "nothing to plot" in captured.err
    if metric == "voc07":
        row = {"name": "One", "boxes": 0, "difficult": 1, "AP": None}
        assert row in summary["categories"]


def test_that_plots_which_cannot_be_written_are_said_before_detecting(
    annotations: Path, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("detector.predictor.open_predictor", None)  # calling it would be a TypeError
    plots = annotations / "plots"
    assert run("evaluate", annotations, "--images", photos, "--plots", plots, "--json") == 1
    assert str(plots) in last_line(capsys)["error"]


def test_that_no_common_category_points_to_the_metric_without_names(
    annotations: Path, photos: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(annotations.read_text())
    for category in document["categories"]:
        category["name"] += " of another kind"
    write(annotations, document)
    assert run("evaluate", annotations, "--images", photos, "--model", model) == 1
    assert "--metric recall needs no names" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "[]", "{", '{"images": [], "annotations": [], "categories": []}'])
def test_that_a_file_that_is_no_dataset_is_a_sentence(
    photos: Path, model: Path, tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    annotations = tmp_path / "bad.json"
    annotations.write_text(content)
    assert run("evaluate", annotations, "--images", photos, "--model", model, "--json") == 1
    assert str(annotations) in last_line(capsys)["error"]


# --- train ------------------------------------------------------------------------------------------------------------


def test_that_training_writes_a_model_that_detects(
    annotations: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "mine.safetensors"
    options = ["--epochs", 2, "--batch-size", 1, "--val", annotations, "-o", output, "--device", "cpu", "--json"]
    assert run("train", annotations, "--images", photos, *options) == 0
    summary = last_line(capsys)
    assert (summary["steps"], summary["images"], summary["boxes"]) == (4, 2, 2)
    assert set(summary["losses"]) == {"loss_classifier", "loss_box_reg", "loss_objectness", "loss_rpn_box_reg"}
    assert "AP50" in summary["val"]
    assert open_predictor(output).categories == ("THREE", "One", "washer")


def test_that_training_goes_on_from_a_model(annotations: Path, photos: Path, model: Path, tmp_path: Path) -> None:
    output = tmp_path / "mine.safetensors"
    options = ["--from", model, "--rate", 0, "--epochs", 1, "-o", output, "--device", "cpu"]
    assert run("train", annotations, "--images", photos, *options) == 0
    before, after = (checkpoints.load(path).model.rpn.head.cls_logits.weight for path in (model, output))
    assert before.detach().numpy() == pytest.approx(after.detach().numpy(), abs=1e-4)


def test_that_a_dataset_with_mistakes_is_refused_with_a_list(
    annotations: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(annotations.read_text())
    document["annotations"][0]["bbox"] = [10, 10, 0, 30]
    document["images"].append({"id": 11, "file_name": "gone.png", "width": 10, "height": 10})
    write(annotations, document)
    output = tmp_path / "mine.safetensors"
    assert run("train", annotations, "--images", photos, "-o", output) == 1
    said = capsys.readouterr().err
    assert "wrong with the dataset (2)" in said
    assert "gone.png" in said
    assert "Annotation 1" in said
    assert not output.exists()


def test_that_a_dataset_is_not_replaced_by_the_model_that_learns_from_it(
    annotations: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = annotations.read_bytes()
    assert run("train", annotations, "--images", photos, "-o", annotations) == 1
    assert "choose another output" in capsys.readouterr().err
    assert annotations.read_bytes() == before


def test_that_a_validation_of_other_categories_is_refused_before_training(
    annotations: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(annotations.read_text())
    for category in document["categories"]:
        category["name"] += " of another kind"
    val, output = write(tmp_path / "val.json", document), tmp_path / "mine.safetensors"
    assert run("train", annotations, "--images", photos, "--val", val, "-o", output, "--device", "cpu") == 1
    assert "knows none of the dataset's categories" in capsys.readouterr().err
    assert not output.exists()


def test_that_ctrl_c_keeps_the_average_so_far(
    annotations: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = 0

    def interrupted_load(image: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == 4:
            raise KeyboardInterrupt
        return load_sample(image)

    monkeypatch.setattr("detector.views.load_sample", interrupted_load)
    output = tmp_path / "mine.safetensors"
    options = ["--epochs", 100, "--batch-size", 1, "-o", output, "--device", "cpu"]
    assert run("train", annotations, "--images", photos, *options) == 130
    assert "Interrupted after step" in capsys.readouterr().out
    assert open_predictor(output).categories == ("THREE", "One", "washer")


def test_that_the_embedded_detector_is_trained_on_scenes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "scenes.safetensors"
    monkeypatch.setattr("detector.batches.SHUFFLE_BUFFER", 2)
    assert run("train", "--scenes", 2, "--batch-size", 2, "-o", output, "--device", "cpu", "--json") == 0
    assert last_line(capsys)["categories"] == list(training_run.CATEGORIES)
    assert open_predictor(output).categories == training_run.CATEGORIES


# --- systems, and the real weights ------------------------------------------------------------------------------------


def test_that_systems_are_listed_with_their_published_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("systems", "--json") == 0
    rows = {row["id"]: row for row in last_line(capsys)["systems"]}
    # https://pytorch.org/vision/stable/models.html
    assert rows["resnet50_fpn"]["parameters"] == 41_755_286
    assert rows["resnet50_fpn_v2"]["parameters"] == 43_712_278
    assert rows["mobilenet_v3_large_fpn"]["parameters"] == 19_386_354
    assert rows["resnet50_fpn"]["published"]["AP"] == 37.0
    assert [name for name, row in rows.items() if row["embedded"]] == ["embedded"]


@pytest.mark.skipif(not EMBEDDED_WEIGHTS.is_file(), reason="the embedded weights are not in this checkout")
def test_that_real_dice_are_proposed(shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dice = shared_data / "dice"
    annotations, images, plots = dice / "annotations_test.json", dice / "images", tmp_path / "plots"
    assert len(read_dataset(annotations, images).images) == 75
    assert run("evaluate", annotations, "--images", images, "--metric", "recall", "--plots", plots, "--json") == 0
    summary = last_line(capsys)
    assert summary["R50"] > 0.5
    assert [path.is_file() for path in map(Path, summary["plots"])] == [True, True]


def test_that_odd_images_stop_nothing(shared_data: Path, model: Path, tmp_path: Path) -> None:
    output = tmp_path / "found.json"
    assert run("detect", shared_data / "odd-images", "-o", output, "--model", model) == 0
    names = {image["file_name"] for image in json.loads(output.read_text())["images"]}
    assert {"emoji 🦝.jpg", "-dash-first.jpg", "made_1x1.png", "made_20000x3.png", "photo_Portrait_6.jpg"} <= names
    assert names.isdisjoint({"made_empty.jpg", "pil_truncated_image.png", "pil_reallybig.bmp"})
