from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from detector import acceleration, exports
from detector.acceleration import Acceleration
from detector.exports import Exports, exports_folder
from detector.model import Look
from detector.predictor import Predictor
from detector.roi_features import backbone_digest
from detector.temporary import MACHINE

CPU = torch.device("cpu")
ROOT = Path(__file__).parents[2]


class Process:
    """A process that has not ended until it is told to."""

    def __init__(self):
        self.code = None
        self.terminated = False

    def poll(self):
        return self.code

    def terminate(self):
        self.terminated, self.code = True, -15

    def wait(self):
        return self.code


class Library:
    """Stands for what makes and reads exports: `leaves` is what a process has written when it ends."""

    def __init__(self, folder, digest, leaves=None):
        self.exports, self.leaves = Exports(folder, digest), leaves
        self.processes, self.commands, self.read_count, self.fails = [], [], 0, False

    def start(self, command):
        self.commands.append(command)
        self.processes.append(Process())
        return self.processes[-1]

    def end(self, code=0):
        if self.leaves is not None:
            keep(self.exports, self.leaves)
        self.processes[-1].code = code

    def read(self, _found, _manifest, model):
        self.read_count += 1

        def stage(tensors):
            if self.fails:
                raise RuntimeError("a primitive could not be made")
            return Look(model.backbone(tensors))

        return stage


def keep(found, ratio):
    found.folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in ("a.xml", "a.bin"):
        (found.folder / name).write_bytes(name.encode())
        paths.append(found.folder / name)
    return found.keep(*paths, ("0",), ratio)


@pytest.fixture(autouse=True)
def log_is_heard(monkeypatch):
    """A tool that another test calls puts all loggers to silence that it finds."""
    monkeypatch.setattr(acceleration.log, "disabled", False)


@pytest.fixture
def model(make_model):
    return make_model("embedded", 2)


@pytest.fixture
def library(model, tmp_path):
    return Library(tmp_path, backbone_digest(model), leaves=0.3)


@pytest.fixture
def accelerated(model, library, tmp_path):
    return Acceleration(model, model, tmp_path, tmp_path / "x.safetensors", start=library.start, read=library.read)


def go_on(accelerated, times=1):
    for _ in range(times):
        accelerated.go_on()
        if accelerated._thread is not None:
            accelerated._thread.join()


def test_that_the_first_image_comes_before_everything(accelerated, library):
    accelerated.go_on()
    assert not library.commands
    accelerated.go_on()
    assert len(library.commands) == 1


def test_that_torch_serves_until_the_export_is_ready(accelerated, library, model):
    go_on(accelerated, 5)
    assert model.looks is None
    assert accelerated.title == ""
    library.end()
    go_on(accelerated, 2)
    assert model.looks is not None
    assert accelerated.title == "OpenVINO"
    assert library.read_count == 1
    x = torch.rand(1, 3, 64, 64)
    assert torch.equal(model.looks(x).levels["0"], model.backbone(x)["0"])


def test_that_an_export_that_is_there_is_not_made_again(accelerated, library):
    keep(library.exports, 0.5)
    go_on(accelerated, 3)
    assert not library.commands
    assert accelerated.title


def test_that_an_export_that_is_hardly_faster_is_not_used(accelerated, library, model):
    library.leaves = 0.95
    go_on(accelerated, 2)
    library.end()
    go_on(accelerated, 3)
    assert model.looks is None
    assert not library.exports.xml.exists()
    assert len(library.commands) == 1


def test_that_a_failure_is_told_once_and_not_tried_again(accelerated, library, model, tmp_path, caplog):
    library.leaves = None
    go_on(accelerated, 2)
    library.exports.refuse("ValueError: no such operator")
    library.end(1)
    go_on(accelerated, 3)
    assert "no such operator" in caplog.text
    assert model.looks is None
    again = Acceleration(model, model, tmp_path, tmp_path / "x", start=library.start, read=library.read)
    go_on(again, 4)
    assert len(library.commands) == 1


