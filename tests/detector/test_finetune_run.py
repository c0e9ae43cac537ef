"""The verb `finetune`: what it reads, what it says, and that its file only becomes better."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from detector import checkpoints, cli
from detector.fine_tune_values import (
    CategoryFigures,
    DataCounts,
    Figures,
    Plan,
    Progress,
    SecondStage,
    Stage,
    StageResult,
)
from detector.finetune_run import CACHE_FOLDER, feature_cache, follow
from detector.tuned_model import TunedModel
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from detector.model import FasterRCNN

BASE_NAMES = ("disk", "ring")
NAMES = ("Disk", "square")
COLOURS = ((200, 30, 30), (30, 30, 200))


def run(*arguments: object) -> int:
    return cli.run([str(argument) for argument in arguments])


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = capsys.readouterr().out.splitlines()
    summary: dict[str, Any] = json.loads(line)
    return summary


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, make_model: Callable[[str, int], FasterRCNN]) -> Path:
    """A model file of random weights that sees small images only, since two cores have to run it."""
    model = make_model("embedded", len(BASE_NAMES))
    model.system = replace(model.system, min_size=64, max_size=96)
    path = tmp_path_factory.mktemp("base") / "base.safetensors"
    checkpoints.save(path, model, BASE_NAMES)
    return path


def draw_dataset(folder: Path, boxes: list[list[tuple[int, list[float]]]]) -> Path:
    """Write an image of 128 x 96 and its rectangles for each list of (category id, xywh); return the COCO file."""
    images = folder / "photos"
    images.mkdir()
    document: dict[str, list[dict[str, Any]]] = {"images": [], "annotations": []}
    document["categories"] = [{"id": number, "name": name} for number, name in enumerate(NAMES, 1)]
    rng = np.random.default_rng(0)
    for image_id, rectangles in enumerate(boxes, 1):
        pixels = rng.integers(150, 255, (96, 128, 3), dtype=np.uint8)
        name = f"{'abcdefghij'[image_id]}{image_id * 17}.png"
        document["images"].append({"id": image_id, "file_name": name, "width": 128, "height": 96})
        for category_id, bbox in rectangles:
            x, y, width, height = map(int, bbox)
            pixels[y : y + height, x : x + width] = COLOURS[category_id - 1]
            number = len(document["annotations"]) + 1
            area = bbox[2] * bbox[3]
            document["annotations"].append(
                {"id": number, "image_id": image_id, "category_id": category_id, "bbox": bbox, "area": area}
                | {"iscrowd": 0}
            )
        Image.fromarray(pixels).save(images / name)
    path = folder / "annotations.json"
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    """Six images with a rectangle or two each, in `photos` beside the file."""
    return draw_dataset(
        tmp_path, [[(1 + n % 2, [8.0 * n, 10, 30, 24])] + [(2, [60.0, 50, 28, 30])] * (n % 3 == 0) for n in range(6)]
    )


# --- a fine-tune that says what it is told to -------------------------------------------------------------------------


def figures(ap50: float) -> Figures:
    rows = (CategoryFigures("Disk", 7, 5, 2, 1, ap50), CategoryFigures("square", 0, 0, 0, 3, None))
    return Figures(2, ap50, ap50 / 2, 0.5, rows)


def result(stage: Stage, before: float | None, after: float | None, *, is_better: bool) -> StageResult:
    counts = DataCounts(4, 2, 9, 0, ("1 box thinner than a pixel",))
    old, new = (None if value is None else figures(value) for value in (before, after))
    return StageResult(stage, counts, old, new, is_better, 0.9, 12.0, "a note")


HEAD_BETTER = result(Stage.HEAD, 0.25, 0.5, is_better=True)
HEAD_WORSE = result(Stage.HEAD, 0.25, 0.125, is_better=False)
WHOLE_BETTER = result(Stage.WHOLE, 0.5, 0.75, is_better=True)
WHOLE_WORSE = result(Stage.WHOLE, 0.25, 0.0625, is_better=False)
STEP = Progress(Stage.HEAD, 3, 10, loss=0.75, ap50=0.5, seconds_left=2.0)


class FakeRun:
    """Yields what it was given; results become models that know their stage by the name of their category."""

    def __init__(self, model: FasterRCNN, script: list[Progress | StageResult | BaseException]) -> None:
        self.model, self.script, self.closed, self.asked = model, script, False, {}  # type: ignore[var-annotated]

    def __call__(self, base: object, corrections: Any, plan: Any, **options: Any) -> Iterator[Any]:
        self.asked = {"base": base, "corrections": corrections, "plan": plan} | options
        return self.steps()

    def steps(self) -> Iterator[Any]:
        try:
            for item in self.script:
                if isinstance(item, BaseException):
                    raise item
                if isinstance(item, StageResult):
                    yield TunedModel(
                        self.model, (item.stage.value, "square"), (), item, None, learnt_from=frozenset({7})
                    )
                else:
                    yield item
        finally:
            self.closed = True


@pytest.fixture
def faked(monkeypatch: pytest.MonkeyPatch, make_model: Callable[[str, int], FasterRCNN]) -> Callable[..., FakeRun]:
    """Return a function that lets `finetune` run a script instead of a training."""

    def fake(*script: Progress | StageResult | BaseException) -> FakeRun:
        model = make_model("embedded", 2)
        model.system = replace(model.system, min_size=64, max_size=96)
        made = FakeRun(model, list(script))
        monkeypatch.setattr("detector.fine_tuning.fine_tune", made)
        return made

    return fake


@pytest.fixture
def command(annotations: Path, base: Path, tmp_path: Path) -> list[object]:
    """A command line that is right; more options may follow."""
    output = tmp_path / "mine.safetensors"
    fixed: list[object] = ["finetune", annotations, "--images", tmp_path / "photos", "--model", base]
    return [*fixed, "-o", output, "--device", "cpu"]


@pytest.mark.parametrize(
    ("script", "options", "stage"),
    [
        ([HEAD_BETTER], [], "head"),
        ([HEAD_BETTER, WHOLE_BETTER], [], "whole"),
        ([HEAD_BETTER, WHOLE_WORSE], [], "head"),
        ([HEAD_WORSE, WHOLE_BETTER], [], "whole"),
        ([HEAD_BETTER, WHOLE_WORSE], ["--insist"], "head"),
        ([HEAD_WORSE, WHOLE_WORSE], ["--insist"], "head"),
        ([WHOLE_WORSE, HEAD_WORSE], ["--insist"], "head"),
        ([HEAD_WORSE, WHOLE_BETTER], ["--insist"], "whole"),
    ],
)
def test_that_the_file_holds_the_best_that_was_trained(
    script: list[StageResult], options: list[str], stage: str, *, faked: Callable[..., FakeRun],
    command: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    faked(*script)
    assert run(*command, *options, "--json") == 0
    checkpoint = checkpoints.load(tmp_path / "mine.safetensors")
    summary = last_line(capsys)
    assert checkpoint.categories[0] == summary["saved_stage"] == stage
    assert checkpoint.learnt_from == {7}
    assert summary["model_version"] == checkpoint.version
    assert summary["categories"] == list(checkpoint.categories)
    assert summary["output"] == str(tmp_path / "mine.safetensors")


def test_that_the_object_says_what_was_learnt_from_and_what_came_of_it(
    faked: Callable[..., FakeRun], command: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    faked(STEP, HEAD_BETTER, WHOLE_BETTER)
    assert run(*command, "--json") == 0
    summary = last_line(capsys)
    left_out = ["1 box thinner than a pixel"]
    counts = {"images": 4, "held_out": 2, "boxes": 9, "rejections": 0, "left_out": left_out, "beyond": 0}
    assert summary["counts"] == counts
    assert [stage["stage"] for stage in summary["stages"]] == ["head", "whole"]
    assert [stage["after"]["ap50"] for stage in summary["stages"]] == [0.5, 0.75]
    assert (summary["before"]["ap50"], summary["after"]["ap50"]) == (0.25, 0.75)
    assert summary["after"]["categories"][1]["ap50"] is None
    assert (summary["proposal_recall"], summary["seconds"], summary["device"]) == (0.9, 12.0, "cpu")


def test_that_each_stage_is_a_table_and_a_line(
    faked: Callable[..., FakeRun], command: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    faked(STEP, HEAD_BETTER, WHOLE_WORSE)
    assert run(*command) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "New to the model, learnt from their boxes alone: square." in lines
    assert "Left out: 1 box thinner than a pixel" in lines
    assert "The base model's proposals cover 90.0% of the boxes at IoU 0.5." in lines
    assert "Disk 7 5 -> 5 1 -> 1 0.250 -> 0.500" in lines
    assert "square 0 0 -> 0 3 -> 3 - -> -" in lines
    assert "all 7 5 -> 5 4 -> 4 0.250 -> 0.500" in lines
    (head,) = [line for line in lines if line.startswith("The head: ")]
    assert "AP50 0.250 -> 0.500, AP 0.125 -> 0.250 on 2 held-out images, better, saved to" in head
    (whole,) = [line for line in lines if line.startswith("The whole detector: ")]
    assert "not better, not saved" in whole
    assert lines.count("a note") == 2


def test_that_a_worse_model_is_not_written_and_its_figures_are_said(
    faked: Callable[..., FakeRun], command: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faked(HEAD_WORSE)
    output = tmp_path / "mine.safetensors"
    output.write_bytes(b"of yesterday")
    assert run(*command, "--json") == 1
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert "AP50 0.250 -> 0.125" in summary["error"]
    assert "--insist" in captured.err
    assert (summary["saved_stage"], summary["after"], summary["before"]["ap50"]) == (None, None, 0.25)
    assert summary["stages"][0]["after"]["ap50"] == 0.125
    assert output.read_bytes() == b"of yesterday"


def test_that_a_model_that_nothing_could_measure_is_written_and_not_called_better(
    faked: Callable[..., FakeRun], command: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faked(result(Stage.HEAD, None, None, is_better=True))
    assert run(*command) == 0
    said = capsys.readouterr().out
    assert "The head: not measured, saved to" in said
    assert "better" not in said
    assert (tmp_path / "mine.safetensors").is_file()


def test_that_figures_of_nothing_are_null(
    faked: Callable[..., FakeRun], command: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    faked(result(Stage.HEAD, float("nan"), 0.5, is_better=True))
    assert run(*command, "--json") == 0
    before = last_line(capsys)["before"]
    assert (before["ap50"], before["ap"]) == (None, None)


def test_that_ctrl_c_keeps_what_the_last_finished_stage_saved(
    faked: Callable[..., FakeRun], command: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faked(STEP, HEAD_BETTER, Progress(Stage.WHOLE, 1, 9), KeyboardInterrupt())
    assert run(*command) == 130
    assert "holds what the last finished stage saved, the head trained" in capsys.readouterr().out
    assert checkpoints.load(tmp_path / "mine.safetensors").categories[0] == "head"


def test_that_ctrl_c_before_a_stage_has_ended_writes_nothing(
    faked: Callable[..., FakeRun], command: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faked(STEP, KeyboardInterrupt())
    assert run(*command) == 130
    assert "nothing was written" in capsys.readouterr().out
    assert not (tmp_path / "mine.safetensors").exists()


def test_that_an_interrupted_save_closes_the_training(
    faked: Callable[..., FakeRun], command: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = faked(HEAD_BETTER, STEP)

    def interrupt(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("detector.checkpoints.save", interrupt)
    assert run(*command) == 130
    assert fake.closed
    assert not (tmp_path / "mine.safetensors").exists()


def test_that_an_error_in_the_second_stage_says_what_the_first_has_left(
    faked: Callable[..., FakeRun], command: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faked(HEAD_BETTER, DetectorError("There is not enough memory."))
    assert run(*command, "--json") == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"error": "There is not enough memory."}
    assert "the head trained" in captured.err
    assert checkpoints.load(tmp_path / "mine.safetensors").categories[0] == "head"


def test_that_a_model_that_cannot_be_saved_leaves_the_file_as_it_was(
    faked: Callable[..., FakeRun], command: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    faked(HEAD_BETTER)
    output = tmp_path / "mine.safetensors"
    output.write_bytes(b"of yesterday")

    def no_space(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    assert run(*command) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert output.read_bytes() == b"of yesterday"
    assert not list(tmp_path.glob(".*"))


def test_that_each_stage_has_a_bar_with_its_loss_and_the_last_ap50(
    tmp_path: Path, make_model: Callable[[str, int], FasterRCNN]
) -> None:
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, width=160)
    steps: list[Progress | StageResult | BaseException] = [
        Progress(Stage.FEATURES, 6, 6),
        STEP,
        Progress(Stage.HEAD, 4, 10, loss=0.625),
        HEAD_BETTER,
        Progress(Stage.WHOLE, 1, 9, loss=2.5),
        WHOLE_BETTER,
    ]
    fake = FakeRun(make_model("embedded", 2), steps)
    follow(fake.steps(), tmp_path / "mine.safetensors", console, insist=False)  # type: ignore[arg-type]
    bars = screen.getvalue().splitlines()
    assert any("looking at the images" in line and "6/6" in line for line in bars)
    assert any("training the head" in line and "4/4" in line and "loss 0.625  AP50 0.500" in line for line in bars)
    assert any("training the whole detector" in line and "1/1" in line and "loss 2.500" in line for line in bars)


# --- what it is given -------------------------------------------------------------------------------------------------


def test_that_every_image_counts_as_reviewed_and_the_options_arrive(
    faked: Callable[..., FakeRun], command: list[object], base: Path
) -> None:
    fake = faked(HEAD_BETTER)
    assert run(*command, "--second-stage", "always", "--seed", 7, "--tiles", 512) == 0
    corrections = fake.asked["corrections"]
    assert (len(corrections.images), corrections.tile) == (6, 512)
    assert all(image.reviewed for image in corrections.images)
    assert corrections.categories == NAMES
    assert dict(corrections.aliases) == {"disk": "Disk"}, "as evaluate matches them"
    assert (fake.asked["plan"].second_stage, fake.asked["plan"].seed) == (SecondStage.ALWAYS, 7)
    assert fake.asked["base"].version == checkpoints.load(base).version
    assert not fake.asked["wishes"].cancel.is_set()


def test_that_both_models_are_measured_on_a_validation(
    faked: Callable[..., FakeRun], command: list[object], annotations: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    faked(HEAD_BETTER)
    document = json.loads(annotations.read_text())
    document["categories"][0]["name"] = "square"  # what the fake names its second category
    document["categories"][1]["name"] = "disk"
    val = annotations.with_name("val.json")
    val.write_text(json.dumps(document))
    assert run(*command, "--val", val, "--json") == 0
    measured = last_line(capsys)["val"]
    assert measured["before"]["unknown_categories"] == ["square"]
    assert measured["after"]["unknown_categories"] == ["disk"]
    assert 0 <= measured["after"]["AP50"] <= 1


def test_that_a_base_that_knows_nothing_of_the_validation_is_not_measured(
    faked: Callable[..., FakeRun], command: list[object], annotations: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faked(HEAD_BETTER)
    document = json.loads(annotations.read_text())
    document["categories"] = [{"id": 1, "name": "square"}, {"id": 2, "name": "washer"}]
    val = annotations.with_name("val.json")
    val.write_text(json.dumps(document))
    assert run(*command, "--val", val, "--json") == 0
    assert last_line(capsys)["val"]["before"] is None


def test_that_a_dataset_with_mistakes_is_refused_with_a_list(
    faked: Callable[..., FakeRun], command: list[object], annotations: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = faked(HEAD_BETTER)
    document = json.loads(annotations.read_text())
    document["annotations"][0]["bbox"] = [10, 10, 0, 30]
    document["annotations"][1]["category_id"] = 77
    document["images"].append({"id": 99, "file_name": "gone.png", "width": 10, "height": 10})
    annotations.write_text(json.dumps(document))
    assert run(*command) == 1
    said = capsys.readouterr().err
    assert "wrong with the dataset (3)" in said
    assert all(wrong in said for wrong in ("gone.png", "Annotation 1", "77"))
    assert not fake.asked


@pytest.mark.parametrize("content", [b"", b"not a model", b'\x10\0\0\0\0\0\0\0{"a":1}       '])
def test_that_a_damaged_base_is_a_sentence(
    content: bytes, command: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(content)
    command[command.index("--model") + 1] = damaged
    assert run(*command, "--json") == 1
    assert str(damaged) in last_line(capsys)["error"]


def test_that_a_base_of_another_program_is_a_sentence(
    command: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch
    from safetensors.torch import save_file

    foreign = tmp_path / "foreign.safetensors"
    save_file({"weight": torch.zeros(3)}, foreign)
    command[command.index("--model") + 1] = foreign
    assert run(*command) == 1
    assert "not a model of this program" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["missing/mine.safetensors", "photos", "annotations.json/x", "x" * 300])
def test_that_an_output_that_cannot_be_written_is_said_before_training(
    place: str, faked: Callable[..., FakeRun], command: list[object], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    fake = faked(HEAD_BETTER)
    command[command.index("-o") + 1] = tmp_path / place
    assert run(*command) == 1
    assert capsys.readouterr().err.startswith("boxwright: ")
    assert not fake.asked


@pytest.mark.parametrize("place", ["annotations.json", "photos/b17.png", "base"])
def test_that_nothing_that_is_read_is_replaced(
    place: str, *, faked: Callable[..., FakeRun], command: list[object], base: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    faked(HEAD_BETTER)
    target = base if place == "base" else tmp_path / place
    before = target.read_bytes()
    command[command.index("-o") + 1] = target
    assert run(*command) == 1
    assert "choose another output" in capsys.readouterr().err
    assert target.read_bytes() == before


# --- the feature cache ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [None, KeyboardInterrupt(), DetectorError("no"), HEAD_WORSE])
def test_that_a_temporary_cache_is_gone_however_it_ends(
    end: BaseException | StageResult | None, faked: Callable[..., FakeRun], command: list[object], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    fake = faked(HEAD_BETTER if end is None else end)
    run(*command)
    assert fake.asked["cache"] is not None
    assert list((tmp_path / "tmp").iterdir()) == []


def test_that_a_cache_of_ones_own_stays_and_touches_nothing_else(tmp_path: Path) -> None:
    neighbour = tmp_path / "mine.safetensors"
    neighbour.write_bytes(b"a model, perhaps")
    with feature_cache(tmp_path) as cache:
        assert cache is not None
    assert (tmp_path / CACHE_FOLDER).is_dir()
    assert neighbour.is_file()


def test_that_a_cache_that_cannot_be_written_is_said_before_training(
    faked: Callable[..., FakeRun], command: list[object], annotations: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = faked(HEAD_BETTER)
    assert run(*command, "--cache", annotations / "below") == 1
    assert "Choose another folder for --cache" in capsys.readouterr().err
    assert not fake.asked


def test_that_no_room_for_temporary_files_points_to_the_cache_option(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(DetectorError, match="--cache"), feature_cache(None):
        pass


# --- a real training, as short as it can be ---------------------------------------------------------------------------


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a fine-tune take a few steps only."""
    monkeypatch.setattr("detector.training_verbs.Plan", partial(Plan, head_steps=4, whole_views=4))


