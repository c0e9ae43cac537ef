"""What each process of a training under torchrun takes, and what cannot be shared among them."""

from __future__ import annotations

import errno
import json
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
import torch
from launched_training import SYSTEM, first_ones

from detector import checkpoints, cli, dataset_training, training_run, training_state, training_verbs
from detector.checkpoints import EMBEDDED_WEIGHTS
from detector.dataset_training import Plan, train_on_dataset
from detector.processes import ALONE, Division, Share, launched, own_device, processes_here
from detector.scenes import draw_scene
from detector.types import DetectorError
from detector.views import Views

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGES = 5
SCENES = [draw_scene(seed, (96, 96)) for seed in range(IMAGES)]


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_that_the_processes_share_each_batch_of_one(ranks: int) -> None:
    plain = Views(SCENES, 3, (7,))
    parts = [Views(SCENES, 3, (7,), share=Share(rank, ranks)) for rank in range(ranks)]
    seen: list[str] = []
    for number in range(5):  # three epochs
        names = [sample.name for sample in plain[number]]
        shares = [[sample.name for sample in part[number]] for part in parts]
        assert sorted(chain.from_iterable(shares)) == sorted(names)
        assert [share for rank, share in enumerate(shares) if share != names[rank::ranks]] == []
        seen += names
    for epoch in range(3):
        assert sorted(seen[epoch * IMAGES :][:IMAGES]) == sorted(scene.name for scene in SCENES), "each once"


def test_that_an_image_is_augmented_alike_whoever_has_it() -> None:
    plain = Views(SCENES, 4, (7,), recolours=True)[1]
    second = Views(SCENES, 4, (7,), recolours=True, share=Share(1, 2))[1]
    for mine, theirs in zip(second, plain[1::2], strict=True):
        assert (mine.image == theirs.image).all()
        assert (mine.gt_boxes == theirs.gt_boxes).all()


@pytest.mark.parametrize(
    ("images", "ranks", "passes"), [(8, 1, 4), (7, 1, 3), (8, 2, 2), (7, 2, 3), (3, 2, 1), (5, 3, 1)]
)
def test_that_every_image_counts_alike(images: int, ranks: int, passes: int) -> None:
    counted: list[tuple[int, float]] = []
    for rank in range(ranks):
        division = Division(images, Share(rank, ranks), passes)
        for part in division.split(division.share.of(range(images))):
            counted += [(image, division.weight(len(part)) / len(part)) for image in part]
    assert sorted(counted) == [(image, pytest.approx(1 / images)) for image in range(images)]


