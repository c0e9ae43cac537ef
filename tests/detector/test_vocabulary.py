"""Which rows of the last layers survive another vocabulary, and what a new category can do before any training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from detector import checkpoints
from detector.scenes import draw_scene
from detector.vocabulary import imprint, new_labels, transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from detector.model import FasterRCNN
    from detector.types import Sample

KNOWN = ("bolt", "nut", "gear")


@pytest.fixture
def model(make_model: Callable[[str, int], FasterRCNN]) -> FasterRCNN:
    return make_model("embedded", 3)


def logits(model: FasterRCNN, hidden: Tensor, row: int) -> tuple[Tensor, Tensor]:
    """Return the class logit and the box deltas (n, 4) of one row, added up in an order that other rows cannot change.

    A matrix product of another number of rows may be blocked and so rounded in another way.
    """
    predictor = model.roi_heads.box_predictor
    weight, bias = predictor.bbox_pred.weight.unflatten(0, (-1, 4))[row], predictor.bbox_pred.bias.view(-1, 4)[row]
    one = (hidden * predictor.cls_score.weight[row]).sum(dim=1) + predictor.cls_score.bias[row]
    return one, (hidden[:, None] * weight).sum(dim=2) + bias


def assert_rows_survive(before: FasterRCNN, after: FasterRCNN, rows: dict[int, int]) -> None:
    """Assert that `rows` {new row: old row} say the same of the same vectors, to the bit."""
    hidden = torch.rand(64, before.roi_heads.box_predictor.cls_score.in_features, generator=torch.manual_seed(1))
    for new, old in rows.items():
        for left, right in zip(logits(after, hidden, new), logits(before, hidden, old), strict=True):
            assert torch.equal(left, right), (new, old)


@pytest.mark.parametrize(
    ("wanted", "aliases", "rows", "new"),
    [
        (("bolt", "nut", "gear"), {}, {1: 1, 2: 2, 3: 3}, []),
        (("gear", "bolt", "nut"), {}, {1: 3, 2: 1, 3: 2}, []),
        (("gear",), {}, {1: 3}, []),  # the others were deleted
        (("bolt", "die", "gear", "coin"), {}, {1: 1, 3: 3}, [2, 4]),
        (("screw", "nut", "gear"), {"bolt": "screw"}, {1: 1, 2: 2, 3: 3}, []),  # renamed
        (("nut", "gear"), {"bolt": "nut"}, {1: 2, 2: 3}, []),  # merged into one that had its name already
        (("part", "bolt"), {"gear": "part", "nut": "part"}, {1: 2, 2: 1}, []),  # merged under a new name: the first
        (("bolt", "nut"), {"bolt": "nut", "nut": "bolt"}, {1: 2, 2: 1}, []),  # swapped names
        (("screw", "bolt"), {"bolt": "screw"}, {1: 1}, [2]),  # renamed, and the old name given to a new category
        (("die",), {"unknown": "die"}, {}, [1]),
        (("bolt", "nut"), {"bolt": "", "gear": "bolt"}, {1: 3, 2: 2}, []),  # its bolts are ignored, its gears are bolts
    ],
)
def test_that_rows_survive_by_name_and_background_always(
    model: FasterRCNN,
    wanted: Sequence[str],
    aliases: dict[str, str],
    rows: dict[int, int],
    new: list[int],
) -> None:
    after = transfer(model, KNOWN, wanted, aliases)
    assert after.num_categories == len(wanted)
    assert new_labels(KNOWN, wanted, aliases) == new
    assert_rows_survive(model, after, {0: 0} | rows)


def test_that_the_class_logits_of_a_renamed_vocabulary_are_equal_to_the_bit(model: FasterRCNN) -> None:
    after = transfer(model, KNOWN, ("bolt", "die", "cog"), {"gear": "cog"})
    hidden = torch.rand(50, model.roi_heads.box_predictor.cls_score.in_features)
    kept = [0, 1, 3]
    for left, right in zip(after.roi_heads.box_predictor(hidden), model.roi_heads.box_predictor(hidden), strict=True):
        assert torch.equal(left.view(50, 4, -1)[:, kept], right.view(50, 4, -1)[:, kept])


def test_that_a_new_category_starts_with_the_mean_boxes_and_a_class_row_that_says_nothing(model: FasterRCNN) -> None:
    after = transfer(model, KNOWN, ("gear", "die", "bolt")).roi_heads.box_predictor
    old = model.roi_heads.box_predictor
    for new_rows, old_rows in (
        (after.bbox_pred.weight, old.bbox_pred.weight),
        (after.bbox_pred.bias, old.bbox_pred.bias),
    ):
        groups = old_rows.unflatten(0, (-1, 4))
        torch.testing.assert_close(new_rows.unflatten(0, (-1, 4))[2], (groups[1] + groups[3]) / 2)
    assert after.cls_score.bias[2].item() == 0.0
    assert 0.008 < after.cls_score.weight[2].std().item() < 0.012


def test_that_without_any_surviving_category_boxes_start_from_all(model: FasterRCNN) -> None:
    after = transfer(model, KNOWN, ("die", "coin")).roi_heads.box_predictor.bbox_pred.weight.unflatten(0, (-1, 4))
    mean = model.roi_heads.box_predictor.bbox_pred.weight.unflatten(0, (-1, 4))[1:].mean(dim=0)
    torch.testing.assert_close(after[1], mean)
    torch.testing.assert_close(after[2], mean)


def test_that_everything_else_is_a_copy_and_the_model_stays_as_it_was(model: FasterRCNN) -> None:
    untouched = {name: value.clone() for name, value in model.state_dict().items()}
    after = transfer(model, KNOWN, ("die",))
    assert after.system is model.system or after.system == model.system
    assert (after.transform.min_size, after.transform.max_size) == (model.transform.min_size, model.transform.max_size)
    assert not after.training
    assert not any(module.training for module in after.modules())
    for name, value in after.state_dict().items():
        if "box_predictor" not in name:
            assert torch.equal(value, untouched[name]), name
    with torch.no_grad():
        for parameter in after.parameters():
            parameter.add_(1.0)
    assert all(torch.equal(value, untouched[name]) for name, value in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in after.roi_heads.box_predictor.parameters())


def test_that_the_changed_model_still_analyses_an_image(model: FasterRCNN) -> None:
    after = transfer(model, KNOWN, ("bolt", "die"))
    with torch.no_grad():
        (analysis,) = after.analyse([torch.rand(3, 120, 160)])
    assert analysis.scores.shape[1] == 3
    assert analysis.boxes.shape[1:] == (3, 4)


def test_that_an_imprinted_row_has_the_direction_of_its_examples_and_the_length_of_the_kept_rows(
    model: FasterRCNN,
) -> None:
    after = transfer(model, KNOWN, ("bolt", "die", "gear", "coin"))
    hidden = torch.rand(5, after.roi_heads.box_predictor.cls_score.in_features) * torch.tensor(
        [[1.0], [9], [2], [3], [4]]
    )
    imprint(after, 2, hidden, new=[2, 4])
    classes, old = after.roi_heads.box_predictor.cls_score, model.roi_heads.box_predictor.cls_score
    torch.testing.assert_close(classes.weight[2].norm(), old.weight[[1, 3]].norm(dim=1).mean())
    torch.testing.assert_close(classes.bias[2], old.bias[[1, 3]].mean())
    expected = (hidden / hidden.norm(dim=1, keepdim=True)).sum(dim=0)  # a strong example does not outvote the others
    torch.testing.assert_close(torch.cosine_similarity(classes.weight[2], expected, dim=0), torch.tensor(1.0))
    assert_rows_survive(model, after, {0: 0, 1: 1, 3: 3})


def test_that_background_lends_its_length_where_no_category_survives(model: FasterRCNN) -> None:
    after = transfer(model, KNOWN, ("die", "coin"))
    imprint(after, 1, torch.rand(2, after.roi_heads.box_predictor.cls_score.in_features), new=[1, 2])
    classes = after.roi_heads.box_predictor.cls_score
    torch.testing.assert_close(classes.weight[1].norm(), classes.weight[0].norm())


def test_that_an_imprinted_category_is_found_at_once() -> None:
    checkpoint = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS)
    samples = [draw_scene(1_000_000_000 + index, (320, 320)) for index in range(5)]
    hidden = torch.cat([hidden_of_boxes(checkpoint.model, sample) for sample in samples])
    labels = torch.from_numpy(np.concatenate([sample.labels for sample in samples]))
    known = checkpoint.categories
    for label in torch.unique(labels).tolist():
        wanted = [f"my {name}" if number == label else name for number, name in enumerate(known, 1)]
        model = transfer(checkpoint.model, known, wanted)
        (new,) = new_labels(known, wanted)
        examples = hidden[labels == label]
        with torch.no_grad():
            before, _ = model.roi_heads.box_predictor(examples)
            imprint(model, new, examples[::2], new=[new])
            after, _ = model.roi_heads.box_predictor(examples)
        assert not (before.argmax(dim=1) == new).any()
        assert (after.argmax(dim=1) == new).all(), wanted[label - 1]


def hidden_of_boxes(model: FasterRCNN, sample: Sample) -> Tensor:
    """Return the vectors (M, D) that the ground-truth boxes have before the last layers."""
    image = torch.from_numpy(sample.image.copy()).permute(2, 0, 1).float() / 255
    with torch.no_grad():
        batch, targets = model.transform([image], [{"boxes": torch.from_numpy(sample.gt_boxes.copy())}])
        levels = model.backbone(batch.tensors)
        pooled = model.roi_heads.box_roi_pool(levels, [targets[0]["boxes"]], batch.image_sizes)
        return model.roi_heads.box_head(pooled)
