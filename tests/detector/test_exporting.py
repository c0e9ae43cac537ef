from __future__ import annotations

import copy
import sys

import pytest
import torch

pytest.importorskip("openvino", reason="the extra `accelerate` is not installed")

from detector import checkpoints, exporting, first_stage
from detector.exports import Exports
from detector.precision import fold_batch_norm, make_fast
from detector.roi_features import backbone_digest


def stage_of(model):
    folded, fast = copy.deepcopy(model), copy.deepcopy(model)
    fold_batch_norm(folded)
    make_fast(fast, first_stage.CPU)
    with torch.no_grad():
        names = tuple(fast.backbone(torch.rand(1, 3, 64, 64)))
    return fast, first_stage.ExportedFirstStage(first_stage.exported(folded), names, 1)


# MobileNet and ResNet, a pyramid and none, maps in sixteen bits and in 32, and no second stage.
@pytest.mark.parametrize("system", ["embedded", "d2_r50_c4", "rpn_r50_fpn"])
def test_that_the_graph_says_what_the_network_says_at_any_size(system, make_model):
    fast, stage = stage_of(make_model(system, 1))
    assert first_stage.says_the_same(fast, stage)
    for size in ((96, 160), (128, 64), (96, 160)):
        x = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1))
        with torch.inference_mode():
            want, got = fast.backbone(x), stage(x)
        for name, level in want.items():
            assert got.levels[name].shape == level.shape
            assert got.levels[name].dtype == stage(x).levels[name].dtype
            difference = (got.levels[name].float() - level.float()).abs().max()
            assert float(difference) <= first_stage.TOLERANCE * float(level.float().abs().max())


def test_that_a_whole_pass_with_the_graph_finds_what_torch_finds(embedded, scene_images):
    from detector.images import read_image

    fast, stage = stage_of(embedded.model)
    picture = torch.from_numpy(read_image(scene_images[0].path).copy()).permute(2, 0, 1).float().div(255)
    with torch.inference_mode():
        (want,) = fast.analyse([picture])
        fast.looks = stage
        (got,) = fast.analyse([picture])
    assert abs(float(got.scores[:, 1:].max() - want.scores[:, 1:].max())) < 0.02
    assert torch.allclose(got.proposals[0], want.proposals[0], atol=3)


def test_that_maps_stay_what_they_were_when_the_next_image_is_looked_at(make_model):
    _, stage = stage_of(make_model("embedded", 2))
    x = torch.rand(1, 3, 64, 96)
    stage(x)
    first = stage(x).levels["0"]
    before = first.clone()
    stage(1 - x)
    assert torch.equal(first, before)


def test_that_the_graph_of_another_model_is_told_from_it(make_model, embedded):
    _, stage = stage_of(make_model("embedded", 2))
    other = copy.deepcopy(embedded.model)
    make_fast(other, first_stage.CPU)
    assert not first_stage.says_the_same(other, stage)


def test_that_an_export_is_whole_on_the_disk_and_can_be_read(make_model, tmp_path):
    model = make_model("embedded", 2)
    found = Exports(tmp_path, backbone_digest(model))
    manifest = exporting.export(model, found)
    assert found.manifest() == manifest
    assert manifest.names == ("0", "1", "2")
    assert manifest.ratio > 0
    assert found.is_whole(manifest) == manifest.is_worth_it
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


@pytest.fixture
def command(make_model, tmp_path, monkeypatch):
    monkeypatch.setattr("os.nice", lambda by: by, raising=False)
    path = tmp_path / "x.safetensors"
    checkpoints.save(path, make_model("embedded", 2), ["cat", "dog"])
    found = Exports(tmp_path / "exports", backbone_digest(checkpoints.load(path).model))

    def call(digest=found.digest):
        monkeypatch.setattr(sys, "argv", ["exporting", str(path), str(found.folder), digest])
        return exporting.main()

    return call, found


def test_that_a_failure_of_the_library_is_said_and_remembered(command, monkeypatch, capsys):
    call, found = command

    def fail(model):
        raise ValueError("no such operator\nand much more")

    monkeypatch.setattr(first_stage, "exported", fail)
    assert call() == 1
    assert found.manifest().problem == "ValueError: no such operator"
    assert "no such operator" in capsys.readouterr().err


def test_that_a_file_of_another_model_by_now_is_not_exported(command, capsys):
    call, found = command
    assert call("0" * 16) == 1
    assert found.manifest() is None
    assert "another model" in capsys.readouterr().err


def test_that_the_command_writes_the_export_of_a_file(command, monkeypatch):
    call, found = command
    monkeypatch.setattr(exporting, "_ratio", lambda *_: 0.25)
    assert call() == 0
    assert found.is_whole(found.manifest())