@pytest.mark.parametrize("passes", [2, 3, 4])
def test_that_passes_that_are_accumulated_are_one_batch(passes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the order of sums in float32, which four steps make larger: 1e-5 of a loss."""
    monkeypatch.setattr(torch, "randperm", first_ones)
    monkeypatch.setattr(dataset_training, "sixteen_bit_type", lambda _device: None)
    trained = []
    for each in (1, passes):
        checkpoint = checkpoints.load(EMBEDDED_WEIGHTS)
        checkpoint.model.roi_heads.fg_bg_sampler.batch_size_per_image = SYSTEM.box_batch_size_per_image
        plan = Plan(SYSTEM.recipe, epochs=2, batch_size=4, learning_rate=0.01, pretrained=True, passes=each)
        steps = list(train_on_dataset(checkpoint.model, SCENES, plan, torch.device("cpu")))
        trained.append((checkpoint.model.state_dict(), [step.losses for step in steps], steps[-1].images_seen))
    (whole, losses, seen), (parts, their_losses, their_seen) = trained
    assert seen == their_seen
    for mine, theirs in zip(losses, their_losses, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-3)
    for name, value in whole.items():
        torch.testing.assert_close(parts[name], value, rtol=1e-4, atol=1e-5, msg=name)


# --- what cannot be ---------------------------------------------------------------------------------------------------


@pytest.fixture
def second_of_four(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TORCHELASTIC_RUN_ID": "a", "RANK": "1", "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)


def test_that_a_process_knows_its_share(second_of_four: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (launched(), processes_here()) == (Share(1, 4), 2)
    monkeypatch.delenv("TORCHELASTIC_RUN_ID")  # what other programs set beside it is not for us
    assert (launched(), processes_here()) == (ALONE, 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--schedule", "alternating"], "one process writes it"), (["--scenes", "64"], "detector.embedded train")],
)
def test_that_what_cannot_be_shared_is_refused(
    second_of_four: None, options: list[str], said: str, scenes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = [] if "--scenes" in options else [scenes / "all.json", "--images", scenes]
    assert cli.run(["train", *map(str, source), "-o", str(scenes / "no.safetensors"), *options]) == 2
    assert said in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_that_several_processes_do_not_fine_tune_into_one_file(
    second_of_four: None, scenes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["finetune", str(scenes / "all.json"), "--images", str(scenes), "-o", str(scenes / "no.st")]) == 2
    assert "the work of one process" in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_that_each_process_has_a_gpu_of_its_own(second_of_four: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that only says so: the CPU is asked for in the end."""
    taken: list[int] = []
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr("detector.devices.choose_device", lambda name: torch.device(name or "cuda"))
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert own_device(None, Share(1, 4)) == torch.device("cuda", 1)
    assert taken == [1]
    with pytest.raises(DetectorError, match="cannot share cuda:0: say --device cuda"):
        own_device("cuda:0", Share(1, 4))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(DetectorError, match="2 processes here and 1 GPU: start one for each GPU"):
        own_device(None, Share(1, 4))
    with pytest.raises(DetectorError, match="cannot train on mps"):
        own_device("mps", Share(1, 4))
    assert own_device("cpu", Share(1, 4)) == torch.device("cpu")
    assert own_device("cuda", ALONE) == torch.device("cuda"), "as without torchrun"


def test_that_a_state_is_gone_on_from_where_the_launcher_restarts(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And only there: else it takes a --resume."""
    monkeypatch.setattr(training_run, "STATE_EVERY", 1)
    output = tmp_path / "mine.safetensors"
    command = ["train", str(scenes / "all.json"), "--images", str(scenes), "-o", str(output), "--epochs", "1"]
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save", interrupted)
        assert cli.run(command) == 130
    assert training_state.state_path(output).exists()
    assert cli.run(command) == 1
    assert "go on with --resume" in capsys.readouterr().err
    monkeypatch.setenv("TORCHELASTIC_MAX_RESTARTS", "1")
    assert cli.run([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == 2
    assert {path.name for path in tmp_path.iterdir()} == {"mine.safetensors", "mine.png"}


def test_that_the_state_is_kept_until_the_other_processes_have_gone(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one of them dies at the very end all are started again, and must find that they are done."""
    monkeypatch.setattr(training_run, "STATE_EVERY", 1)
    output, kept = tmp_path / "mine.safetensors", []

    @contextmanager
    def group(*_arguments: Any) -> Iterator[None]:
        yield
        kept.append(training_state.state_path(output).exists())

    monkeypatch.setattr(training_verbs, "process_group", group)
    command = ["train", str(scenes / "all.json"), "--images", str(scenes), "-o", str(output), "--epochs", "1"]
    assert cli.run(command) == 0
    assert kept == [True]
    assert not training_state.state_path(output).exists()


def interrupted(*_arguments: Any) -> None:
    raise KeyboardInterrupt


def test_that_a_step_needs_an_image_for_every_process() -> None:
    Plan.of(SYSTEM, batch_size=8, share=Share(1, 4), passes=2).require_enough()
    with pytest.raises(DetectorError, match="3 images cannot be shared out among 4 processes: give --batch-size 4"):
        Plan.of(SYSTEM, batch_size=6, share=Share(1, 4), passes=2).require_enough()


def test_that_two_trainings_do_not_write_to_one_output(scenes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = scenes / "mine.safetensors"
    command = ["train", str(scenes / "all.json"), "--images", str(scenes), "-o", str(output), "--epochs", "1"]
    with training_state.reserved(output):
        assert cli.run(command) == 1
    assert f"Another training is writing to {output}" in capsys.readouterr().err
    assert {path.name for path in scenes.iterdir() if "mine" in path.name} == set()


def test_that_a_full_disk_leaves_what_was_written(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The disk is full from the third state on; what there is leads to the model that there would have been."""
    monkeypatch.setattr(training_run, "STATE_EVERY", 1)
    command = ["train", str(scenes / "all.json"), "--images", str(scenes), "--epochs", "2", "--batch-size", "2"]
    save, saved = training_state.safetensors_torch.save_file, []

    def save_or_not(tensors: dict[str, torch.Tensor], path: Path, about: dict[str, str]) -> None:
        saved.append(path)
        if len(saved) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(tensors, path, about)

    with monkeypatch.context() as patch:
        patch.setattr(training_state.safetensors_torch, "save_file", save_or_not)
        assert cli.run([*command, "-o", str(tmp_path / "mine.safetensors")]) == 1
    assert "The state of the training could not be written" in capsys.readouterr().err
    assert cli.run([*command, "-o", str(tmp_path / "mine.safetensors"), "--resume"]) == 0
    assert cli.run([*command, "-o", str(tmp_path / "whole.safetensors")]) == 0
    assert (tmp_path / "mine.safetensors").read_bytes() == (tmp_path / "whole.safetensors").read_bytes()
