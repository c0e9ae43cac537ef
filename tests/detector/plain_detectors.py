"""Faster R-CNN as mmdetection and Detectron2 compute it, in plain functions that read the names of their files.

Written from their sources, without any part of the detector that is tested with it. Shapes: R proposals, K categories.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn import functional
from torchvision.ops import batched_nms, roi_align

BGR_MEAN = (103.53, 116.28, 123.675)
RGB_MEAN, RGB_STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
LARGEST = math.log(1000 / 16)
EXACT = torch.float64


@dataclass(frozen=True)
class Rules:
    """What a framework's configuration says. `background` is where its class rows have it: always last here."""

    bgr: bool
    stride_in_first: bool
    antialias: bool
    short_side: int
    pad_to: int
    pre_nms: int
    post_nms: int
    level: str  # "mmdetection" or "detectron2": how they choose the level of a RoI
    blocks: tuple = (3, 4, 6, 3)


def pixels(image, rules):
    """Return the padded input (1, 3, H, W) and the size of the image in it; `image` (3, h, w) is RGB from 0 to 1."""
    scale = rules.short_side / min(image.shape[1:])
    size = [int(side * scale + 0.5) for side in image.shape[1:]]
    raw = image.to(EXACT)[None] * 255
    resized = functional.interpolate(raw, size, mode="bilinear", align_corners=False, antialias=rules.antialias)
    if rules.bgr:
        resized = resized[:, [2, 1, 0]]
    mean, std = (BGR_MEAN, (1.0, 1.0, 1.0)) if rules.bgr else (RGB_MEAN, RGB_STD)
    mean, std = (torch.tensor(each, dtype=EXACT).view(1, 3, 1, 1) for each in (mean, std))
    height, width = (math.ceil(side / rules.pad_to) * rules.pad_to for side in size)
    return functional.pad((resized - mean) / std, (0, width - size[1], 0, height - size[0])), size


def frozen_norm(x, state, name):
    mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    unit = (x - mean[:, None, None]) / torch.sqrt(variance + 1e-5)[:, None, None]
    return unit * state[f"{name}.weight"][:, None, None] + state[f"{name}.bias"][:, None, None]


def names_of_block(block, name, *, detectron2):
    """Return the names (convolution, norm) of the three layers and of the shortcut of a block."""
    if detectron2:
        parts = [f"{name}.{block}.{part}" for part in ("conv1", "conv2", "conv3", "shortcut")]
        return [(part, f"{part}.norm") for part in parts]
    parts = [(f"conv{j}", f"bn{j}") for j in (1, 2, 3)] + [("downsample.0", "downsample.1")]
    return [(f"{name}.{block}.{conv}", f"{name}.{block}.{bn}") for conv, bn in parts]


def stage(x, state, name, rules, *, blocks, stride, detectron2):
    """Return the output of a stage of bottlenecks, the first of which strides."""
    for block in range(blocks):
        s = stride if block == 0 else 1
        strides = (s, 1, 1) if rules.stride_in_first else (1, s, 1)
        *layers, shortcut = names_of_block(block, name, detectron2=detectron2)
        y = x
        for j, (conv, bn) in enumerate(layers):
            y = functional.conv2d(y, state[f"{conv}.weight"], stride=strides[j], padding=1 if j == 1 else 0)
            y = frozen_norm(y, state, bn)
            y = y.clamp(min=0) if j < 2 else y
        if block == 0:
            x = frozen_norm(functional.conv2d(x, state[f"{shortcut[0]}.weight"], stride=s), state, shortcut[1])
        x = (x + y).clamp(min=0)
    return x


def stem(x, state, conv, bn):
    x = functional.conv2d(x, state[f"{conv}.weight"], stride=2, padding=3)
    return functional.max_pool2d(frozen_norm(x, state, bn).clamp(min=0), 3, 2, 1)


def conv_of(x, state, name, padding=0):
    return functional.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], padding=padding)


def pyramid(maps, state, laterals, outputs):
    """Return five maps from four: top-down sums, 3x3 convolutions, and every second cell of the last."""
    inner = [conv_of(x, state, name) for x, name in zip(maps, laterals, strict=True)]
    for k in (2, 1, 0):
        inner[k] = inner[k] + functional.interpolate(inner[k + 1], inner[k].shape[-2:], mode="nearest")
    levels = [conv_of(x, state, name, 1) for x, name in zip(inner, outputs, strict=True)]
    return [*levels, levels[-1][:, :, ::2, ::2]]


