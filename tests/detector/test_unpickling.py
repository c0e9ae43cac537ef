"""Files of weights of every kind, honest, broken and malicious."""

from __future__ import annotations

import argparse
import io
import os
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from detector.types import DetectorError
from detector.unpickling import LEGACY, NumpyOnly, read_weights

STATE = {"conv1.weight": torch.arange(6.0).reshape(2, 3), "bn1.bias": torch.tensor([-1.0, 2.5])}


def arrays():
    return {name: value.numpy() for name, value in STATE.items()}


def write_zip(path, document):
    torch.save(document, path)


def write_legacy(path, document):
    torch.save(document, path, _use_new_zipfile_serialization=False)


def write_pickle(path, document):
    path.write_bytes(pickle.dumps(document, protocol=2))


def write_safetensors(path, document):
    save_file(document, path)


STATE_OF = {"pickle": arrays(), "zip": STATE}
WRITERS = [write_zip, write_legacy, write_pickle, write_safetensors]


def require_state(weights, expected=STATE):
    assert sorted(weights.state) == sorted(expected)
    for name, value in expected.items():
        assert torch.equal(weights.state[name], value), name


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("suffix", [".pth", ".pkl", ".safetensors", ".jpg", ""])
def test_that_the_content_says_what_a_file_is_and_not_its_name(tmp_path, writer, suffix):
    path = tmp_path / f"weights{suffix}"
    writer(path, arrays() if writer is write_pickle else STATE)
    require_state(read_weights(path))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_that_every_protocol_of_a_pickle_of_arrays_is_read(tmp_path, protocol):
    path = tmp_path / "model.pkl"
    document = {"model": OrderedDict(arrays()), "__author__": "Detectron2", "lr": np.float64(0.5)}
    path.write_bytes(pickle.dumps(document, protocol=protocol))
    require_state(read_weights(path))


def test_that_arrays_of_python_2_and_of_numpy_1_are_read(tmp_path):
    path = tmp_path / "old.pkl"
    content = pickle.dumps({"blobs": arrays()}, protocol=2).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    # Python 2 wrote the bytes of an array as a string of its own kind.
    raw = np.array([-1.0, 2.5], dtype=np.float32)
    old = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntU\x01btR(I1\n(I2\nt"
    old += b"cnumpy\ndtype\n(U\x02f4I0\nI1\ntR"
    old += b"(I3\nU\x01<NNNI-1\nI-1\nI0\ntbI00\nU" + bytes([raw.nbytes]) + raw.tobytes() + b"tb"
    path.write_bytes(content)
    require_state(read_weights(path))
    path.write_bytes(b"\x80\x02}U\x08bn1.bias" + old + b"s.")
    require_state(read_weights(path), {"bn1.bias": STATE["bn1.bias"]})


@pytest.mark.parametrize("writer", [write_zip, write_legacy])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": state, "meta": {"epoch": 12}, "optimizer": {"state": {0: torch.ones(2)}}},
        lambda state: {"model": state, "optimizer": {}, "args": argparse.Namespace(lr=0.02), "epoch": 25},
        lambda state: {"epoch": 3, "ema": {"module": state}},
        lambda state: {"module." + name: value for name, value in state.items()},
        lambda state: {"model": {"module." + name: torch.nn.Parameter(value) for name, value in state.items()}},
        lambda state: {**state, "epoch": 7, "comment": "not a tensor", 3: torch.ones(1)},
    ],
)
def test_that_weights_are_found_where_programs_put_them(tmp_path, writer, wrap):
    writer(tmp_path / "x", wrap(STATE))
    weights = read_weights(tmp_path / "x")
    require_state(weights)
    assert not any(value.requires_grad for value in weights.state.values())


