from __future__ import annotations

import errno
import json
import os
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from detector import checkpoints
from detector.checkpoint_header import FORMAT, HEADER
from detector.model import build
from detector.systems import SYSTEMS
from detector.types import DetectorError


@pytest.fixture
def saved(make_model, tmp_path):
    path = tmp_path / "models" / "small.safetensors"
    checkpoints.save(path, make_model("embedded", 2), ["cat", "dog"])
    return path


def rewrite(path, header=None, **changes):
    state = load_file(path) | changes
    about = {"format": FORMAT, "system": "embedded", "categories": ["cat", "dog"]} | (header or {})
    save_file({k: v for k, v in state.items() if v is not None}, path, {HEADER: json.dumps(about)})


def test_that_a_model_comes_back_as_it_was_in_half_precision(make_model, saved):
    loaded = checkpoints.load(saved)
    assert loaded.categories == ("cat", "dog")
    assert not loaded.model.training
    state, again = make_model("embedded", 2).state_dict(), loaded.model.state_dict()
    for name, value in state.items():
        want = value.half().float() if value.is_floating_point() else value
        assert torch.equal(again[name], want), name


def test_that_a_loaded_model_draws_no_random_weights_and_outlives_its_file(make_model, saved):
    torch.manual_seed(5)
    loaded = checkpoints.load(saved).model
    drawn = torch.rand(1)
    saved.write_bytes(b"\xff" * saved.stat().st_size)  # in place: the bytes that a mapped file would show
    assert torch.equal(drawn, torch.rand(1, generator=torch.Generator().manual_seed(5)))
    for name, value in make_model("embedded", 2).state_dict().items():
        want = value.half().float() if value.is_floating_point() else value
        assert torch.equal(loaded.state_dict()[name], want), name


def test_that_a_variance_too_small_for_half_precision_is_kept(make_model, tmp_path):
    model = make_model("resnet50_fpn", 2)  # whose norms divide by the variance alone
    variances = model.backbone.body.bn1.running_var
    variances.fill_(1e-9)
    model.backbone.body.bn1.weight.fill_(1e-6)
    path = tmp_path / "model.safetensors"
    checkpoints.save(path, model, ["cat", "dog"])
    norm = checkpoints.load(path).model.backbone.body.bn1
    assert torch.equal(norm.running_var, variances)
    assert bool(norm(torch.rand(1, 64, 2, 2)).isfinite().all())


@pytest.mark.parametrize("system", ["zf", "resnet50_fpn_v2", "rpn_r50_caffe_fpn", "d2_r50_c4"])
def test_that_a_system_of_each_family_comes_back(system, make_model, tmp_path):
    model = make_model(system, 1)
    path = tmp_path / "model.safetensors"
    checkpoints.save(path, model, ["object"])
    again = checkpoints.load(path).model
    assert again.system == model.system
    strides = [
        [module.stride for module in each.modules() if isinstance(module, torch.nn.Conv2d)] for each in (model, again)
    ]
    assert strides[0] == strides[1]
    # What was in half precision once stays what it is.
    twice = tmp_path / "again.safetensors"
    checkpoints.save(twice, again, ["object"])
    assert twice.read_bytes() == path.read_bytes()


def test_that_the_version_names_the_content(make_model, saved, tmp_path):
    same = tmp_path / "copy" / "small.safetensors"
    checkpoints.save(same, make_model("embedded", 2), ["cat", "dog"])
    other = tmp_path / "other" / "small.safetensors"
    checkpoints.save(other, make_model("embedded", 2), ["cat", "cow"])
    versions = [checkpoints.load(path).version for path in (saved, same, other)]
    assert versions[0] == versions[1] != versions[2]


def test_that_a_failed_save_leaves_the_old_file(make_model, saved):
    before = saved.read_bytes()
    model = make_model("embedded", 2)
    with torch.no_grad():
        model.rpn.head.cls_logits.bias.fill_(1e9)  # infinite in half precision
    with pytest.raises(DetectorError, match=r"rpn\.head\.cls_logits\.bias.*nothing was written"):
        checkpoints.save(saved, model, ["cat", "dog"])
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_that_a_link_stays_and_leads_to_the_new_file(make_model, saved, tmp_path):
    link = tmp_path / "latest.safetensors"
    link.symlink_to(saved)
    checkpoints.save(link, make_model("embedded", 2), ["a", "b"])
    assert link.is_symlink()
    assert checkpoints.load(saved).categories == ("a", "b")


