"""Who looks at one image in `bench.detection`: our predictor in all its forms, torchvision, and whole exports.

Each is in a process of its own, as its user has it: how one treats the memory is not to the good or ill of another. The
peers have the same weights. torchvision runs eagerly in float32, as its documentation says. A whole export is all
that torchvision's `forward` does, from the resizing to the NMS, written by `torch.onnx.export` for this size of image:
what a user would make of it. ONNX Runtime has no bfloat16 on a CPU; OpenVINO takes it by itself where the CPU has it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import time
import warnings
from functools import partial
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np
import torch
from torch import nn
from torchvision.models import detection

from detector import checkpoints, exporting, heap
from detector.exports import Exports, library_version
from detector.model import FasterRCNN, build
from detector.precision import sixteen_bit_type
from detector.predictor import Predictor
from detector.roi_features import backbone_digest
from detector.systems import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    from detector.predictor import Precision
    from detector.types import ByteArray

EAGER, ORT, OPENVINO, OPENVINO_16 = (
    "torchvision",
    "whole in ONNX Runtime",
    "whole in OpenVINO, float32",
    "whole in OpenVINO",
)
EXACT, FOLDED, FOLDED_EXPORTED = "exact", "fast, float32", "fast, float32, exported"
FAST, FAST_EXPORTED = "fast, sixteen bits", "fast, sixteen bits, exported"
CONTENDERS = (EXACT, FOLDED, FOLDED_EXPORTED, FAST, FAST_EXPORTED, EAGER, ORT, OPENVINO, OPENVINO_16)
WHOLE = "whole.onnx"

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


PROCESSES = multiprocessing.get_context("spawn")


class Contender:
    """One of `CONTENDERS`, who looks at an image of `size` (height, width) whenever told to.

    In `folder` lies `WHOLE`, the whole export of the system for this size, and there is room.
    """

    def __init__(self, name: str, system: str, size: tuple[int, int], threads: int, folder: Path) -> None:
        self._line, far_end = PROCESSES.Pipe()
        self._process = PROCESSES.Process(target=_serve, args=(far_end, (name, system, size, threads, folder)))
        self._process.start()
        far_end.close()

    def is_here(self) -> bool:
        """Return whether what it needs is installed here and its hardware is there; to be asked once, first."""
        return bool(self._line.recv())

    def seconds(self) -> float:
        """Let it look once, and return what that took: with one thread what the processor worked."""
        self._line.send(None)
        return float(self._line.recv())

    def end(self) -> None:
        """End its process."""
        self._line.close()
        self._process.join()


def picture(size: tuple[int, int]) -> ByteArray:
    """Return the image (height, width, 3) that all look at."""
    return np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)


def tensor_of(image: ByteArray) -> torch.Tensor:
    """Return an image as torchvision's models take it: (3, H, W) float32 in [0, 1]."""
    return torch.from_numpy(image).permute(2, 0, 1).float().div(255).contiguous()


def clock(threads: int) -> Callable[[], float]:
    """Return what measures best: with one thread what the processor worked, which others do not change."""
    return time.process_time if threads == 1 else time.perf_counter


def _serve(line: Connection, given: tuple[str, str, tuple[int, int], int, Path]) -> None:
    name, system, size, threads, folder = given
    torch.set_num_threads(threads)
    image, now = picture(size), clock(threads)
    call = _call(name, network(system), system, image, folder)
    line.send(call is not None)
    with torch.inference_mode(), contextlib.suppress(EOFError):
        while call is not None:
            line.recv()
            start = now()
            call()
            line.send(now() - start)


def _call(name: str, model: FasterRCNN, system: str, image: ByteArray, folder: Path) -> Callable[[], object] | None:
    """Return what the contender of this name does; None where it cannot."""
    tensor, whole = tensor_of(image), folder / WHOLE
    if name == EAGER:
        return partial(peer_of(system, model), [tensor])
    if name == ORT:
        return in_onnx_runtime(whole, tensor)
    if name in (OPENVINO, OPENVINO_16):
        return in_openvino(whole, tensor, "f32" if name == OPENVINO else None)
    heap.keep()  # as `detect` does
    in_single = name in (FOLDED, FOLDED_EXPORTED)
    is_exported = name in (FOLDED_EXPORTED, FAST_EXPORTED)
    if (not in_single and name != EXACT and sixteen_bit_type(CPU) is None) or (is_exported and not library_version()):
        return None
    with float32_only() if in_single else contextlib.nullcontext():
        own = folder / name
        predictor = ours(model, "exact" if name == EXACT else "fast", own if is_exported else None)
        if is_exported and not serving(predictor, image):
            return None
    return partial(predictor.predict, image)


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
