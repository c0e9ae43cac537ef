"""A model that is opened on a device where it cannot be loaded."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from detector import checkpoints, devices
from detector.predictor import Predictor, open_predictor
from detector.types import DetectorError

FULL = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
TOO_OLD = torch.AcceleratorError("CUDA error: no kernel image is available for execution on the device")
TAKEN = RuntimeError("CUDA error: all CUDA-capable devices are busy or unavailable")


@pytest.fixture
def given_up(monkeypatch):
    """What was given up; there is a GPU as far as torch knows."""
    given_up = set()
    monkeypatch.setattr(devices, "_given_up", given_up)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    return given_up


@pytest.fixture
def model_file(make_model, tmp_path):
    path = tmp_path / "mine.safetensors"
    checkpoints.save(path, make_model("embedded", 2), ["cat", "dog"])
    return path


@pytest.fixture
def refuse(monkeypatch):
    """Let nothing be moved to a GPU: it raises what is given."""

    def refuse(error):
        real = torch.nn.Module.to

        def to(self, *given, **rest):
            if given and isinstance(given[0], torch.device) and given[0].type == "cuda":
                raise error
            return real(self, *given, **rest)

        monkeypatch.setattr(torch.nn.Module, "to", to)

    return refuse


@pytest.mark.parametrize("wished", [None, "cuda"], ids=["the best device", "a named one"])
@pytest.mark.parametrize(
    ("error", "notice", "lost"),
    [
        (FULL, devices.IS_FULL, set()),
        (TOO_OLD, devices.CANNOT_BE_USED, {"cuda"}),
        (TAKEN, devices.CANNOT_BE_USED, {"cuda"}),
    ],
    ids=["full", "too old", "taken"],
)
def test_that_a_gpu_that_cannot_be_loaded_on_leaves_the_cpu_and_says_so(
    model_file, given_up, refuse, *, wished, error, notice, lost
):
    refuse(error)
    found = open_predictor(model_file, device=wished)
    assert (found.device, found.notice) == ("cpu", notice)
    assert found.categories == ("cat", "dog")
    assert found.predict(np.zeros((60, 80, 3), np.uint8)).image_size == (60, 80)
    assert given_up == lost


def test_that_a_gpu_without_the_kernels_of_the_fast_form_leaves_the_cpu_too(model_file, given_up, monkeypatch):
    monkeypatch.setattr(torch.nn.Module, "to", lambda self, _device: self)

    def make_fast(_model, device):
        if device.type == "cuda":  # the first that computes there: weights only travel
            raise TOO_OLD

    monkeypatch.setattr("detector.predictor.make_fast", make_fast)
    found = open_predictor(model_file)
    assert (found.device, found.notice) == ("cpu", devices.CANNOT_BE_USED)


def test_that_a_fault_while_a_model_is_loaded_stays_one(model_file, given_up, refuse):
    refuse(RuntimeError("Error(s) in loading state_dict"))
    with pytest.raises(RuntimeError, match="state_dict"):
        open_predictor(model_file)
    assert given_up == set()


def test_that_memory_that_ends_on_the_cpu_is_not_tried_again_there(model_file, monkeypatch):
    asked = []

    def place(self, device):
        asked.append(device.type)
        raise MemoryError

    monkeypatch.setattr(Predictor, "_place", place)
    with pytest.raises(MemoryError):
        open_predictor(model_file, device="cpu")
    assert asked == ["cpu"]


def test_that_a_named_device_that_is_absent_is_still_refused(model_file):
    with pytest.raises(DetectorError, match="not available here"):
        open_predictor(model_file, device="cuda:99")
