"""A training that was killed goes on to the same end, bit for bit; a state that does not fit is a sentence."""

from __future__ import annotations

import dataclasses
import itertools
import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import save_file

from detector import training_state
from detector.alternating import train_alternating
from detector.curves import Curves
from detector.dataset_training import Plan, train_on_dataset
from detector.model import build
from detector.scenes import CATEGORIES, draw_scene
from detector.systems import SYSTEMS
from detector.training_state import TrainingState, load, save
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from detector.learner import Snapshot
    from detector.model import Network
    from detector.training import TrainingStep

CPU = torch.device("cpu")
SCENES = [draw_scene(seed, (96, 96)) for seed in range(3)]
FACTS = {"system": "a", "names": ["one", "two"]}


def fresh(system: str) -> Network:
    row = dataclasses.replace(SYSTEMS[system], min_size=96, max_size=96)
    if system == "zf":  # in miniature: anchors that lie in such images, and a head that is quickly trained
        row = dataclasses.replace(row, anchor_sizes=((16, 32, 64),), representation_size=64)
    torch.manual_seed(0)
    return build(row, 1 if row.proposals_only else len(CATEGORIES))


def joint(system: str, epochs: int = 2) -> tuple[Network, Plan]:
    model = fresh(system)
    return model, Plan.of(model.system, epochs=epochs, batch_size=2, seed=5)


def weights(model: Network) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def killed_after(steps: Generator[TrainingStep, None, None], count: int, path: Path) -> Snapshot:
    """Take `count` steps, write the state, take another one and end; return what is in the file."""
    with closing(steps):
        for step in itertools.islice((step for step in steps if step.snapshot), count):
            last = step
        assert last.snapshot
        save(path, TrainingState(FACTS, last.snapshot(), Curves()))
        next(steps, None)  # it dies later than it wrote
    torch.manual_seed(99)  # another process has other random numbers
    return load(path, FACTS).snapshot


@pytest.mark.parametrize("system", ["embedded", "zf", "mobilenet_v3_large_320_fpn"])
def test_that_a_killed_training_goes_on_to_the_same_weights(system: str, tmp_path: Path) -> None:
    model, plan = joint(system)
    whole = list(train_on_dataset(model, SCENES, plan, CPU))
    assert len(whole) == 4
    expected = weights(model)

    model, _ = joint(system)
    snapshot = killed_after(train_on_dataset(model, SCENES, plan, CPU), 2, tmp_path / "m.training")
    model, _ = joint(system)
    rest = list(train_on_dataset(model, SCENES, plan, CPU, snapshot))

    assert [(step.step, step.images_seen, step.losses, step.learning_rate) for step in rest] == [
        (step.step, step.images_seen, step.losses, step.learning_rate) for step in whole[2:]
    ]
    assert rest[0].seconds > snapshot.seconds > 0
    for name, value in weights(model).items():
        assert torch.equal(value, expected[name]), name


@pytest.mark.parametrize("after", [1, 3, 4, 6, 8, 9, 10])  # in step 1, at its end, in 2, in 3, at its end, in and at 4
def test_that_a_killed_alternating_training_goes_on_to_the_same_weights(after: int, tmp_path: Path) -> None:
    proposals = tmp_path / "m.proposals.npy"
    model, plan = joint("embedded", epochs=1)
    whole = [step for step in train_alternating(model, SCENES, plan, CPU, proposals) if step.losses]
    assert [step.stage[0] for step in whole] == list("1112233344")
    expected = weights(model)

    model = fresh("embedded")
    snapshot = killed_after(train_alternating(model, SCENES, plan, CPU, proposals), after, tmp_path / "m.training")
    model = fresh("embedded")
    rest = [step for step in train_alternating(model, SCENES, plan, CPU, proposals, start=snapshot) if step.losses]

    assert [(s.step, s.stage, s.images_seen, s.losses) for s in rest] == [
        (s.step, s.stage, s.images_seen, s.losses) for s in whole[after:]
    ]
    for name, value in weights(model).items():
        assert torch.equal(value, expected[name]), name


