"""What the errors of devices are taken for."""

from __future__ import annotations

import pytest
import torch

from detector.devices import is_lost, is_out_of_memory

NO_MEMORY = [
    "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported at some other API call",
    "CUDA driver error: out of memory",
    "HIP out of memory. Tried to allocate 20.00 MiB",
    "MPS backend out of memory (MPS allocated: 5.00 GB, max allowed: 5.10 GB)",
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    "cuDNN error: CUDNN_STATUS_NOT_SUPPORTED. This error may appear if you passed in a non-contiguous input.",
    "GET was unable to find an engine to execute this computation",
    "Unable to find an engine to execute this computation",
    "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory",
]
LOST = [
    "CUDA error: unspecified launch failure",
    "CUDA error: all CUDA-capable devices are busy or unavailable",
    "CUDA error: no kernel image is available for execution on the device",
    "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
    "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm(handle)`",
]


@pytest.mark.parametrize("kind", [RuntimeError, torch.AcceleratorError])
@pytest.mark.parametrize("text", NO_MEMORY)
def test_that_memory_that_ends_is_told_from_a_device_that_is_lost_in_whatever_words(kind, text):
    assert (is_out_of_memory(kind(text)), is_lost(kind(text))) == (True, False)


@pytest.mark.parametrize("kind", [RuntimeError, torch.AcceleratorError])
@pytest.mark.parametrize("text", LOST)
def test_that_a_device_that_is_lost_is_not_taken_for_memory(kind, text):
    assert (is_out_of_memory(kind(text)), is_lost(kind(text))) == (False, True)


@pytest.mark.parametrize("error", [RuntimeError("mat1 and mat2 shapes cannot be multiplied"), ValueError("no")])
def test_that_a_fault_of_the_program_is_neither(error):
    assert not is_out_of_memory(error)
    assert not is_lost(error)