def grid(height, width, stride, sizes, *, sizes_first):
    """Return anchors (height * width * k, 4), row by row, centred on multiples of the stride; in single precision."""
    ratios = (0.5, 1.0, 2.0)
    pairs = [(s, r) for s in sizes for r in ratios] if sizes_first else [(s, r) for r in ratios for s in sizes]
    halves = [(size / math.sqrt(ratio) / 2, size * math.sqrt(ratio) / 2) for size, ratio in pairs]
    cell = torch.tensor([(-w, -h, w, h) for w, h in halves], dtype=torch.float32)
    places = [(x, y, x, y) for y in range(height) for x in range(width)]
    shifts = stride * torch.tensor(places, dtype=torch.float32)
    return (shifts[:, None] + cell).reshape(-1, 4).to(EXACT)


def decode(anchors, deltas, weights=(1.0, 1.0, 1.0, 1.0)):
    """Return the boxes (..., 4) that deltas make of anchors of the same shape."""
    dx, dy, dw, dh = (deltas[..., i] / weights[i] for i in range(4))
    w, h = anchors[..., 2] - anchors[..., 0], anchors[..., 3] - anchors[..., 1]
    x, y = anchors[..., 0] + w / 2 + dx * w, anchors[..., 1] + h / 2 + dy * h
    w, h = w * dw.clamp(max=LARGEST).exp(), h * dh.clamp(max=LARGEST).exp()
    return torch.stack((x - w / 2, y - h / 2, x + w / 2, y + h / 2), dim=-1)


def clip(boxes, size):
    height, width = size
    ends = torch.tensor([width, height, width, height], dtype=boxes.dtype)
    return torch.minimum(boxes.clamp(min=0), ends)


def propose(levels, state, head, rules, *, strides, sizes, size, sizes_first=False):
    """Return proposals (R, 4) and their scores, best first. `head` names the three layers of the RPN."""
    shared, logits_of, deltas_of = head
    all_boxes, all_logits, all_levels = [], [], []
    for index, x in enumerate(levels):
        hidden = conv_of(x, state, shared, 1).clamp(min=0)
        logits = conv_of(hidden, state, logits_of)[0].permute(1, 2, 0).flatten()
        deltas = conv_of(hidden, state, deltas_of)[0].permute(1, 2, 0).reshape(-1, 4)
        anchors = grid(*x.shape[-2:], strides[index], sizes[index], sizes_first=sizes_first)
        best = logits.argsort(descending=True)[: rules.pre_nms]
        all_boxes.append(clip(decode(anchors[best], deltas[best]), size))
        all_logits.append(logits[best])
        all_levels.append(torch.full((len(best),), index))
    boxes, logits, levels_of = torch.cat(all_boxes), torch.cat(all_logits), torch.cat(all_levels)
    some = ((boxes[:, 2:] - boxes[:, :2]) > 0).all(dim=1)
    boxes, logits, levels_of = boxes[some], logits[some], levels_of[some]
    keep = batched_nms(boxes, logits, levels_of, 0.7)[: rules.post_nms]
    return boxes[keep], logits[keep].sigmoid()


def pool(levels, boxes, rules):
    """Return (R, 256, 7, 7): each RoI from the level of its size."""
    side = ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).sqrt()
    if rules.level == "mmdetection":
        which = torch.floor(torch.log2(side / 56 + 1e-6)).clamp(0, 3)
    else:
        which = torch.floor(4 + torch.log2(side / 224 + 1e-8)).clamp(2, 5) - 2
    pooled = torch.zeros(len(boxes), 256, 7, 7, dtype=EXACT)
    for k in range(4):
        mine = which == k
        pooled[mine] = roi_align(levels[k], [boxes[mine]], 7, 1 / (4 << k), sampling_ratio=0, aligned=True)
    return pooled


def second_stage(hidden, state, classes, boxes_of, proposals):
    """Return probabilities (R, K+1), background first, and boxes (R, K, 4) that are not clipped yet."""
    logits = hidden @ state[f"{classes}.weight"].T + state[f"{classes}.bias"]
    deltas = (hidden @ state[f"{boxes_of}.weight"].T + state[f"{boxes_of}.bias"]).unflatten(1, (-1, 4))
    scores = logits.softmax(dim=1)
    boxes = decode(proposals[:, None].expand_as(deltas), deltas, (10.0, 10.0, 5.0, 5.0))
    return torch.cat((scores[:, -1:], scores[:, :-1]), dim=1), boxes


def fully_connected(x, state, *names):
    for name in names:
        x = (x @ state[f"{name}.weight"].T + state[f"{name}.bias"]).clamp(min=0)
    return x


def exact(state):
    return {name: value.to(EXACT) for name, value in state.items()}


