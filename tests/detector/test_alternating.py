"""Each of the four steps trains what the paper trains in it, from what the paper starts it from, and nothing else."""

from __future__ import annotations

import copy
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from detector import alternating
from detector.alternating import MOST_PROPOSALS, PROPOSING, top_n, train_alternating
from detector.dataset_training import Plan
from detector.model import FasterRCNN, build
from detector.proposal_file import ProposalFile
from detector.scenes import CATEGORIES, draw_scene
from detector.systems import SYSTEMS
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

CPU = torch.device("cpu")
SCENES = [draw_scene(seed, (96, 96)) for seed in range(3)]
STAGES = ["1 RPN", "2 Fast R-CNN", "3 RPN", "4 Fast R-CNN"]
Weights = dict[str, torch.Tensor]


def zf() -> FasterRCNN:
    """The paper's small network in miniature."""
    row = SYSTEMS["zf"]
    recipe = replace(row.recipe, frozen=("backbone.body.0.",))
    sizes = {"min_size": 96, "max_size": 96, "anchor_sizes": ((16, 32, 64),), "representation_size": 32}
    torch.manual_seed(0)
    model = build(replace(row, recipe=recipe, **sizes), len(CATEGORIES))
    assert isinstance(model, FasterRCNN)
    return model


def plan_of(model: FasterRCNN, **rest: object) -> Plan:
    return Plan.of(model.system, epochs=2, batch_size=2, learning_rate=1e-4, **rest)


def weights(model: torch.nn.Module) -> Weights:
    return {name: value.clone() for name, value in model.state_dict().items()}


def changed(before: Weights, after: Weights) -> set[str]:
    """The parts of the network that differ."""
    names = {name for name, value in after.items() if not torch.equal(value, before[name])}
    return {".".join(name.split(".")[: 3 if name.startswith("backbone") else 2]) for name in names}


BODY = {f"backbone.body.{layer}" for layer in (4, 8, 10, 12)}
RPN = {"rpn.head"}
HEAD = {"roi_heads.box_head", "roi_heads.box_predictor"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Weights]:
    """The weights at the start, and after each step."""
    model = zf()
    found = {"start": weights(model)}
    proposals = tmp_path_factory.mktemp("alternating") / "p.npy"
    for step in train_alternating(model, SCENES, plan_of(model, pretrained=True), CPU, proposals):
        if step.losses:
            found[step.stage] = weights(step.average)
            first = f"{step.stage}, first"
            found.setdefault(first, found[step.stage])
    assert not model.training
    assert changed(found["4 Fast R-CNN"], weights(model)) == set()
    return found


def test_that_step_1_trains_rpn_and_backbone_but_for_what_is_frozen(trained: dict[str, Weights]) -> None:
    assert changed(trained["start"], trained["1 RPN"]) == BODY | RPN


def test_that_step_2_trains_head_and_backbone_from_the_start_again(trained: dict[str, Weights]) -> None:
    assert changed(trained["start"], trained["2 Fast R-CNN"]) == BODY | HEAD
    # One step away from the start: what step 1 made of the backbone is gone.
    name = "backbone.body.4.weight"
    far = (trained["1 RPN"][name] - trained["start"][name]).norm()
    near = (trained["2 Fast R-CNN, first"][name] - trained["start"][name]).norm()
    assert near < far


def test_that_step_3_trains_new_rpn_layers_alone(trained: dict[str, Weights]) -> None:
    assert changed(trained["2 Fast R-CNN"], trained["3 RPN"]) == RPN
    name = "rpn.head.conv.0.0.weight"
    for other in ("start", "1 RPN"):  # neither those of the start nor those of step 1, a small step further
        cosine = torch.cosine_similarity(trained["3 RPN, first"][name].flatten(), trained[other][name].flatten(), 0)
        assert abs(float(cosine)) < 0.1


def test_that_step_4_trains_the_head_alone_from_that_of_step_2(trained: dict[str, Weights]) -> None:
    assert changed(trained["3 RPN"], trained["4 Fast R-CNN"]) == HEAD
    for name in ("box_head.fc6.weight", "box_predictor.cls_score.weight", "box_predictor.bbox_pred.weight"):
        before, after = (trained[stage][f"roi_heads.{name}"] for stage in ("2 Fast R-CNN", "4 Fast R-CNN, first"))
        # The original goes on with all of it; a new layer would have nothing to do with the old one.
        assert float(torch.cosine_similarity(before.flatten(), after.flatten(), 0)) > 0.9