def test_that_a_process_that_leaves_nothing_leaves_torch_serving(accelerated, library, model, caplog):
    library.leaves = None
    go_on(accelerated, 2)
    library.end(-9)
    go_on(accelerated, 3)
    assert "exit code -9" in caplog.text
    assert model.looks is None


def test_that_a_process_that_cannot_be_started_is_no_fault(model, tmp_path, caplog):
    def refuse(command):
        raise OSError("no more processes")

    accelerated = Acceleration(model, model, tmp_path, tmp_path / "x", start=refuse)
    go_on(accelerated, 4)
    assert "no more processes" in caplog.text
    assert model.looks is None


@pytest.mark.parametrize("damaged", ["xml", "weights"])
def test_that_a_damaged_export_is_never_read_and_made_anew_once(accelerated, library, model, damaged):
    keep(library.exports, 0.5)
    getattr(library.exports, damaged).write_bytes(b"something else")
    go_on(accelerated, 3)
    assert library.read_count == 0
    assert len(library.commands) == 1
    library.end()
    go_on(accelerated, 2)
    assert library.read_count == 1
    assert accelerated.title


@pytest.mark.parametrize("content", ["", "{", "[]", '{"names": 3}', '{"names": [], "ratio": "x"}'])
def test_that_a_damaged_description_is_none(library, content):
    keep(library.exports, 0.5)
    library.exports._about.write_text(content)
    assert library.exports.manifest() is None


def test_that_what_the_library_cannot_read_is_made_anew_once_and_then_left(accelerated, library, model, caplog):
    def fail(found, manifest, of):
        raise RuntimeError("this is no graph")

    accelerated._read = fail
    keep(library.exports, 0.5)
    go_on(accelerated, 3)
    library.end()
    go_on(accelerated, 6)
    assert len(library.commands) == 1
    assert "this is no graph" in caplog.text
    assert model.looks is None


def test_that_an_export_that_fails_while_it_looks_is_left_for_torch(accelerated, library, model, caplog):
    keep(library.exports, 0.5)
    go_on(accelerated, 3)
    library.fails = True
    x = torch.rand(1, 3, 64, 64)
    assert torch.equal(model.looks(x).levels["0"], model.backbone(x)["0"])
    assert "could not be made" in caplog.text
    assert model.looks is None
    assert accelerated.title == ""


def test_that_without_a_file_of_weights_only_an_export_that_is_there_is_used(model, library, tmp_path):
    go_on(Acceleration(model, model, tmp_path, None, start=library.start, read=library.read), 4)
    assert not library.commands
    keep(library.exports, 0.5)
    accelerated = Acceleration(model, model, tmp_path, None, start=library.start, read=library.read)
    go_on(accelerated, 3)
    assert accelerated.title


def test_that_a_process_ends_with_the_model_that_it_works_for(model, library, tmp_path):
    accelerated = Acceleration(model, model, tmp_path, tmp_path / "x", start=library.start, read=library.read)
    go_on(accelerated, 2)
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    left = tmp_path / f"boxwright-export-{MACHINE}-{int(gone.stdout)}-abc"
    left.mkdir()
    del accelerated
    gc.collect()
    assert library.processes[0].terminated
    assert not left.exists(), "nothing is left of what it was making"


def test_that_the_process_is_our_own_module_with_the_model_it_is_about(accelerated, library, model, tmp_path):
    go_on(accelerated, 2)
    interpreter, *options, weights, folder, digest = library.commands[0]
    assert (interpreter, options) == (sys.executable, ["-m", "detector.exporting"])
    assert (weights, folder, digest) == (str(tmp_path / "x.safetensors"), str(tmp_path), backbone_digest(model))