@pytest.fixture
def history_buffer(monkeypatch):
    """A class that pickles as mmengine's history of a loss does."""

    class HistoryBuffer:
        def __init__(self):
            self._log_history = np.array([0.5, 0.25])
            self._count_history = np.zeros(0)

        def mean(self):
            return self._log_history.mean()

        def __getstate__(self):
            return self.__dict__ | {"statistics_methods": OrderedDict(mean=HistoryBuffer.mean)}

    HistoryBuffer.__module__, HistoryBuffer.__qualname__ = "mmengine.logging.history_buffer", "HistoryBuffer"
    HistoryBuffer.mean.__module__, HistoryBuffer.mean.__qualname__ = HistoryBuffer.__module__, "HistoryBuffer.mean"
    for name in ("mmengine", "mmengine.logging", "mmengine.logging.history_buffer"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["mmengine.logging.history_buffer"].HistoryBuffer = HistoryBuffer
    yield HistoryBuffer
    assert HistoryBuffer.mean


@pytest.mark.parametrize("writer", [write_zip, write_legacy])
def test_that_the_training_state_of_mmengine_is_passed_over(tmp_path, writer, history_buffer, monkeypatch):
    message_hub = {"log_scalars": OrderedDict({"train/loss": history_buffer()}), "runtime_info": {"iter": np.int64(9)}}
    meta = {"dataset_meta": {"classes": ("cat", "dog"), "palette": [(1, 2, 3)]}, "cfg": "style='caffe'"}
    writer(tmp_path / "x", {"meta": meta, "state_dict": OrderedDict(STATE), "message_hub": message_hub})
    monkeypatch.delitem(sys.modules, "mmengine.logging.history_buffer")  # whoever reads it has no mmengine
    weights = read_weights(tmp_path / "x")
    require_state(weights)
    assert weights.categories == ("cat", "dog")
    assert weights.configuration == "style='caffe'"


@pytest.mark.parametrize(
    ("meta", "categories"),
    [
        ({"CLASSES": ("cat", "dog")}, ("cat", "dog")),
        ({"CLASSES": ["cat"]}, ("cat",)),
        ({"CLASSES": "cat"}, ("cat",)),
        ({"CLASSES": None, "config": "model = dict()"}, ()),
        ({"CLASSES": [1, 2]}, ()),
        ({"dataset_meta": {"CLASSES": ("cat",)}}, ("cat",)),
        ({"dataset_meta": None}, ()),
        ([], ()),
    ],
)
def test_that_categories_are_read_where_mmdetection_puts_them(tmp_path, meta, categories):
    torch.save({"state_dict": STATE, "meta": meta}, tmp_path / "x")
    weights = read_weights(tmp_path / "x")
    assert weights.categories == categories
    require_state(weights)


class Shell:
    """Pickles as a command that leaves a file behind when it is run."""

    def __init__(self, function, command):
        self.call = function, (command,)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("function", [os.system, eval, os.mkdir, __import__])
@pytest.mark.parametrize("writer", WRITERS[:3])
def test_that_no_pickle_runs_a_command(tmp_path, writer, function):
    name = getattr(function, "__name__", "")
    made = tmp_path / "made"
    command = {"eval": f"__import__('os').mkdir({str(made)!r})", "system": f"mkdir {made}"}.get(name, str(made))
    path = tmp_path / "model.pth"
    writer(path, {"model": arrays() if writer is write_pickle else STATE, "extra": Shell(function, command)})
    with pytest.raises(DetectorError, match=rf"wants to load \S*{name}, .*refused"):
        read_weights(path)
    assert not made.exists()


def test_that_a_command_in_the_name_of_safetensors_is_not_run_either(tmp_path):
    path = tmp_path / "model.safetensors"
    write_zip(path, {"x": Shell(os.system, f"mkdir {tmp_path / 'made'}")})
    with pytest.raises(DetectorError, match=r"wants to load \S*\.system"):
        read_weights(path)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("reader", ["pickle", "zip"])
def test_that_no_pickle_makes_pointers_of_bytes(tmp_path, reader):
    class Pointers:
        def __reduce__(self):
            return np.ndarray, ((1,), np.dtype("O"), b"12345678")

    path = tmp_path / "x"
    (write_pickle if reader == "pickle" else write_zip)(path, {"model": {"a": Pointers(), **STATE_OF[reader]}})
    assert read_weights(path).state.keys() == STATE.keys()  # what is made is nothing at all


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=">f4").reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(6, dtype=np.float16)[::2],
        np.array(3.5),
        np.zeros((0, 4), dtype=np.float32),
        np.array([True, False]),
        np.arange(3),
    ],
)
@pytest.mark.parametrize("protocol", [2, 5])
def test_that_arrays_keep_their_numbers_whatever_their_order(tmp_path, array, protocol):
    (tmp_path / "x").write_bytes(pickle.dumps({"a": array}, protocol=protocol))
    found = read_weights(tmp_path / "x").state["a"]
    assert found.shape == array.shape
    assert found.tolist() == array.tolist()