def test_that_without_its_proposals_an_alternating_training_says_so(tmp_path: Path) -> None:
    proposals = tmp_path / "m.proposals.npy"
    model, plan = joint("embedded", epochs=1)
    snapshot = killed_after(train_alternating(model, SCENES, plan, CPU, proposals), 4, tmp_path / "m.training")
    proposals.write_bytes(proposals.read_bytes()[:100])
    with pytest.raises(DetectorError, match=r"m\.proposals\.npy is gone or damaged"):
        list(train_alternating(fresh("embedded"), SCENES, plan, CPU, proposals, start=snapshot))


def test_that_validation_in_between_changes_nothing(tmp_path: Path) -> None:
    """Whoever follows may use random numbers only at the cost of the same result: measuring must not."""
    model, plan = joint("zf")
    plain = [step.losses for step in train_on_dataset(model, SCENES, plan, CPU)]
    model, _ = joint("zf")
    measured = []
    for step in train_on_dataset(model, SCENES, plan, CPU):
        step.average.analyse([torch.zeros(3, 96, 96)])
        measured.append(step.losses)
    assert measured == plain


# --- the file ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def state(tmp_path: Path) -> Path:
    model, plan = joint("embedded")
    path = tmp_path / "m.training"
    killed_after(train_on_dataset(model, SCENES, plan, CPU), 1, path)
    return path


def test_that_the_curves_come_back(tmp_path: Path) -> None:
    curves = Curves()
    model, plan = joint("rpn_r50_fpn", epochs=1)
    for step in train_on_dataset(model, SCENES[:1], plan, CPU):
        curves.add(step)
        curves.measured.append((step.step, step.stage, {"AR100": 0.25}))
        assert step.snapshot
        save(tmp_path / "m.training", TrainingState(FACTS, step.snapshot(), curves))
    back = load(tmp_path / "m.training", FACTS).curves
    assert back.table().shape == (1, 6)
    torch.testing.assert_close(back.table(), curves.table(), rtol=0, atol=0, equal_nan=True)
    assert (back.stages, back.measured) == (curves.stages, curves.measured)


def test_that_there_is_nothing_but_tensors_and_text_in_it(state: Path) -> None:
    content = state.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert set(header["__metadata__"]) == {training_state.HEADER}
    assert sorted(path.name for path in state.parent.iterdir()) == ["m.training"]


def test_that_no_state_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="no interrupted training"):
        load(tmp_path / "m.training", FACTS)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_that_half_a_state_is_a_sentence(state: Path, share: float) -> None:
    content = state.read_bytes()
    state.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DetectorError, match="damaged"):
        load(state, FACTS)


def test_that_another_file_is_a_sentence(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "m.training", {"boxwright": "{}"})
    with pytest.raises(DetectorError, match="not the state of a training"):
        load(tmp_path / "m.training", FACTS)


@pytest.mark.parametrize(("name", "value"), [("system", "b"), ("names", ["one"]), ("seed", 3)])
def test_that_the_state_of_another_training_says_what_differs(state: Path, name: str, value: object) -> None:
    with pytest.raises(DetectorError, match=f"another training: its {name} is"):
        load(state, FACTS | {name: value})


def test_that_tensors_that_do_not_fit_are_a_sentence_and_leave_the_model_in_eval_mode(state: Path) -> None:
    snapshot = load(state, FACTS).snapshot
    model, plan = joint("zf")
    with pytest.raises(DetectorError, match="of another network"):
        list(train_on_dataset(model, SCENES, plan, CPU, snapshot))
    assert not model.training


def test_that_a_state_that_cannot_be_written_is_a_sentence_and_the_old_one_stays(state: Path) -> None:
    before = state.read_bytes()
    snapshot = load(state, FACTS).snapshot
    with pytest.raises(DetectorError, match="could not be written"):
        save(state / "deeper", TrainingState(FACTS, snapshot, Curves()))
    assert state.read_bytes() == before
