"""The weights of other programs' detectors, name by name as those programs write them, with random numbers.

Written from the sources of mmdetection and Detectron2, not from the tables that are tested with it.
"""

from __future__ import annotations

import math

import torch

STAGES = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
TRUNKS = {
    "r50": {"depth": 50},
    "r101": {"depth": 101},
    "x101_32x4d": {"depth": 101, "groups": 32, "width": 4},
    "x101_64x4d": {"depth": 101, "groups": 64, "width": 4},
    "x101_32x8d": {"depth": 101, "groups": 32, "width": 8},
}


def norm(name, channels):
    return {f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")}


def linear(name, *shape):
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


def bottlenecks(depth, groups=1, width=64):
    """Yield (stage 1..4, block, shapes of the three convolutions, shape of the shortcut or None)."""
    channels = 64
    for stage, blocks in enumerate(STAGES[depth], 1):
        planes, out = 64 << (stage - 1), 256 << (stage - 1)
        inner = planes * width * groups // 64
        for block in range(blocks):
            convs = (inner, channels, 1, 1), (inner, inner // groups, 3, 3), (out, inner, 1, 1)
            yield stage, block, convs, (out, channels, 1, 1) if block == 0 else None
            channels = out


def mmdetection_shapes(trunk, categories, *, prefix="roi_head.", background=0):
    """Names and shapes of a file of mmdetection 2 and 3; without categories that of an RPN.

    In version 1 the prefix is empty and background has box rows too.
    """
    shapes = {"backbone.conv1.weight": (64, 3, 7, 7), **norm("backbone.bn1", 64)}
    for stage, block, convs, shortcut in bottlenecks(**TRUNKS[trunk]):
        name = f"backbone.layer{stage}.{block}"
        for j, conv in enumerate(convs, 1):
            shapes |= {f"{name}.conv{j}.weight": conv, **norm(f"{name}.bn{j}", conv[0])}
            shapes[f"{name}.bn{j}.num_batches_tracked"] = ()
        if shortcut:
            shapes |= {f"{name}.downsample.0.weight": shortcut, **norm(f"{name}.downsample.1", shortcut[0])}
    for k in range(4):
        shapes |= linear(f"neck.lateral_convs.{k}.conv", 256, 256 << k, 1, 1)
        shapes |= linear(f"neck.fpn_convs.{k}.conv", 256, 256, 3, 3)
    shapes |= linear("rpn_head.rpn_conv", 256, 256, 3, 3)
    shapes |= linear("rpn_head.rpn_cls", 3, 256, 1, 1) | linear("rpn_head.rpn_reg", 12, 256, 1, 1)
    if categories:
        head = f"{prefix}bbox_head"
        shapes |= linear(f"{head}.fc_cls", categories + 1, 1024)
        shapes |= linear(f"{head}.fc_reg", 4 * (categories + background), 1024)
        shapes |= linear(f"{head}.shared_fcs.0", 1024, 256 * 49) | linear(f"{head}.shared_fcs.1", 1024, 1024)
    return shapes


def detectron2_shapes(trunk, categories, *, c4=False):
    """Names and shapes of a file of Detectron2; without categories that of an RPN."""
    bottom = "backbone" if c4 else "backbone.bottom_up"
    shapes = {"pixel_mean": (3, 1, 1), "pixel_std": (3, 1, 1)}
    shapes |= {f"{bottom}.stem.conv1.weight": (64, 3, 7, 7), **norm(f"{bottom}.stem.conv1.norm", 64)}
    for stage, block, convs, shortcut in bottlenecks(**TRUNKS[trunk]):
        if c4 and stage == 4 and not categories:
            continue
        name = f"roi_heads.res5.{block}" if c4 and stage == 4 else f"{bottom}.res{stage + 1}.{block}"
        named = {f"{name}.conv{j}": conv for j, conv in enumerate(convs, 1)}
        named |= {f"{name}.shortcut": shortcut} if shortcut else {}
        for part, shape in named.items():
            shapes |= {f"{part}.weight": shape, **norm(f"{part}.norm", shape[0])}
    for k in range(0 if c4 else 4):
        shapes |= linear(f"backbone.fpn_lateral{k + 2}", 256, 256 << k, 1, 1)
        shapes |= linear(f"backbone.fpn_output{k + 2}", 256, 256, 3, 3)
    width, anchors = (1024, 15) if c4 else (256, 3)
    rpn = "proposal_generator.rpn_head"
    shapes |= linear(f"{rpn}.conv", width, width, 3, 3)
    shapes |= linear(f"{rpn}.objectness_logits", anchors, width, 1, 1)
    shapes |= linear(f"{rpn}.anchor_deltas", 4 * anchors, width, 1, 1)
    for level in range(1 if c4 else 5):
        shapes[f"proposal_generator.anchor_generator.cell_anchors.{level}"] = (anchors, 4)
    if categories:
        hidden = 2048 if c4 else 1024
        if not c4:
            shapes |= linear("roi_heads.box_head.fc1", 1024, 256 * 49) | linear("roi_heads.box_head.fc2", 1024, 1024)
        shapes |= linear("roi_heads.box_predictor.cls_score", categories + 1, hidden)
        shapes |= linear("roi_heads.box_predictor.bbox_pred", 4 * categories, hidden)
    return shapes


def shapes_of(system, categories):
    """Names and shapes of a file of one of the systems of mmdetection 2 and Detectron2, by its id here."""
    only, name = "rpn_" in system, system.replace("rpn_", "")
    if name.startswith("d2_"):
        trunk, kind = name.removeprefix("d2_").rsplit("_", 1)
        return detectron2_shapes(trunk, 0 if only else categories, c4=kind == "c4")
    trunk = name.removeprefix("mmdet_").replace("_caffe", "").removesuffix("_fpn")
    return mmdetection_shapes(trunk, 0 if only else categories)


def detectron1_shapes(trunk):
    """Names and shapes of an ImageNet classifier of the first Detectron, whose norms are a scale and a shift."""
    shapes = {"conv1_w": (64, 3, 7, 7), "conv1_b": (64,), "res_conv1_bn_s": (64,), "res_conv1_bn_b": (64,)}
    for stage, block, convs, shortcut in bottlenecks(**TRUNKS[trunk]):
        named = dict(zip(("branch2a", "branch2b", "branch2c"), convs, strict=True))
        named |= {"branch1": shortcut} if shortcut else {}
        for part, shape in named.items():
            name = f"res{stage + 1}_{block}_{part}"
            shapes |= {f"{name}_w": shape, f"{name}_bn_s": shape[:1], f"{name}_bn_b": shape[:1]}
    return shapes | {"fc1000_w": (1000, 2048), "fc1000_b": (1000,)}


def numbered(shapes):
    """Give every tensor a number of its own, from 1 on; a file of them is small, whatever their shapes."""
    return {name: torch.tensor(float(n)).expand(shape) for n, (name, shape) in enumerate(shapes.items(), 1)}


def random_state(shapes, pixel_std=1.0, seed=0):
    """Give the tensors numbers that keep the activations of a network about as large from layer to layer."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in shapes.items():
        noise = torch.randn(shape, generator=generator)
        last = ".conv3.norm.weight" in name or ".bn3.weight" in name
        if "running_var" in name:
            state[name] = 0.5 + noise.abs()
        elif len(shape) >= 2 and shape[0] != 3:
            state[name] = noise * math.sqrt(2 / math.prod(shape[1:]))
        elif name.endswith(("norm.weight", "bn1.weight", "bn2.weight", "bn3.weight", "downsample.1.weight")):
            state[name] = (0.3 if last else 1.0) * (1 + 0.1 * noise)
        else:
            state[name] = 0.1 * noise
    for name, value in state.items():
        if name.endswith(("backbone.conv1.weight", "stem.conv1.weight")):
            value.div_(pixel_std)
        elif "reg." in name or "delta" in name or "bbox_pred" in name or "cls" in name or "logits" in name:
            value.mul_(0.3)
    return state
