"""The first stage of a network as one graph of OpenVINO: backbone, feature pyramid and the head of the RPN.

What this needs is the optional package `openvino`; nobody imports it before there is something to export or to read.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from detector.model import FasterRCNN, Look
from detector.precision import sixteen_bit_type, takes_sixteen_bits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import openvino
    from openvino import CompiledModel, Model

    from detector.model import Network

# The library tells its makers of every import, over the network, unasked. Without this package it works all the same.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: an import of it fails

CPU = torch.device("cpu")
EXAMPLE_SIZE = (128, 160)
TOLERANCE = 0.05
"""Of the largest value of an output: sixteen bits on both sides differ by 0.013 of it at most, other graphs by 1."""


class FirstStage(nn.Module):
    """What is traced: the maps, channels last and in the type that the second stage wants, then logits, then deltas."""

    def __init__(self, model: Network) -> None:
        super().__init__()
        self.backbone, self.head = model.backbone, model.rpn.head
        wants_sixteen = isinstance(model, FasterRCNN) and takes_sixteen_bits(model.roi_heads)
        self.dtype = (sixteen_bit_type(CPU) if wants_sixteen else None) or torch.float32

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return three times as many tensors as there are levels, of a batch (N, 3, H, W) float32."""
        levels = list(self.backbone(x).values())
        logits, deltas = self.head(levels)
        return (*(level.permute(0, 2, 3, 1).to(self.dtype) for level in levels), *logits, *deltas)


class ExportedFirstStage:
    """A compiled graph that looks at images of any size; for one thread at a time. `names` are those of the levels.

    Raises RuntimeError, or what else OpenVINO finds, where it cannot be compiled or run.
    """

    def __init__(self, graph: Model, names: Sequence[str], threads: int) -> None:
        self._names = tuple(names)
        self._compiled = compiled(graph, threads)
        self._request, self._asking = self._compiled.create_infer_request(), self._compiled.create_infer_request()
        self._shapes: dict[torch.Size, list[tuple[int, ...]]] = {}

    def __call__(self, tensors: Tensor) -> Look:
        """Return the maps of a batch (N, 3, H, W) float32, and what the head of the RPN says of them."""
        pixels = tensors.contiguous().numpy()
        if tensors.shape in self._shapes:
            outputs, bound = self._outputs(self._shapes[tensors.shape])
            for number, each in enumerate(bound):
                self._request.set_output_tensor(number, each)
            self._request.infer([pixels], share_inputs=True, share_outputs=True)
        else:
            self._asking.infer([pixels], share_inputs=True, share_outputs=True)
            found = [self._asking.get_output_tensor(number) for number in range(len(self._compiled.outputs))]
            shapes = self._shapes[tensors.shape] = [tuple(each.shape) for each in found]
            outputs, bound = self._outputs(shapes)
            for each, own in zip(found, bound, strict=True):
                each.copy_to(own)
        count = len(self._names)
        levels = [level.permute(0, 3, 1, 2) for level in outputs[:count]]
        said = outputs[count : 2 * count], outputs[2 * count :]
        return Look(dict(zip(self._names, levels, strict=True)), said)

    def _outputs(self, shapes: list[tuple[int, ...]]) -> tuple[list[Tensor], list[openvino.Tensor]]:
        """Return memory for one result, as torch and as OpenVINO see it: maps are kept while others are made."""
        import openvino  # noqa: PLC0415

        ours, theirs = [], []
        for output, shape in zip(self._compiled.outputs, shapes, strict=True):
            if output.get_element_type() == openvino.Type.bf16:
                halves = np.empty(shape, dtype=np.int16)  # numpy has no such type
                ours.append(torch.from_numpy(halves).view(torch.bfloat16))
                theirs.append(openvino.Tensor(halves, openvino.Shape(shape), openvino.Type.bf16))
            else:
                floats = np.empty(shape, dtype=np.float32)
                ours.append(torch.from_numpy(floats))
                theirs.append(openvino.Tensor(floats, shared_memory=True))
        return ours, theirs


def exported(model: Network) -> Model:
    """Return the graph of the first stage of `model`, for images of any size; `model` has its batch norms folded.

    By the front end itself: `openvino.convert_model` tells its makers of each conversion, without asking anybody.
    """
    from openvino.frontend import FrontEndManager  # noqa: PLC0415
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder  # noqa: PLC0415

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing tells of everything that it takes for a constant
        decoder = TorchScriptPythonDecoder(FirstStage(model).eval(), example_input=torch.rand(1, 3, *EXAMPLE_SIZE))
        front_end = FrontEndManager().load_by_framework("pytorch")
        graph: Model = front_end.convert(front_end.load(decoder))
    graph.reshape([-1, 3, -1, -1])
    return graph


def read(xml: Path, weights: Path) -> Model:
    """Return the graph in two files. Raises RuntimeError where they are none."""
    import openvino  # noqa: PLC0415

    return openvino.Core().read_model(xml, weights)


def compiled(graph: Model, threads: int) -> CompiledModel:
    """Return `graph` ready to run on the CPU, in sixteen bits where this has them."""
    import openvino  # noqa: PLC0415

    wishes = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "bf16" if sixteen_bit_type(CPU) == torch.bfloat16 else "f32",
        "INFERENCE_NUM_THREADS": threads,
        "ENABLE_CPU_PINNING": False,  # the window lives on the same cores
    }
    return openvino.Core().compile_model(graph, "CPU", wishes)


def says_the_same(model: Network, stage: ExportedFirstStage) -> bool:
    """Return whether `stage` is the first stage of `model`: what both make of one image differs by rounding alone."""
    x = torch.rand(1, 3, *EXAMPLE_SIZE, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        levels = model.backbone(x)
        wanted = [*levels.values(), *(part for parts in model.rpn.head(list(levels.values())) for part in parts)]
        look = stage(x)
    found = [*look.levels.values(), *(part for parts in look.said or () for part in parts)]
    return list(levels) == list(look.levels) and len(wanted) == len(found) and all(map(_is_near, found, wanted))


def _is_near(found: Tensor, wanted: Tensor) -> bool:
    if found.shape != wanted.shape:
        return False
    limit = TOLERANCE * float(wanted.float().abs().max())
    return bool(((found.float() - wanted.float()).abs() <= limit).all())
