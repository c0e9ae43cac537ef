"""Who looks at one image in `bench.detection`: our predictor in all its forms, torchvision, and whole exports.

The peers have the same weights. torchvision runs eagerly in float32, as its documentation says. A whole export is all
that torchvision's `forward` does, from the resizing to the NMS, written by `torch.onnx.export` for this size of image:
what a user would make of it. ONNX Runtime has no bfloat16 on a CPU; OpenVINO takes it by itself where the CPU has it.
"""

from __future__ import annotations

import contextlib
import time
import warnings
from functools import partial
from typing import TYPE_CHECKING
from unittest import mock

import torch
from torch import nn
from torchvision.models import detection

from detector import checkpoints, exporting
from detector.exports import Exports
from detector.model import FasterRCNN, build
from detector.predictor import Predictor
from detector.roi_features import backbone_digest
from detector.systems import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from detector.predictor import Precision
    from detector.types import ByteArray

CPU = torch.device("cpu")
CATEGORIES = 90
OPSET = 17
SECONDS = 60
"""After so long an export that is there serves, or never."""

BUILDERS = {
    "mobilenet_v3_large_320_fpn": detection.fasterrcnn_mobilenet_v3_large_320_fpn,
    "mobilenet_v3_large_fpn": detection.fasterrcnn_mobilenet_v3_large_fpn,
    "resnet50_fpn": detection.fasterrcnn_resnet50_fpn,
}


def network(system: str) -> FasterRCNN:
    """Return the embedded detector with its weights, any other with random ones."""
    if system == "embedded":
        model = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS).model
    else:
        torch.manual_seed(0)
        model = build(SYSTEMS[system], CATEGORIES).eval()
    assert isinstance(model, FasterRCNN), "a system that only proposes has no peer here"
    return model


def peer_of(system: str, model: FasterRCNN) -> nn.Module:
    """Return torchvision's own network with the weights of `model`, or `model`, whose `forward` is equal to the bit."""
    if system not in BUILDERS:
        return model
    peer: nn.Module = BUILDERS[system](weights=None, weights_backbone=None, num_classes=CATEGORIES + 1)
    peer.load_state_dict(model.state_dict())
    return peer.eval()


def ours(model: FasterRCNN, precision: Precision, folder: Path | None = None) -> Predictor:
    """Return a predictor for `model`; with a folder its first stage is exported to it first."""
    if folder is not None:
        exporting.export(model, Exports(folder, backbone_digest(model)))
    names = [str(label) for label in range(model.num_categories)]
    return Predictor(model, names, "bench", device=CPU, precision=precision, exports=folder)


def serving(predictor: Predictor, image: ByteArray) -> bool:
    """Return whether the export of `predictor` serves, after as many predictions as that takes."""
    latest = time.monotonic() + SECONDS
    while len(predictor.numerics) < 3 and time.monotonic() < latest:
        predictor.predict(image)
    return len(predictor.numerics) == 3


@contextlib.contextmanager
def float32_only() -> Iterator[None]:
    """Let what is made meanwhile see a CPU without sixteen bits."""
    with mock.patch.object(torch.cpu, "get_capabilities", dict):
        yield


def whole(peer: nn.Module, image: torch.Tensor, path: Path) -> None:
    """Write all of `peer` to the file `path`, for images of the size of this one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing tells of everything that it takes for a constant
        torch.onnx.export(peer, ([image],), str(path), dynamo=False, opset_version=OPSET, input_names=["image"])


def in_onnx_runtime(path: Path, image: torch.Tensor) -> Callable[[], object] | None:
    """Return a call of the whole export in ONNX Runtime, or None where that is not installed."""
    try:
        import onnxruntime  # noqa: PLC0415 - may not be there
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return partial(session.run, None, {"image": image.numpy()})


def in_openvino(path: Path, image: torch.Tensor, number_type: str | None) -> Callable[[], object] | None:
    """Return a call of the whole export in OpenVINO, in its own choice of numbers without one; None where it is not."""
    try:
        import openvino  # noqa: PLC0415 - may not be there
    except ImportError:
        return None
    wishes = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": torch.get_num_threads()}
    wishes |= {} if number_type is None else {"INFERENCE_PRECISION_HINT": number_type}
    core = openvino.Core()
    request = core.compile_model(core.read_model(path), "CPU", wishes).create_infer_request()
    return partial(request.infer, [image.numpy()], share_inputs=True, share_outputs=True)
