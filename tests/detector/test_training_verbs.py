"""The verb `train`, called as a shell calls it: schedules, systems, resuming, and what it leaves behind."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import vgg16

from detector import checkpoints, cli, training_run, training_state, views
from detector.coco import read_dataset, xywh
from detector.console import require_writable
from detector.durable import holds_plot
from detector.predictor import open_predictor
from detector.scenes import CATEGORIES, draw_scene
from detector.systems import SYSTEMS
from detector.validation import validate

if TYPE_CHECKING:
    from pathlib import Path

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def small_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    """Systems that see small images, so that a step takes no time."""
    small = {"min_size": 96, "max_size": 96, "train_min_sizes": ()}
    zf = replace(SYSTEMS["zf"], **small, anchor_sizes=((16, 32, 64),), representation_size=32)
    monkeypatch.setitem(SYSTEMS, "zf", zf)
    for name in ("embedded", "d2_rpn_r50_c4"):
        monkeypatch.setitem(SYSTEMS, name, replace(SYSTEMS[name], **small))


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """A folder of three scenes and `all.json`."""
    document: dict[str, Any] = {
        "images": [],
        "annotations": [],
        "categories": [{"id": label, "name": name} for label, name in enumerate(CATEGORIES, 1)],
    }
    for seed in range(3):
        scene = draw_scene(seed, (96, 96))
        Image.fromarray(scene.image).save(tmp_path / f"{seed}.png")
        document["images"].append({"id": seed + 1, "file_name": f"{seed}.png", "width": 96, "height": 96})
        for box, label in zip(xywh(scene.gt_boxes), scene.labels.tolist(), strict=True):
            number = len(document["annotations"]) + 1
            document["annotations"].append(
                {
                    "id": number,
                    "image_id": seed + 1,
                    "category_id": label,
                    "bbox": box,
                    "area": box[2] * box[3],
                    "iscrowd": 0,
                }
            )
    (tmp_path / "all.json").write_text(json.dumps(document))
    return tmp_path


def run(scenes: Path, *options: object, output: str = "mine.safetensors") -> int:
    words = ["train", scenes / "all.json", "--images", scenes, "-o", scenes / output, "--device", "cpu", *options]
    return cli.run([str(word) for word in words])


def summary_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = capsys.readouterr().out.splitlines()
    summary: dict[str, Any] = json.loads(line)
    return summary


def beside(scenes: Path) -> set[str]:
    """The files that a training has left."""
    return {path.name for path in scenes.iterdir()} - {"0.png", "1.png", "2.png", "all.json"}


def same_weights(first: Path, second: Path) -> bool:
    states = [checkpoints.load(path).model.state_dict() for path in (first, second)]
    return all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_that_joint_training_writes_a_model_a_plot_and_what_it_measured(
    scenes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(scenes, "--system", "zf", "--epochs", 2, "--val", scenes / "all.json", "--json") == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert (summary["system"], summary["schedule"], summary["steps"], summary["epochs"]) == ("zf", "joint", 4, 2)
    assert summary["batch_size"] == 2
    assert [row["step"] for row in summary["validation"]] == [2, 4]
    assert all(0 <= row["AP50"] <= 1 for row in summary["validation"])
    assert "AP" in summary["val"]
    assert beside(scenes) == {"mine.safetensors", "mine.png"}
    assert holds_plot(scenes / "mine.png"), "the next training may replace it"
    assert captured.err.count("AP50 ") >= 2, "printed after each epoch"
    for words in ("classifier", "rate 1.0e-03", "images/s"):
        assert words in captured.err


def test_that_alternating_training_does_the_same_with_the_same_command(
    scenes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--system", "zf", "--schedule", "alternating", "--epochs", 1, "--val", scenes / "all.json", "--json"]
    assert run(scenes, *options) == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert (summary["schedule"], summary["steps"]) == ("alternating", 3 + 2 + 3 + 2)
    stages = {row["stage"]: set(row) - {"step", "stage"} for row in summary["validation"]}
    assert stages == {"1 RPN": {"AR100", "AR300"}, "3 RPN": {"AR100", "AR300"}, "4 Fast R-CNN": {"AP", "AP50", "AP75"}}
    assert beside(scenes) == {"mine.safetensors", "mine.png"}
    assert open_predictor(scenes / "mine.safetensors").categories == CATEGORIES


def test_that_a_network_that_only_proposes_learns_whatever_the_category(
    scenes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--epochs", 1, "--val", scenes / "all.json", "--json"]
    assert run(scenes, "--system", "d2_rpn_r50_c4", *options) == 0
    summary = summary_of(capsys)
    assert summary["categories"] == ["object"]
    assert set(summary["losses"]) == {"loss_objectness", "loss_rpn_box_reg"}
    assert [set(row) - {"step", "stage"} for row in summary["validation"]] == [{"AR100", "AR300"}]
    assert "AR1000" in summary["val"]
    assert run(scenes, "--from", scenes / "mine.safetensors", *options, output="more.safetensors") == 0
    summary = summary_of(capsys)
    assert (summary["system"], summary["categories"]) == ("d2_rpn_r50_c4", ["object"])


def test_that_the_number_of_workers_changes_nothing(scenes: Path) -> None:
    for workers in (0, 2):
        options = ["--epochs", 1, "--batch-size", 2, "--workers", workers]
        assert run(scenes, *options, output=f"by-{workers}.safetensors") == 0
    assert same_weights(scenes / "by-0.safetensors", scenes / "by-2.safetensors")


def test_that_imagenet_weights_are_found_by_file(scenes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"min_size": 64, "max_size": 64, "anchor_sizes": ((16, 32),), "representation_size": 32}
    monkeypatch.setitem(SYSTEMS, "vgg16", replace(SYSTEMS["vgg16"], **small))
    torch.manual_seed(3)
    features = {name: value for name, value in vgg16().state_dict().items() if name.startswith("features")}
    torch.save(features, scenes / "vgg.pth")
    options = ["--system", "vgg16", "--backbone-weights", scenes / "vgg.pth", "--epochs", 1, "--rate", 1e-6]
    assert run(scenes, *options) == 0
    state = checkpoints.load(scenes / "mine.safetensors").model.state_dict()
    for layer in (5, 28):
        trained, before = state[f"backbone.body.{layer}.weight"], features[f"features.{layer}.weight"]
        assert torch.allclose(trained, before, atol=1e-3)


def test_that_a_model_replaces_nothing_but_a_model(scenes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (scenes / "notes.txt").write_text("of mine")
    (scenes / "project.db").write_bytes(b"SQLite format 3\0" + bytes(100))
    for name in ("notes.txt", "project.db"):
        before = (scenes / name).read_bytes()
        assert run(scenes, output=name) == 1
        assert f"{name} is there already, and is no model" in capsys.readouterr().err
        assert (scenes / name).read_bytes() == before
    (scenes / "model.bin").write_bytes((16).to_bytes(8, "little") + b"{" + bytes(15))
    require_writable(scenes / "model.bin", kind="model")


def test_that_the_plot_never_replaces_an_image(scenes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (scenes / "0.png").read_bytes()
    assert run(scenes, output="0.safetensors") == 1
    assert "0.png would replace a file that is read" in capsys.readouterr().err
    assert (scenes / "0.png").read_bytes() == before


# --- going on ---------------------------------------------------------------------------------------------------------


def interrupt(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let Ctrl-C come when so many images have been read."""
    read, seen = views.load_sample, 0

    def interrupted(image: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen > after:
            raise KeyboardInterrupt
        return read(image)

    monkeypatch.setattr(views, "load_sample", interrupted)


@pytest.mark.parametrize(("schedule", "after"), [("joint", 9), ("alternating", 8), ("alternating", 26)])
def test_that_an_interrupted_training_goes_on_to_the_same_model(
    scenes: Path, schedule: str, after: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(training_run, "STATE_EVERY", 1)
    options = ["--system", "zf", "--schedule", schedule, "--epochs", 3, "--val", scenes / "all.json"]
    with monkeypatch.context() as patch:
        interrupt(patch, after)
        assert run(scenes, *options) == 130
    said = capsys.readouterr().out
    assert "Interrupted after step" in said
    assert "--resume goes on" in said
    assert "mine.training" in beside(scenes)

    assert run(scenes, *options, "--resume", "--json") == 0
    resumed = summary_of(capsys)
    assert beside(scenes) == {"mine.safetensors", "mine.png"}
    assert run(scenes, *options, "--json", output="whole.safetensors") == 0
    whole = summary_of(capsys)
    assert same_weights(scenes / "mine.safetensors", scenes / "whole.safetensors")
    assert resumed["validation"] == whole["validation"], "also what was measured before the interruption"
    assert resumed["losses"] == whole["losses"]


def test_that_a_state_is_not_thrown_away_unasked(
    scenes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        interrupt(patch, 6)
        assert run(scenes, "--epochs", 9, "--batch-size", 1) == 130
    state = training_state.state_path(scenes / "mine.safetensors")
    before = state.read_bytes()
    assert run(scenes, "--epochs", 9, "--batch-size", 1) == 1
    assert "go on with --resume, or delete it" in capsys.readouterr().err
    assert run(scenes, "--epochs", 8, "--batch-size", 1, "--resume") == 1
    assert "its number of epochs is 9, not 8" in capsys.readouterr().err
    state.write_bytes(before[:1000])
    assert run(scenes, "--epochs", 9, "--batch-size", 1, "--resume") == 1
    assert "damaged" in capsys.readouterr().err


def test_that_another_dataset_is_another_training(
    scenes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        interrupt(patch, 6)
        assert run(scenes, "--epochs", 9, "--batch-size", 1) == 130
    document = json.loads((scenes / "all.json").read_text())
    document["annotations"][0]["bbox"][2] -= 1
    (scenes / "all.json").write_text(json.dumps(document))
    assert run(scenes, "--epochs", 9, "--batch-size", 1, "--resume") == 1
    assert "its dataset is" in capsys.readouterr().err


def test_that_there_must_be_something_to_go_on_with(scenes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(scenes, "--resume") == 1
    assert "no interrupted training" in capsys.readouterr().err
    assert beside(scenes) == set()


def test_that_an_early_end_of_alternating_training_leaves_no_half_a_model(
    scenes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt(monkeypatch, 7)
    assert run(scenes, "--system", "zf", "--schedule", "alternating", "--epochs", 3) == 130
    assert "mine.safetensors" not in beside(scenes)
    assert "holds the average" not in capsys.readouterr().out


# --- what does not fit together ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--system", "vgg19"], "there is no system vgg19"),
        (["--system", "rpn_r50_fpn", "--schedule", "alternating"], "no second stage"),
        (["--schedule", "sideways"], "sideways"),
        (["--scenes", "9"], "either ANNOTATIONS"),
        (["--batch-size", "0"], "batch-size"),
        (["--workers", "-1"], "workers"),
    ],
)
def test_that_an_invalid_command_line_ends_with_code_2(
    scenes: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(scenes, *options) == 2
    error = capsys.readouterr().err
    assert said in " ".join(error.replace("│", " ").split())
    assert beside(scenes) == set()


@pytest.mark.parametrize("option", [["--resume"], ["--backbone-weights", "vgg16"], ["--schedule", "alternating"]])
def test_that_scenes_start_anew(tmp_path: Path, option: list[str]) -> None:
    assert cli.run(["train", "--scenes", "4", "-o", str(tmp_path / "m.safetensors"), *option]) == 2


def test_that_alternating_from_a_model_that_only_proposes_is_a_sentence(
    scenes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(scenes, "--system", "d2_rpn_r50_c4", "--epochs", 1) == 0
    start = ["--from", scenes / "mine.safetensors", "--schedule", "alternating"]
    assert run(scenes, *start, output="more.safetensors") == 1
    assert "no second stage" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("weights", "said"), [("nowhere.pth", "nowhere.pth"), ("resnet50", "models get resnet50"), ("all.json", "all.json")]
)
def test_that_missing_or_foreign_backbone_weights_are_a_sentence(
    scenes: Path, weights: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BOXWRIGHT_MODELS", str(scenes / "models"))
    monkeypatch.chdir(scenes)
    assert run(scenes, "--system", "zf", "--backbone-weights", weights) == 1
    assert said in capsys.readouterr().err
    assert beside(scenes) == set()


def test_that_a_batch_larger_than_the_dataset_trains(scenes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(scenes, "--batch-size", 7, "--epochs", 1, "--json") == 0
    assert summary_of(capsys)["steps"] == 1


# --- validation -------------------------------------------------------------------------------------------------------


def test_that_validation_gives_the_figures_of_the_evaluation(scenes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS).model
    before = model.state_dict()["backbone.body.conv1.weight"].clone()
    dataset = read_dataset(scenes / "all.json", scenes)
    state = torch.get_rng_state()
    found = validate(model, CATEGORIES, dataset, CPU, proposals=False)
    recall = validate(model, CATEGORIES, dataset, CPU, proposals=True)
    assert torch.equal(torch.get_rng_state(), state), "training goes on as if nobody had looked"
    assert torch.equal(model.state_dict()["backbone.body.conv1.weight"], before)
    options = ["evaluate", str(scenes / "all.json"), "--images", str(scenes), "--device", "cpu", "--json"]
    model_file = scenes / "model.safetensors"
    checkpoints.save(model_file, model, CATEGORIES)
    for metric, figures in (("coco", found), ("recall", recall)):
        assert cli.run([*options, "--model", str(model_file), "--metric", metric]) == 0
        told = summary_of(capsys)
        assert figures == pytest.approx({name: told[name] for name in figures}, abs=0.02)
    assert found["AP50"] > 0.3


def test_that_an_unreadable_image_does_not_count(scenes: Path) -> None:
    dataset = read_dataset(scenes / "all.json", scenes)
    model = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS).model
    (scenes / "1.png").write_bytes(b"no image")
    assert np.isfinite(validate(model, CATEGORIES, dataset, CPU, proposals=False)["AP"])
