"""Retraining the Fast R-CNN head on cached RoI features: an epoch never runs the backbone.

Girshick 2015 section 2.3 for the losses; the sampling is over all images at once, and balanced over the categories.

Shapes: R cached RoIs of all images and their mirror images, B RoIs of a batch, M ground-truth boxes of one image,
K categories.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torchvision.models.detection.roi_heads import fastrcnn_loss
from torchvision.ops import box_iou

from detector.schedule import warm_cosine
from detector.targets import REJECTED_IOU, settled
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torchvision.models.detection._utils import BoxCoder

    from detector.corrections import CorrectedImage
    from detector.model import FasterRCNN
    from detector.roi_features import RoiFeatures

Trained = TypeVar("Trained", bound=nn.Module)

BACKGROUND = 0
FG_IOU_THRESH = 0.5


class Head(nn.Module):
    """The second stage of a network without its pooling: a copy, so that the served one stays as it is."""

    def __init__(self, model: FasterRCNN) -> None:
        super().__init__()
        self.box_head = copy.deepcopy(model.roi_heads.box_head)
        self.box_predictor = copy.deepcopy(model.roi_heads.box_predictor)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Map pooled features (B, C, h, w) to class logits (B, K+1) and box deltas (B, 4(K+1))."""
        class_logits, box_deltas = self.box_predictor(self.box_head(features))
        return class_logits.float(), box_deltas.float()

    def put_into(self, model: FasterRCNN) -> None:
        """Give `model` the weights of this head."""
        model.roi_heads.box_head.load_state_dict(self.box_head.state_dict())
        model.roi_heads.box_predictor.load_state_dict(self.box_predictor.state_dict())


@dataclass(frozen=True, slots=True)
class HeadSchedule:
    """How to train a head: AdamW, a linear warm-up, a cosine to zero, and a moving average of the weights.

    `batch_size` RoIs a step, of which `positive_fraction` foreground; `trains_box_head` false leaves all but the
    predictor as it is. `balance` in [0, 1]: at 0 a category is drawn as often as it has RoIs, at 1 all equally often.
    """

    steps: int
    batch_size: int = 512
    positive_fraction: float = 0.35
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warmup_steps: int = 20
    max_norm: float = 10.0
    ema_decay: float = 0.98
    balance: float = 0.5
    distillation: float = 4.0
    temperature: float = 2.0
    trains_box_head: bool = True
    mixed: bool = True

    def rate(self, step: int) -> float:
        """Return the learning rate of 0-based `step`."""
        return warm_cosine(step, self.steps, self.warmup_steps, self.learning_rate)


class Batch(NamedTuple):
    """B RoIs to learn from: `features` (B, C, h, w), `labels` (B,), `boxes` (B, 4), and `gt_boxes` (B, 4) to reach."""

    features: Tensor
    labels: Tensor
    boxes: Tensor
    gt_boxes: Tensor


class LabelledView(NamedTuple):
    """The RoIs of one view: `features` (R, C, h, w), `labels` (R,), `rejected` (R,), `boxes`, `gt_boxes` (R, 4)."""

    features: Tensor
    labels: Tensor
    rejected: Tensor
    boxes: Tensor
    gt_boxes: Tensor