@pytest.mark.parametrize("text", [b"cos\nsystem\n(S'true'\ntR.", b"cposix\nsystem\n(S'true'\ntR."])
def test_that_the_reader_of_arrays_looks_up_nothing_else(text):
    with pytest.raises(pickle.UnpicklingError, match=r"(os|posix)\.system"):
        NumpyOnly(io.BytesIO(text)).load()
    own = [stand_in for stand_in in NumpyOnly.ALLOWED.values() if stand_in is not OrderedDict]
    assert {stand_in.__module__ for stand_in in own} == {NumpyOnly.__module__}  # nothing of numpy's is ever called


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_that_a_part_of_a_file_is_a_sentence(tmp_path, writer, share):
    path = tmp_path / "model.pth"
    state = {"conv1.weight": torch.rand(32, 32), "fc.weight": torch.rand(32)}
    writer(path, {name: value.numpy() for name, value in state.items()} if writer is write_pickle else state)
    content = path.read_bytes()
    path.write_bytes(content[: max(20, int(len(content) * share))])
    with pytest.raises(DetectorError, match=r"damaged or not whole: download it again"):
        read_weights(path)


def other_zip():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\x00" * 4096, "not a file of weights"),
        (b"<!DOCTYPE html><html>404 Not Found</html>", "not a file of weights"),
        (b"conv1.weight 0.5\n" * 40, "not a file of weights"),
        (b"\xff\xd8\xff\xe0 a photograph", "not a file of weights"),
        (b"\x80\x02", "damaged"),
        (b"\x80\x02}.", "no weights"),
        (b"\x80\x02K\x01.", "no weights"),
        (b"\x80\x02]q\x00.", "no weights"),
        (b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f", "damaged"),
        (b"\x80\x02B\xff\xff\xff\x7f", "damaged"),
        (b"\x80\x02P42\n.", "damaged"),
        (LEGACY + b".", "damaged"),
        (LEGACY + b".\x80\x02M\xe9\x03.", "damaged"),
        (struct.pack("<Q", 1 << 60) + b'{"a":1}' + b" " * 50, "damaged"),
        (struct.pack("<Q", 20) + b'{"a": not json       ' + b" " * 50, "damaged"),
        (other_zip(), "damaged"),
    ],
)
def test_that_a_file_of_another_kind_is_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(DetectorError, match=sentence):
        read_weights(path)


def test_that_a_folder_and_a_missing_file_are_sentences(tmp_path):
    with pytest.raises(DetectorError, match="is a folder"):
        read_weights(tmp_path)
    with pytest.raises(DetectorError, match="There is no file"):
        read_weights(tmp_path / "none.pth")


def test_that_a_whole_program_is_refused(tmp_path):
    path = tmp_path / "script.pt"
    with pytest.warns((DeprecationWarning, FutureWarning)):
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), path)
    with pytest.raises(DetectorError, match="damaged or not whole"):
        read_weights(path)


@pytest.mark.parametrize(
    "value",
    [
        torch.eye(3).to_sparse(),
        torch.empty(3, device="meta"),
        np.array(["cat", "dog"]),
        np.array([None, {}], dtype=object),
    ],
)
def test_that_a_tensor_without_plain_numbers_is_a_sentence(tmp_path, value):
    path = tmp_path / "x"
    (write_pickle if isinstance(value, np.ndarray) else write_zip)(path, {"conv1.weight": value})
    with pytest.raises(DetectorError, match="damaged"):
        read_weights(path)


def test_that_a_document_that_contains_itself_is_a_sentence(tmp_path):
    document = {}
    document["model"] = document
    write_zip(tmp_path / "x", document)
    with pytest.raises(DetectorError, match="There are no weights"):
        read_weights(tmp_path / "x")


@pytest.mark.parametrize("writer", WRITERS)
def test_that_damage_anywhere_is_a_sentence_or_weights(tmp_path, writer):
    path = tmp_path / "x"
    writer(path, arrays() if writer is write_pickle else STATE)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    sentences = []
    for _ in range(60):
        content = bytearray(whole)
        for place in rng.integers(0, len(content), 3):
            content[place] = rng.integers(256)
        path.write_bytes(content)
        try:
            assert read_weights(path).state
        except DetectorError as error:
            sentences.append(str(error))
    assert sentences
    assert all(str(path) in sentence for sentence in sentences)