def test_that_a_model_may_be_read_by_whoever_may_read_new_files(saved, tmp_path):
    (tmp_path / "new").touch()
    assert saved.stat().st_mode == (tmp_path / "new").stat().st_mode


def test_that_a_long_name_is_not_too_long_to_be_saved(make_model, tmp_path):
    path = tmp_path / ("x" * 243 + ".safetensors")
    checkpoints.save(path, make_model("embedded", 2), ["cat", "dog"])
    assert list(tmp_path.iterdir()) == [path]


def test_that_a_folder_that_is_a_file_is_a_sentence(make_model, saved):
    with pytest.raises(DetectorError, match="could not be written"):
        checkpoints.save(saved / "x.safetensors", make_model("embedded", 2), ["cat", "dog"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"header": {"format": 99}}, "not a model of this program"),
        ({"header": {"system": "zf9"}}, "needs the system 'zf9'"),
        ({"header": {"categories": "cat"}}, "which categories"),
        ({"header": {"categories": []}}, "which categories"),
        ({"header": {"categories": ["cat", " "]}}, "a category without a name"),
        ({"header": {"categories": ["cat"]}}, "tensors differ"),
        ({"header": {"calibrations": [[1.0, 0.0]]}}, "calibrations"),
        ({"header": {"calibrations": [[1.0, 0.0], [0.0, 0.0]]}}, "calibrations"),
        ({"header": {"calibrations": [[1.0, 0.0], [-1.0, 0.0]]}}, "calibrations"),
        ({"header": {"calibrations": [[1.0, 0.0], [1.0, float("nan")]]}}, "calibrations"),
        ({"header": {"calibrations": [[1.0, 0.0], [float("inf"), 0.0]]}}, "calibrations"),
        ({"header": {"calibrations": [[1.0, 0.0], [1.0]]}}, "calibrations"),
        ({"header": {"calibrations": [[1.0, 0.0], ["1", 0.0]]}}, "calibrations"),
        ({"header": {"calibrations": {"cat": [1.0, 0.0]}}}, "calibrations"),
        ({"header": {"learnt_from": ["00000000000000ff"]}}, "which images it has learnt from"),
        ({"header": {"learnt_from": "00000000000000ff 12"}}, "which images it has learnt from"),
        ({"header": {"learnt_from": "00000000000000fg"}}, "which images it has learnt from"),
        ({"header": {"scenes": ["coin"]}}, "what its scenes show"),
        ({"header": {"scenes": {"coin": 3}}}, "what its scenes show"),
        ({"header": {"input": 800}}, "at which size"),
        ({"header": {"input": {"min_size": 480}}}, "at which size"),
        ({"header": {"input": {"min_size": 31, "max_size": 864, "enlarges": True}}}, "at 31 to 864 pixels"),
        ({"header": {"input": {"min_size": 480, "max_size": 5000, "enlarges": True}}}, "at 480 to 5000 pixels"),
        ({"header": {"input": {"min_size": 480, "max_size": 400, "enlarges": True}}}, "at 480 to 400 pixels"),
        ({"header": {"input": {"min_size": "a", "max_size": 864, "enlarges": True}}}, "at a to 864 pixels"),
        ({"header": {"input": {"min_size": True, "max_size": 864, "enlarges": True}}}, "at True to 864 pixels"),
        ({"header": {"input": {"min_size": 480, "max_size": 864, "enlarges": 1}}}, "enlarges"),
        ({"backbone.body.conv1.weight": None}, "1 tensors differ, such as 'backbone.body.conv1.weight'"),
        ({"surplus": torch.zeros(1)}, "1 tensors differ, such as 'surplus'"),
    ],
)
def test_that_a_file_that_does_not_fit_says_why(saved, change, sentence):
    rewrite(saved, **change)
    with pytest.raises(DetectorError, match=sentence):
        checkpoints.load(saved)


@pytest.mark.parametrize("content", [b"", b"\x80\x02not a pickle either", b"\xff" * 64])
def test_that_a_file_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(DetectorError, match="not a readable safetensors file"):
        checkpoints.load(path)


def test_that_a_checkpoint_of_another_program_is_to_be_converted(tmp_path):
    path = tmp_path / "x.pth"
    torch.save({"weight": torch.zeros(3)}, path)
    with pytest.raises(DetectorError, match="`boxwright convert` makes a model"):
        checkpoints.load(path)