@pytest.mark.usefixtures("short")
def test_that_both_stages_make_a_file_that_detect_and_evaluate_take(
    command: list[object], annotations: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, cache = tmp_path / "mine.safetensors", tmp_path / "cache"
    assert run(*command, "--second-stage", "always", "--insist", "--cache", cache, "--json") == 0
    summary = last_line(capsys)
    assert [stage["stage"] for stage in summary["stages"]] == ["head", "whole"]
    assert summary["counts"]["images"] + summary["counts"]["held_out"] == 6
    assert summary["counts"]["boxes"] == 8
    assert summary["categories"] == list(NAMES)
    assert 0 <= summary["proposal_recall"] <= 1
    assert len(list((cache / CACHE_FOLDER).iterdir())) == 6
    photos, found = tmp_path / "photos", tmp_path / "found.json"
    assert run("detect", photos, "-o", found, "--model", output, "--json") == 0
    assert last_line(capsys)["model_version"] == summary["model_version"]
    assert run("evaluate", annotations, "--images", photos, "--model", output, "--json") == 0
    measured = last_line(capsys)
    assert (measured["model_version"], measured["unknown_categories"]) == (summary["model_version"], [])


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("boxes", [[[(1, [10, 10, 40, 30])]], [[(1, [10, 10, 40, 30])], [(2, [20, 30, 30, 30])]]])
def test_that_one_image_and_a_category_with_one_box_are_enough_to_learn_but_not_to_measure(
    boxes: list[list[tuple[int, list[float]]]], base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    annotations, output = draw_dataset(tmp_path, boxes), tmp_path / "mine.safetensors"
    options = ["--images", tmp_path / "photos", "--model", base, "-o", output, "--second-stage", "never"]
    assert run("finetune", annotations, *options, "--device", "cpu") == 0
    assert "The head: not measured" in capsys.readouterr().out
    assert checkpoints.load(output).categories == NAMES


@pytest.mark.parametrize(
    ("boxes", "sentence"),
    [
        ([[], [], []], "only images without boxes"),
        ([[(1, [10, 10, 0.5, 30])], [(2, [10, 10, 30, 0.25])]], "2 boxes thinner than a pixel"),
    ],
)
def test_that_nothing_to_learn_from_is_a_sentence_and_writes_nothing(
    boxes: list[list[tuple[int, list[float]]]], sentence: str, base: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    annotations, output = draw_dataset(tmp_path, boxes), tmp_path / "mine.safetensors"
    options = ["--images", tmp_path / "photos", "--model", base, "-o", output, "--device", "cpu", "--json"]
    assert run("finetune", annotations, *options) == 1
    assert sentence in last_line(capsys)["error"]
    assert not output.exists()


@pytest.mark.usefixtures("short")
def test_that_thin_boxes_are_left_out_and_counted(
    command: list[object], annotations: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(annotations.read_text())
    document["annotations"][0]["bbox"] = [10, 10, 0.5, 30]
    annotations.write_text(json.dumps(document))
    assert run(*command, "--second-stage", "never", "--insist", "--json") == 0
    assert last_line(capsys)["counts"]["left_out"] == ["1 box thinner than a pixel."]


def test_that_a_dataset_without_categories_is_a_sentence(
    command: list[object], annotations: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads(annotations.read_text())
    annotations.write_text(json.dumps(document | {"annotations": [], "categories": []}))
    assert run(*command) == 1
    assert "no categories" in capsys.readouterr().err