def mmdetection_fpn(state, image, rules):
    """Return proposals, their scores, probabilities and boxes of mmdetection's Faster R-CNN with a pyramid."""
    state = exact(state)
    x, size = pixels(image, rules)
    x = stem(x, state, "backbone.conv1", "backbone.bn1")
    maps = []
    for n, blocks in enumerate(rules.blocks, 1):
        x = stage(x, state, f"backbone.layer{n}", rules, blocks=blocks, stride=1 if n == 1 else 2, detectron2=False)
        maps.append(x)
    convs = [[f"neck.{part}.{k}.conv" for k in range(4)] for part in ("lateral_convs", "fpn_convs")]
    levels = pyramid(maps, state, *convs)
    head = [f"rpn_head.{part}" for part in ("rpn_conv", "rpn_cls", "rpn_reg")]
    strides = (4, 8, 16, 32, 64)
    sizes = [(8 * stride,) for stride in strides]
    proposals, objectness = propose(levels, state, head, rules, strides=strides, sizes=sizes, size=size)
    name = "roi_head.bbox_head"
    pooled = pool(levels, proposals, rules).flatten(1)
    hidden = fully_connected(pooled, state, f"{name}.shared_fcs.0", f"{name}.shared_fcs.1")
    return proposals, objectness, *second_stage(hidden, state, f"{name}.fc_cls", f"{name}.fc_reg", proposals)


RPN_OF_DETECTRON2 = tuple(
    f"proposal_generator.rpn_head.{part}" for part in ("conv", "objectness_logits", "anchor_deltas")
)


def detectron2_fpn(state, image, rules):
    """Return proposals, their scores, probabilities and boxes of Detectron2's Faster R-CNN with a pyramid."""
    state = exact(state)
    x, size = pixels(image, rules)
    x = stem(x, state, "backbone.bottom_up.stem.conv1", "backbone.bottom_up.stem.conv1.norm")
    maps = []
    for n, blocks in enumerate(rules.blocks, 2):
        x = stage(
            x, state, f"backbone.bottom_up.res{n}", rules, blocks=blocks, stride=1 if n == 2 else 2, detectron2=True
        )
        maps.append(x)
    convs = [[f"backbone.{part}{k}" for k in range(2, 6)] for part in ("fpn_lateral", "fpn_output")]
    levels = pyramid(maps, state, *convs)
    sizes = [(32,), (64,), (128,), (256,), (512,)]
    strides = (4, 8, 16, 32, 64)
    found = propose(levels, state, RPN_OF_DETECTRON2, rules, strides=strides, sizes=sizes, size=size, sizes_first=True)
    pooled = pool(levels, found[0], rules).flatten(1)
    hidden = fully_connected(pooled, state, "roi_heads.box_head.fc1", "roi_heads.box_head.fc2")
    name = "roi_heads.box_predictor"
    return *found, *second_stage(hidden, state, f"{name}.cls_score", f"{name}.bbox_pred", found[0])


def detectron2_c4(state, image, rules):
    """Return proposals, their scores, probabilities and boxes of Detectron2's Faster R-CNN on one map."""
    state = exact(state)
    x, size = pixels(image, rules)
    x = stem(x, state, "backbone.stem.conv1", "backbone.stem.conv1.norm")
    for n, blocks in enumerate(rules.blocks[:3], 2):
        x = stage(x, state, f"backbone.res{n}", rules, blocks=blocks, stride=1 if n == 2 else 2, detectron2=True)
    sizes = [(32, 64, 128, 256, 512)]
    found = propose([x], state, RPN_OF_DETECTRON2, rules, strides=(16,), sizes=sizes, size=size, sizes_first=True)
    pooled = roi_align(x, [found[0]], 14, 1 / 16, sampling_ratio=0, aligned=True)
    hidden = stage(pooled, state, "roi_heads.res5", rules, blocks=rules.blocks[3], stride=2, detectron2=True).mean(
        dim=(2, 3)
    )
    name = "roi_heads.box_predictor"
    return *found, *second_stage(hidden, state, f"{name}.cls_score", f"{name}.bbox_pred", found[0])


def detections(scores, boxes, size, image_size):
    """Return boxes (D, 4) in pixels of the image, scores and labels from 1: score above .05, NMS .5, best 100.

    Boxes without any area, which neither framework drops and nobody wants, are left out.
    """
    clipped = clip(boxes, size)
    rows, columns = torch.where(scores[:, 1:] > 0.05)
    chosen, values = clipped[rows, columns], scores[:, 1:][rows, columns]
    keep = batched_nms(chosen, values, columns, 0.5)
    keep = keep[((chosen[:, 2:] - chosen[:, :2])[keep] >= 0.01).all(dim=1)][:100]
    back = torch.tensor([image_size[1] / size[1], image_size[0] / size[0]] * 2, dtype=EXACT)
    return chosen[keep] * back, values[keep], columns[keep] + 1