class RoiTable:
    """All cached RoIs of the images that are trained on, each with its label, to be drawn from at random.

    `labels` (R,) is the category, 0 for background, -1 for what nothing is known of; `rejected` (R,) bool marks
    background that a person rejected: hard negatives.
    """

    def __init__(self, views: Sequence[LabelledView]) -> None:
        self._features = [view.features for view in views]
        columns = (torch.cat(column) for column in list(zip(*views, strict=True))[1:])
        self.labels, self.rejected, self._boxes, self._gt_boxes = columns
        counts = [len(features) for features in self._features]
        self._view = np.repeat(np.arange(len(counts)), counts)
        self._row = np.concatenate([np.arange(count) for count in counts])
        labels = self.labels.numpy()
        self._foreground = [np.flatnonzero(labels == label) for label in np.unique(labels[labels > 0])]
        self._hard = np.flatnonzero((labels == BACKGROUND) & self.rejected.numpy())
        self._easy = np.flatnonzero((labels == BACKGROUND) & ~self.rejected.numpy())

    def __len__(self) -> int:
        return len(self.labels)

    def draw(self, schedule: HeadSchedule, rng: np.random.Generator) -> Batch:
        """Draw one batch; smaller where there are no negatives. Rejections are up to a quarter of the negatives."""
        weights = np.array([len(rows) for rows in self._foreground], dtype=np.float64) ** (1 - schedule.balance)
        positives = round(schedule.batch_size * schedule.positive_fraction)
        shares = rng.multinomial(positives, weights / weights.sum())
        rows = [rng.choice(mine, share) for mine, share in zip(self._foreground, shares, strict=True)]
        negatives = schedule.batch_size - positives
        hard = min(len(self._hard), negatives // 4) if len(self._easy) else min(len(self._hard), negatives)
        rows.append(rng.choice(self._hard, hard, replace=False))
        if len(self._easy):
            rows.append(rng.choice(self._easy, negatives - hard))
        return self._gather(np.concatenate(rows), torch.bfloat16 if schedule.mixed else torch.float32)

    def features_of(self, label: int, limit: int) -> Tensor:
        """Return the features of up to `limit` RoIs of `label`, ground truth and what is near it; none may be there."""
        rows = np.flatnonzero(self.labels.numpy() == label)
        step = max(1, len(rows) // limit)
        return self._gather(rows[::step][:limit], torch.float32).features

    def _gather(self, chosen: NDArray[np.int64], dtype: torch.dtype) -> Batch:
        chosen = chosen[np.argsort(self._view[chosen], kind="stable")]  # each memory-mapped file is read once
        views, starts = np.unique(self._view[chosen], return_index=True)
        rows = np.split(self._row[chosen], starts)[1:]  # also of nothing
        features = torch.empty(len(chosen), *self._features[0].shape[1:], dtype=dtype)
        for view, mine, part in zip(views, rows, features.split([len(mine) for mine in rows]), strict=True):
            part.copy_(self._features[view][torch.from_numpy(mine)])
        at = torch.from_numpy(chosen)
        return Batch(features, self.labels[at], self._boxes[at], self._gt_boxes[at])


def mixed_with(new: Trained, old: Trained, share: float) -> Trained:
    """Return a copy: `share` of `new` and the rest of `old`, weight by weight (Wortsman et al. 2022, WiSE-FT)."""
    mixture = copy.deepcopy(new)
    with torch.no_grad():
        for weight, before in zip(mixture.parameters(), old.parameters(), strict=True):
            weight.lerp_(before.to(weight.device), 1 - share)
    return mixture


class HeadStep(NamedTuple):
    """One step that has been taken: `loss`, and the moving average of the head so far, the one to measure and keep."""

    step: int
    steps: int
    loss: float
    average: Head


def train_head(
    head: Head, table: RoiTable, coder: BoxCoder, schedule: HeadSchedule, *, seed: int, kept: Sequence[int] = ()
) -> Iterator[HeadStep]:
    """Train `head` in place on batches of `table` and yield after each step.

    `kept` are labels that the head knows and that the corrections have no example of: on background and on their
    objects, which only rehearsal shows, its logits for them are held near those it had before, and so are its boxes
    (Li and Hoiem 2016; Shmelkov et al. 2017: distillation). Raises DetectorError on a loss that is not finite.
    """
    device = next(head.parameters()).device
    teacher = copy.deepcopy(head).requires_grad_(False).eval() if kept else None
    rows = torch.tensor([BACKGROUND, *kept], device=device)
    head.eval()  # norms inside a box head keep their statistics, which a few images would spoil
    head.requires_grad_(True)
    head.box_head.requires_grad_(schedule.trains_box_head)
    parameters = [p for p in head.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(_groups(parameters, schedule.weight_decay), lr=schedule.learning_rate, fused=True)
    average = AveragedModel(head, multi_avg_fn=get_ema_multi_avg_fn(schedule.ema_decay))
    averaged = average.module
    assert isinstance(averaged, Head)
    rng = np.random.default_rng(seed)
    for step in range(schedule.steps):
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        batch = Batch(*(part.to(device) for part in table.draw(schedule, rng)))
        with torch.autocast(device.type, torch.bfloat16, enabled=schedule.mixed):
            class_logits, box_deltas = head(batch.features)
            known = None if teacher is None else teacher(batch.features)
        loss = _loss(class_logits, box_deltas, batch, coder)
        if known is not None:
            held = _distillation((class_logits, box_deltas), known, batch.labels, rows, schedule.temperature)
            loss = loss + schedule.distillation * held
        if not bool(loss.isfinite()):
            raise DetectorError("The loss of the head is no longer a finite number: look for boxes that are wrong.")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, schedule.max_norm)
        optimizer.step()
        average.update_parameters(head)
        yield HeadStep(step + 1, schedule.steps, float(loss.detach()), averaged)


def _loss(class_logits: Tensor, box_deltas: Tensor, batch: Batch, coder: BoxCoder) -> Tensor:
    targets = coder.encode_single(batch.gt_boxes, batch.boxes)
    classification, regression = fastrcnn_loss(class_logits, box_deltas, [batch.labels], [targets])
    total: Tensor = classification + regression
    return total


def _distillation(
    now: tuple[Tensor, Tensor], known: tuple[Tensor, Tensor], labels: Tensor, rows: Tensor, temperature: float
) -> Tensor:
    """Return how far logits and boxes have gone from the known ones, on RoIs whose label is among `rows`.

    KL(old || new) over `rows` (Hinton et al. 2015), and the smooth L1 distance between the boxes of the label.
    """
    at = torch.where(torch.isin(labels, rows))[0]
    old, new = ((logits[at][:, rows] / temperature).log_softmax(-1) for logits, _ in (known, now))
    divergence = functional.kl_div(new, old, reduction="sum", log_target=True) * temperature**2
    objects = at[labels[at] != BACKGROUND]
    before, after = (deltas.unflatten(1, (-1, 4))[objects, labels[objects]] for _, deltas in (known, now))
    distance = functional.smooth_l1_loss(after, before, beta=1 / 9, reduction="sum")
    total: Tensor = (divergence + distance) / max(len(labels), 1)
    return total


def labelled(image: CorrectedImage, rois: RoiFeatures) -> list[LabelledView]:
    """Return both views of `image` with the label of each RoI."""
    return [_labelled(image, rois, view) for view in range(len(rois.views))]


def _labelled(image: CorrectedImage, rois: RoiFeatures, view: int) -> LabelledView:
    """Return the RoIs of one view with their labels.

    A RoI is foreground from an IoU of 0.5 on (Girshick 2015, section 2.3); what else counts, `targets` says.
    """
    boxes, crowd = rois.views[view].boxes, torch.tensor(image.iscrowd)
    gt_boxes, gt_labels = rois.to_network(image.gt_boxes, view), torch.tensor(image.labels)
    target = {
        "boxes": gt_boxes[~crowd],
        "labels": gt_labels[~crowd],
        "ignore": gt_boxes[crowd],
        "rejected": rois.to_network(image.rejected_boxes, view),
        "reviewed": torch.tensor(image.reviewed),
    }
    labels, matched = torch.full((len(boxes),), BACKGROUND), boxes.clone()
    if len(target["boxes"]):
        iou, best = box_iou(target["boxes"], boxes).max(0)  # (R,) of (M, R)
        foreground = iou >= FG_IOU_THRESH
        labels[foreground] = target["labels"][best[foreground]]
        matched[foreground] = target["boxes"][best[foreground]]
    labels = settled(labels, boxes, target)
    rejected = (box_iou(boxes, target["rejected"]) >= REJECTED_IOU).any(1) & (labels == BACKGROUND)
    return LabelledView(rois.views[view].features, labels, rejected, boxes, matched)


def _groups(parameters: Sequence[nn.Parameter], weight_decay: float) -> list[dict[str, object]]:
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