def test_that_the_process_which_works_elsewhere_finds_what_was_named_from_here(model, library, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder, weights = Path("exports"), Path("x.safetensors")
    go_on(Acceleration(model, model, folder, weights, start=library.start, read=library.read), 2)
    assert library.commands[0][3:5] == [str(tmp_path / "x.safetensors"), str(tmp_path / "exports")]


def test_that_exports_of_other_versions_and_backbones_have_other_files(tmp_path, monkeypatch):
    one, other = Exports(tmp_path, "a"), Exports(tmp_path, "b")
    monkeypatch.setattr(exports, "library_version", lambda: "1999.1")
    assert len({one.xml, other.xml, Exports(tmp_path, "a").xml}) == 3


def test_that_the_least_used_exports_go(tmp_path):
    for number in range(exports.MOST_EXPORTS + 2):
        keep(Exports(tmp_path, f"{number:016x}"), 0.5)
    assert len(list(tmp_path.glob("*.json"))) == len(list(tmp_path.glob("*.bin"))) == exports.MOST_EXPORTS


def test_that_what_else_is_in_the_folder_stays(tmp_path):
    others = [tmp_path / f"{name}.{kind}" for name in map(str, range(20)) for kind in ("json", "bin", "xml")]
    for path in others:
        path.write_text("of somebody else")
        os.utime(path, (0, 0))
    Exports(tmp_path, "0" * 16).refuse("no such operator")
    assert all(path.read_text() == "of somebody else" for path in others)


def test_that_the_library_cannot_tell_its_makers_of_us(tmp_path):
    (tmp_path / "openvino_telemetry.py").write_text("print('telling')")
    (tmp_path / "openvino.py").write_text(
        "try:\n    import openvino_telemetry\nexcept ImportError:\n    print('tells nobody')"
    )
    program = "import sys; sys.path.insert(0, sys.argv[1]); import detector.first_stage, openvino"
    command = [sys.executable, "-c", program, str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    assert ended.stdout == "tells nobody\n"


def test_that_there_is_no_folder_without_the_library_or_where_nobody_wants_one(monkeypatch, tmp_path):
    monkeypatch.setattr(exports, "library_version", lambda: "")
    assert exports_folder() is None
    monkeypatch.setattr(exports, "library_version", lambda: "2026.1")
    monkeypatch.setenv("BOXWRIGHT_EXPORTS", "")
    assert exports_folder() is None
    monkeypatch.setenv("BOXWRIGHT_EXPORTS", str(tmp_path))
    assert exports_folder() == tmp_path


# In a predictor


@pytest.fixture
def predictor(model, library, tmp_path, monkeypatch):
    monkeypatch.setattr(acceleration, "_start", library.start)
    monkeypatch.setattr(acceleration, "_read", library.read)
    keep(library.exports, 0.5)

    def make(precision):
        return Predictor(model, ["a", "b"], "v", device=CPU, precision=precision, exports=tmp_path)

    return make


def look(found, times):
    image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    for number in range(times):
        found.predict(image, number)
        if found._acceleration is not None and found._acceleration._thread is not None:
            found._acceleration._thread.join()
    return image


def test_that_a_predictor_says_what_it_computes_with(predictor):
    found = predictor("fast")
    before = found.numerics
    look(found, 4)
    assert found.numerics == (*before, "OpenVINO")
    assert before[0] == "fast"


def test_that_exact_precision_never_uses_an_export(predictor, library):
    found = predictor("exact")
    look(found, 4)
    assert found.numerics == ("exact", "float32")
    assert library.read_count == 0


def test_that_features_to_learn_from_are_torchs_with_and_without_an_export(predictor):
    found = predictor("fast")
    nothing = np.zeros((0, 4), np.float32)
    image = look(found, 1)
    version, before = found.backbone_version, found.pool(image, nothing).views[0]
    look(found, 4)
    seen = []
    looks = found._model.looks
    found._model.looks = lambda tensors: seen.append(tensors) or looks(tensors)
    after = found.pool(image, nothing).views[0]
    assert not seen
    assert found.backbone_version == version
    assert torch.equal(after.features, before.features)
    found.predict(image)
    assert len(seen) == 1


def test_that_a_drawn_box_is_looked_at_again_in_the_maps_of_an_export(predictor):
    found = predictor("fast")
    look(found, 4)
    refinement = found.refine(3, [[10, 10, 60, 60]])
    assert refinement is not None
    assert refinement.boxes.shape == (1, 2, 4)