def test_that_live_norms_of_a_frozen_backbone_keep_their_statistics(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build(replace(SYSTEMS["embedded"], min_size=96, max_size=96), len(CATEGORIES))
    assert isinstance(model, FasterRCNN)
    seen: dict[str, Weights] = {}
    plan = Plan.of(model.system, epochs=1, batch_size=2)
    for step in train_alternating(model, SCENES, plan, CPU, tmp_path / "p.npy"):
        seen[step.stage] = weights(step.average)
    for name, value in seen["4 Fast R-CNN"].items():
        if name.startswith("backbone"):
            assert torch.equal(value, seen["2 Fast R-CNN"][name]), name


def test_that_each_step_has_its_batches_its_losses_and_its_drop(tmp_path: Path) -> None:
    model = zf()
    plan = Plan.of(model.system, epochs=4, batch_size=2)
    steps = list(train_alternating(model, SCENES, plan, CPU, tmp_path / "p.npy"))
    learning = [step for step in steps if step.losses]
    assert [step.step for step in learning] == list(range(1, len(learning) + 1))
    assert {step.steps for step in steps} == {len(learning)} == {12 + 8 + 12 + 8}
    assert [step.images_seen for step in learning[:13]] == [*range(1, 13), 14]
    assert all(a.seconds <= b.seconds for a, b in itertools.pairwise(steps))
    for stage, count, drop, losses in zip(
        STAGES,
        (12, 8, 12, 8),
        (9, 6, 9, 6),
        [{"loss_objectness", "loss_rpn_box_reg"}, {"loss_classifier", "loss_box_reg"}] * 2,
        strict=True,
    ):
        mine = [step for step in learning if step.stage == stage]
        assert [step.learning_rate for step in mine[:drop]] == pytest.approx([1e-3] * drop)
        assert [step.learning_rate for step in mine[drop:]] == pytest.approx([1e-4] * (count - drop))
        assert all(set(step.losses) == losses for step in mine)
        assert sum(step.ends_epoch for step in mine) == 4
    assert [step.gives for step in learning if step.ends_epoch][::4] == [
        "proposals",
        "nothing",
        "proposals",
        "detections",
    ]
    proposing = [step for step in steps if step.stage == PROPOSING]
    assert len(proposing) == 2 * len(SCENES)
    assert all(step.snapshot is None for step in proposing)


def test_that_the_head_sees_64_rois_of_an_image_and_the_proposals_of_its_view(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = zf()
    rois, given = [], []
    losses, forward = model.roi_heads.losses, alternating.SecondStage.forward
    monkeypatch.setattr(model.roi_heads, "losses", lambda *found: rois.append(len(found[0])) or losses(*found))

    def watched(self, images, targets):  # type: ignore[no-untyped-def]
        given.extend(zip(images, (target["proposals"] for target in targets), strict=True))
        return forward(self, images, targets)

    monkeypatch.setattr(alternating.SecondStage, "forward", watched)
    steps = train_alternating(model, SCENES, plan_of(model), CPU, tmp_path / "p.npy")
    for step in steps:
        if step.stage == STAGES[2]:
            break
    steps.close()
    assert rois
    assert max(rois) <= 2 * 64
    assert model.roi_heads.fg_bg_sampler.batch_size_per_image == 128, "as it was"
    file = ProposalFile(tmp_path / "p.npy", len(SCENES), MOST_PROPOSALS)
    views = {}
    for index, scene in enumerate(SCENES):
        for mirrored in (False, True):
            pixels = scene.image[:, ::-1] if mirrored else scene.image
            views[pixels.tobytes()] = file.read(index, mirrored=mirrored)
    seen = set()
    for image, proposals in given:
        key = (image * 255).round().byte().permute(1, 2, 0).numpy().tobytes()
        assert np.array_equal(views[key], proposals.numpy())
        seen.add(key)
    assert len(seen) > len(SCENES), "some were mirrored"


def test_that_proposals_are_not_cut_before_nms_and_lie_in_the_image(tmp_path: Path) -> None:
    model = zf().eval()
    work = alternating._Alternation(
        model, SCENES, plan_of(model), CPU, ProposalFile(tmp_path / "p.npy", len(SCENES), MOST_PROPOSALS)
    )
    cuts = []
    propose = model.rpn.propose

    def watched(*inputs):  # type: ignore[no-untyped-def]
        cuts.append((model.rpn.pre_nms_top_n(), model.rpn.post_nms_top_n()))
        return propose(*inputs)

    model.rpn.propose = watched
    (boxes,) = [work._propose(model, SCENES[0])]
    assert cuts == [(alternating.NO_CUT, 2000)]
    assert len(boxes) > 0
    assert (boxes >= 0).all()
    assert (boxes <= 96).all()
    assert (model.rpn.pre_nms_top_n(), model.rpn.post_nms_top_n()) == (6000, 300)


def test_that_numbers_of_proposals_come_back_after_an_error() -> None:
    model = zf()
    before = copy.copy(model.rpn._pre_nms_top_n), copy.copy(model.rpn._post_nms_top_n)
    with pytest.raises(ZeroDivisionError), top_n(model.rpn, 1, 1):
        _ = 1 / 0
    assert (model.rpn._pre_nms_top_n, model.rpn._post_nms_top_n) == before


def test_that_a_closed_training_leaves_neither_thread_nor_file_nor_training_mode(tmp_path: Path) -> None:
    model = zf()
    steps = train_alternating(model, SCENES, plan_of(model), CPU, tmp_path / "p.npy")
    next(step for step in steps if step.stage == PROPOSING)
    steps.close()
    assert not model.training
    assert list(tmp_path.iterdir()) == []


# --- the file ---------------------------------------------------------------------------------------------------------


def boxes(count: int, offset: float = 0.0) -> np.ndarray:
    corner = np.arange(count, dtype=np.float32)[:, None] + offset
    return np.concatenate((corner, corner, corner + 5, corner + 7), axis=1)


def test_that_proposals_come_back_by_image_and_view(tmp_path: Path) -> None:
    file = ProposalFile(tmp_path / "p.npy", 3, 4)
    proposed = [(boxes(2), boxes(3, 10)), (boxes(0), boxes(1, 20)), (boxes(6), boxes(4))]
    assert list(file.write(iter(proposed))) == [0, 1, 2]
    for index, views in enumerate(proposed):
        for mirrored, view in zip((False, True), views, strict=True):
            assert np.array_equal(file.read(index, mirrored=mirrored), view[:4])
    assert [path.name for path in tmp_path.iterdir()] == ["p.npy"]


def test_that_an_unfinished_file_does_not_replace_the_old_one(tmp_path: Path) -> None:
    file = ProposalFile(tmp_path / "p.npy", 2, 4)
    list(file.write(iter([(boxes(1), boxes(1))] * 2)))
    writing = file.write(iter([(boxes(3), boxes(3))] * 2))
    next(writing)
    writing.close()
    assert len(file.read(0, mirrored=False)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["p.npy"]


@pytest.mark.parametrize("content", [None, b"", b"no numpy file", b"\x93NUMPY\x01\x00\xff\xff"])
def test_that_a_damaged_file_is_a_sentence(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "p.npy").write_bytes(content)
    with pytest.raises(DetectorError, match=r"p\.npy is gone or damaged"):
        ProposalFile(tmp_path / "p.npy", 2, 4).require()


def test_that_the_proposals_of_another_dataset_are_a_sentence(tmp_path: Path) -> None:
    list(ProposalFile(tmp_path / "p.npy", 1, 4).write(iter([(boxes(1), boxes(1))])))
    with pytest.raises(DetectorError, match="of other images"):
        ProposalFile(tmp_path / "p.npy", 2, 4).require()


def test_that_proposals_that_cannot_be_written_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="could not be written"):
        list(ProposalFile(tmp_path / "nowhere" / "p.npy", 1, 4).write(iter([(boxes(1), boxes(1))])))
