"""How other programs name the weights of a Faster R-CNN: one table of anchored patterns for each (reference, 9.1).

A pattern is matched against a whole name, and every name of a format matches exactly one row of its table. What it is
called here are the names of torchvision.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch import Tensor

    from detector.system import Family

AFFINE = "(weight|bias)"
NORM = "(weight|bias|running_mean|running_var)"
CONV5_HEAD = "roi_heads.box_head.layer4"  # the last stage of a C4 network
PIXELS = "the system says how pixels are normalised"
ANCHORS = "the system says where anchors are"


@dataclass(frozen=True, slots=True)
class Row:
    """Names that match `pattern` become `name`, with its groups; without a name they are skipped, for a `reason`."""

    pattern: str
    name: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """The files of one program: the `family` of systems that they fit, and how to read them.

    `mark` is found in a name of every file. `background_last`: the class rows end with background, and background has
    no box rows; otherwise it is row 0 of both. `sizes_first`: the anchors of a cell are ordered by size, then by ratio.
    """

    title: str
    family: Family
    mark: str
    rows: tuple[Row, ...]
    background_last: bool = False
    sizes_first: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Renamed:
    """The weights of a file under the names of this program; `sources` says what each is called in the file.

    `skipped` holds pairs (name in the file, why); `unexpected` are names in the file that no row matches.
    """

    values: dict[str, Tensor]
    sources: dict[str, str]
    skipped: tuple[tuple[str, str], ...]
    unexpected: tuple[str, ...]


def rename(state: Mapping[str, Tensor], rows: Iterable[Row]) -> Renamed:
    """Return weights under the names of this program. The second of two that get the same name is unexpected."""
    values: dict[str, Tensor] = {}
    sources: dict[str, str] = {}
    skipped: list[tuple[str, str]] = []
    unexpected: list[str] = []
    table = [(re.compile(row.pattern), row) for row in rows]
    for source, value in state.items():
        match, row = next(
            ((match, row) for pattern, row in table if (match := pattern.fullmatch(source))), (None, None)
        )
        if match is None or row is None:
            unexpected.append(source)
        elif row.name is None:
            skipped.append((source, row.reason))
        elif (name := match.expand(row.name)) in values:
            unexpected.append(source)
        else:
            values[name], sources[name] = value, source
    return Renamed(values, sources, tuple(skipped), tuple(unexpected))


def recognise(names: Iterable[str]) -> Format | None:
    """Return the format of a file with tensors of these names, None for none of ours."""
    text = "\n".join(names)
    return next((each for each in FORMATS if re.search(each.mark, text, re.MULTILINE)), None)


COUNTERS = Row(r".*\.num_batches_tracked", reason="it counts training steps, which no result depends on")
_SKIPPED = (
    COUNTERS,
    Row(r"pixel_(mean|std)", reason=PIXELS),
    Row(r".*\.cell_anchors\.\d+", reason=ANCHORS),
)

_TORCHVISION = (
    Row(rf"(backbone\.body\..+)\.{NORM}", r"\1.\2"),
    Row(rf"(backbone\.fpn\.(?:inner|layer)_blocks\.\d\.\d)\.{NORM}", r"\1.\2"),
    Row(rf"(backbone\.fpn\.(?:inner|layer)_blocks\.\d)\.{AFFINE}", r"\1.0.\2"),  # before 0.13
    Row(rf"(rpn\.head\.conv\.\d\.0)\.{AFFINE}", r"\1.\2"),
    Row(rf"rpn\.head\.conv\.{AFFINE}", r"rpn.head.conv.0.0.\1"),  # before 0.13
    Row(rf"(rpn\.head\.(?:cls_logits|bbox_pred))\.{AFFINE}", r"\1.\2"),
    Row(rf"(roi_heads\.box_(?:head|predictor)\..+)\.{NORM}", r"\1.\2"),
)

_MMDETECTION = (
    Row(r"backbone\.conv1\.weight", r"backbone.body.conv1.weight"),
    Row(rf"backbone\.bn1\.{NORM}", r"backbone.body.bn1.\1"),
    Row(r"backbone\.(layer[1-4]\.\d+\.conv[123])\.weight", r"backbone.body.\1.weight"),
    Row(rf"backbone\.(layer[1-4]\.\d+\.bn[123])\.{NORM}", r"backbone.body.\1.\2"),
    Row(r"backbone\.(layer[1-4]\.0\.downsample\.0)\.weight", r"backbone.body.\1.weight"),
    Row(rf"backbone\.(layer[1-4]\.0\.downsample\.1)\.{NORM}", r"backbone.body.\1.\2"),
    Row(rf"neck\.lateral_convs\.([0-3])\.conv\.{AFFINE}", r"backbone.fpn.inner_blocks.\1.0.\2"),
    Row(rf"neck\.fpn_convs\.([0-3])\.conv\.{AFFINE}", r"backbone.fpn.layer_blocks.\1.0.\2"),
    Row(rf"rpn_head\.rpn_conv\.{AFFINE}", r"rpn.head.conv.0.0.\1"),
    Row(rf"rpn_head\.rpn_cls\.{AFFINE}", r"rpn.head.cls_logits.\1"),
    Row(rf"rpn_head\.rpn_reg\.{AFFINE}", r"rpn.head.bbox_pred.\1"),
)


def _mmdetection_head(prefix: str) -> tuple[Row, ...]:
    """Return the rows of the second stage, whose names begin with `prefix`."""
    return (
        Row(rf"{prefix}shared_fcs\.0\.{AFFINE}", r"roi_heads.box_head.fc6.\1"),
        Row(rf"{prefix}shared_fcs\.1\.{AFFINE}", r"roi_heads.box_head.fc7.\1"),
        Row(rf"{prefix}fc_cls\.{AFFINE}", r"roi_heads.box_predictor.cls_score.\1"),
        Row(rf"{prefix}fc_reg\.{AFFINE}", r"roi_heads.box_predictor.bbox_pred.\1"),
    )


def _detectron2_stage(prefix: str, name: str) -> tuple[Row, ...]:
    """Return the rows of one stage of a ResNet."""
    return (
        Row(rf"{prefix}\.(\d+)\.conv([123])\.weight", rf"{name}.\1.conv\2.weight"),
        Row(rf"{prefix}\.(\d+)\.conv([123])\.norm\.{NORM}", rf"{name}.\1.bn\2.\3"),
        Row(rf"{prefix}\.0\.shortcut\.weight", rf"{name}.0.downsample.0.weight"),
        Row(rf"{prefix}\.0\.shortcut\.norm\.{NORM}", rf"{name}.0.downsample.1.\1"),
    )


_BOTTOM_UP = r"backbone\.(?:bottom_up\.)?"  # a C4 network has no pyramid around its ResNet
_DETECTRON2 = (
    Row(rf"{_BOTTOM_UP}stem\.conv1\.weight", r"backbone.body.conv1.weight"),
    Row(rf"{_BOTTOM_UP}stem\.conv1\.norm\.{NORM}", r"backbone.body.bn1.\1"),
    *(row for n in range(1, 5) for row in _detectron2_stage(rf"{_BOTTOM_UP}res{n + 1}", f"backbone.body.layer{n}")),
    *_detectron2_stage(r"roi_heads\.res5", CONV5_HEAD),
    *(Row(rf"backbone\.fpn_lateral{k + 2}\.{AFFINE}", rf"backbone.fpn.inner_blocks.{k}.0.\1") for k in range(4)),
    *(Row(rf"backbone\.fpn_output{k + 2}\.{AFFINE}", rf"backbone.fpn.layer_blocks.{k}.0.\1") for k in range(4)),
    Row(rf"proposal_generator\.rpn_head\.conv\.{AFFINE}", r"rpn.head.conv.0.0.\1"),
    Row(rf"proposal_generator\.rpn_head\.objectness_logits\.{AFFINE}", r"rpn.head.cls_logits.\1"),
    Row(rf"proposal_generator\.rpn_head\.anchor_deltas\.{AFFINE}", r"rpn.head.bbox_pred.\1"),
    Row(rf"roi_heads\.box_head\.fc1\.{AFFINE}", r"roi_heads.box_head.fc6.\1"),
    Row(rf"roi_heads\.box_head\.fc2\.{AFFINE}", r"roi_heads.box_head.fc7.\1"),
    Row(rf"roi_heads\.box_predictor\.(cls_score|bbox_pred)\.{AFFINE}", r"roi_heads.box_predictor.\1.\2"),
)

FORMATS = (
    Format(
        title="Detectron2",
        family="detectron2",
        mark=r"^proposal_generator\.",
        rows=(*_SKIPPED, *_DETECTRON2),
        background_last=True,
        sizes_first=True,
    ),
    Format(
        title="mmdetection 1",
        family="mmdetection",
        mark=r"^bbox_head\.shared_fcs\.",
        rows=(*_SKIPPED, *_MMDETECTION, *_mmdetection_head(r"bbox_head\.")),
        note=(
            "mmdetection 1 placed anchors and pooled RoIs half a pixel differently than its successors, as which the "
            "model will run here: boxes can be off by about a pixel."
        ),
    ),
    Format(
        title="mmdetection 2 or 3",
        family="mmdetection",
        mark=r"^rpn_head\.rpn_",
        rows=(*_SKIPPED, *_MMDETECTION, *_mmdetection_head(r"roi_head\.bbox_head\.")),
        background_last=True,
    ),
    Format(
        title="torchvision",
        family="torchvision",
        mark=r"^rpn\.head\.",
        rows=(*_SKIPPED, *_TORCHVISION),
    ),
)