def test_that_a_cut_off_file_is_refused(saved):
    saved.write_bytes(saved.read_bytes()[:-100])
    with pytest.raises(DetectorError, match="is not whole: 100 bytes are missing"):
        checkpoints.load(saved)


def test_that_names_of_categories_have_no_space_around_them(saved):
    names = checkpoints.load(saved).categories
    rewrite(saved, header={"categories": [f" {name}\n" for name in names]})
    assert checkpoints.load(saved).categories == names


def test_that_a_missing_file_is_named(tmp_path):
    with pytest.raises(DetectorError, match=r"no model at .*none\.safetensors"):
        checkpoints.load(tmp_path / "none.safetensors")


def test_that_calibrations_come_back_and_are_absent_unless_given(make_model, saved, tmp_path):
    pairs = ((1.25, -0.1), (0.3, 2 / 3))
    checkpoints.save(tmp_path / "new.safetensors", make_model("embedded", 2), ["cat", "dog"], pairs)
    assert checkpoints.load(tmp_path / "new.safetensors").calibrations == pairs
    assert checkpoints.load(saved).calibrations == ()
    assert b"calibrations" not in saved.read_bytes()


@pytest.mark.parametrize("pairs", [[(1.0, 0.0)], [(1.0, 0.0), (float("nan"), 0.0)], [(1.0, 0.0), (0.0, 0.0)]])
def test_that_calibrations_that_could_not_be_read_again_are_not_saved(make_model, tmp_path, pairs):
    with pytest.raises(ValueError, match="not calibrations of 2 categories"):
        checkpoints.save(tmp_path / "x.safetensors", make_model("embedded", 2), ["cat", "dog"], pairs)
    assert not list(tmp_path.iterdir())


def test_that_a_larger_input_comes_back_and_the_usual_one_is_not_written(saved, tmp_path):
    larger = replace(SYSTEMS["embedded"], min_size=800, max_size=1333, enlarges=True)
    checkpoints.save(tmp_path / "large.safetensors", build(larger, 2), ["cat", "dog"])
    model = checkpoints.load(tmp_path / "large.safetensors").model
    assert model.system == larger
    assert (model.transform.min_size, model.transform.max_size, model.transform.enlarges) == ((800,), 1333, True)
    assert checkpoints.load(saved).model.system == SYSTEMS["embedded"]
    assert b"max_size" not in saved.read_bytes()


def test_that_a_full_disk_leaves_the_old_file_and_says_so(make_model, saved, monkeypatch):
    before = saved.read_bytes()

    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DetectorError, match="No space left on device"):
        checkpoints.save(saved, make_model("embedded", 2), ["cat", "dog"])
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_that_weights_that_are_not_finite_are_refused(saved):
    rewrite(saved, **{"rpn.head.cls_logits.bias": torch.full((10,), torch.nan).half()})
    with pytest.raises(DetectorError, match=r"not finite numbers, such as rpn\.head\.cls_logits\.bias"):
        checkpoints.load(saved)


def test_that_licence_source_and_names_of_scenes_come_back(make_model, tmp_path):
    path = tmp_path / "m.safetensors"
    about = {"licence": "MIT", "source": "somewhere", "scenes": (("coin", "Münze"),)}
    checkpoints.save(path, make_model("embedded", 1), ["Münze"], **about)
    loaded = checkpoints.load(path)
    assert {name: getattr(loaded, name) for name in about} == about


def test_that_what_it_has_learnt_from_comes_back_and_is_absent_where_there_is_nothing(make_model, saved, tmp_path):
    model, paths = make_model("embedded", 1), [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for path, marks in zip(paths, ((0, 2**64 - 1, 255), (255, 0, 2**64 - 1)), strict=True):
        checkpoints.save(path, model, ["cup"], learnt_from=marks)
        assert checkpoints.load(path).learnt_from == {0, 255, 2**64 - 1}
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert checkpoints.load(saved).learnt_from == frozenset()
    assert b"learnt_from" not in saved.read_bytes()


def test_that_a_network_without_a_second_stage_is_saved_and_says_so(make_model, tmp_path):
    path = tmp_path / "rpn.safetensors"
    checkpoints.save(path, make_model("d2_rpn_r50_c4", 1), ["object"])
    loaded = checkpoints.load(path)
    assert loaded.categories == ("object",)
    with pytest.raises(DetectorError, match="only proposes regions"):
        _ = loaded.two_stage
