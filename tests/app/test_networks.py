from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fake_training import corrected, corrections, features, progress, result
from PIL import Image

from app.model.storage import StoreError
from app.networks import detector_factory, torch_tuner
from app.workers.messages import TrainRequest, VersionTrained
from app.workers.warming import Warming
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.corrections import StoredCorrections


@pytest.fixture
def image(tmp_path: Path) -> Path:
    Image.new("RGB", (64, 48), "grey").save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.fixture
def request_(tmp_path: Path, image: Path) -> TrainRequest:
    return TrainRequest(1, None, corrections(image), tmp_path / "heads", features(tmp_path))


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Let a fine-tune take one step and give the base back, with other categories; tell when it is closed."""
    from detector import fine_tuning
    from detector.tuned_model import TunedModel
    from detector.vocabulary import transfer

    told: list[bool] = []

    def fine_tune(base, data, plan, *, cache, wishes, device):
        try:
            yield progress(1)
            model = transfer(base.model, base.categories, data.categories)
            yield TunedModel(
                model, data.categories, ((1.0, 0.0),) * len(data.categories), result(), None, learnt_from=frozenset({7})
            )
        finally:
            told.append(True)

    monkeypatch.setattr(fine_tuning, "fine_tune", fine_tune)
    return told


def test_that_a_version_is_told_when_its_file_can_be_opened_under_its_name(
    request_: TrainRequest, closed: list[bool]
) -> None:
    from detector import checkpoints

    tuner = torch_tuner(None, "cpu")
    first, trained = tuner.train(request_)
    assert first == progress(1)
    assert isinstance(trained, VersionTrained)
    assert trained.path.parent == request_.heads
    assert [path.name for path in request_.heads.iterdir()] == [trained.path.name]
    opened = tuner.open_version(trained.path)
    assert opened.model_version == trained.version
    assert checkpoints.load(trained.path).learnt_from == {7}
    assert opened.categories == tuple(name for _, name in trained.categories)
    assert [number for number, _ in trained.categories] == [7, 9]
    assert closed == [True]


def test_that_two_versions_never_share_a_file(request_: TrainRequest, closed: list[bool]) -> None:
    tuner = torch_tuner(None, "cpu")
    paths = {one.path for _ in range(2) for one in tuner.train(request_) if isinstance(one, VersionTrained)}
    assert len(paths) == 2


def test_that_a_version_that_cannot_be_written_is_a_sentence(request_: TrainRequest, closed: list[bool]) -> None:
    request_.heads.write_text("not a folder")
    steps = torch_tuner(None, "cpu").train(request_)
    next(steps)
    with pytest.raises(DetectorError, match="could not be written"):
        next(steps)
    assert closed == [True]


def test_that_a_version_of_a_project_that_is_gone_is_a_sentence_and_makes_no_folder(
    tmp_path: Path, image: Path, closed: list[bool]
) -> None:
    heads = tmp_path / "pulled out" / "heads"
    steps = torch_tuner(None, "cpu").train(TrainRequest(1, None, corrections(image), heads, features(tmp_path)))
    next(steps)
    with pytest.raises(DetectorError, match="is gone"):
        next(steps)
    assert not heads.parent.exists()
    assert closed == [True]


def test_that_closing_it_closes_the_training(request_: TrainRequest, closed: list[bool]) -> None:
    steps = torch_tuner(None, "cpu").train(request_)
    next(steps)
    steps.close()
    assert closed == [True]


def test_that_a_base_that_is_gone_is_a_sentence(tmp_path: Path, image: Path) -> None:
    gone = tmp_path / "gone.safetensors"
    request = TrainRequest(1, gone, corrections(image), tmp_path / "heads", features(tmp_path))
    with pytest.raises(DetectorError, match=r"gone\.safetensors"):
        next(torch_tuner(None, "cpu").train(request))


def test_that_corrections_that_cannot_be_read_are_a_sentence_before_anything_is_loaded(tmp_path: Path) -> None:
    def unreadable() -> StoredCorrections:
        raise StoreError("The project could not be read.")

    request = TrainRequest(1, tmp_path / "gone", unreadable, tmp_path / "heads", features(tmp_path))
    with pytest.raises(StoreError, match="could not be read"):
        next(torch_tuner(None, "cpu").train(request))


def test_that_a_warmed_image_is_in_the_cache_as_a_training_looks_for_it(tmp_path: Path, image: Path) -> None:
    from detector.roi_features import FeatureCache

    detector = detector_factory(None, "cpu")()
    wanted = Warming(corrected(image), features(tmp_path))
    wanted = Warming(wanted.image, type(wanted.features)(wanted.features.path, 2**30))
    torch_tuner(None, "cpu").warm(detector, wanted)
    cache = FeatureCache(wanted.features.path, 2**30)
    found = cache.get(cache.key(wanted.image, detector.backbone_version))  # type: ignore[attr-defined]
    assert found is not None
    assert found.image_size == (48, 64)
    assert np.isfinite(found.views[0].features.float().numpy()).all()


@pytest.mark.parametrize(("has_sixteen_bits", "files"), [(True, 0), (False, 1)])
def test_that_nothing_is_pooled_in_a_precision_that_no_training_has(
    tmp_path: Path, image: Path, monkeypatch: pytest.MonkeyPatch, has_sixteen_bits: bool, files: int
) -> None:
    import torch

    from detector import precision

    monkeypatch.setattr(precision, "sixteen_bit_type", lambda _: torch.bfloat16 if has_sixteen_bits else None)
    detector = detector_factory(None, "cpu", lambda: "exact")()
    folder = replace(features(tmp_path), limit_bytes=2**30)
    torch_tuner(None, "cpu").warm(detector, Warming(corrected(image), folder))
    assert len(list(folder.path.glob("*.safetensors"))) == files


def test_that_of_what_was_not_corrected_just_now_as_much_is_warmed_as_there_is_room_for(
    tmp_path: Path, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from detector import roi_features

    warmed, pooled = [], roi_features.pooled
    monkeypatch.setattr(
        roi_features, "pooled", lambda one, look, _, reader: warmed.append(look.name) or pooled(one, look, None, reader)
    )
    detector, tuner = detector_factory(None, "cpu")(), torch_tuner(None, "cpu")
    folder = replace(features(tmp_path), limit_bytes=1)
    for name, is_spare in (("first", True), ("second", True), ("corrected", False)):
        tuner.warm(detector, Warming(replace(corrected(image), name=name), folder, is_spare=is_spare))
    assert warmed == ["first", "corrected"]
    elsewhere = replace(folder, path=tmp_path / "other")
    tuner.warm(detector, Warming(replace(corrected(image), name="other"), elsewhere, is_spare=True))
    assert warmed[2:] == ["other"]


def test_that_a_checkpoint_of_another_program_is_saved_as_one_of_ours_and_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from detector import checkpoints, conversion
    from detector.checkpoint_header import describe

    embedded = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS)
    names = tuple(f"my {name}" for name in embedded.categories)
    report = SimpleNamespace(format="torchvision")
    converted = SimpleNamespace(model=embedded.model, categories=names, report=report)
    monkeypatch.setattr(conversion, "convert_file", lambda _path, _system: converted)
    path = tmp_path / "models" / "mine.safetensors"
    opened = torch_tuner(None, "cpu").convert(tmp_path / "mine.pth", path)
    assert opened.categories == names
    assert describe(path).source == "torchvision: mine.pth"
    assert describe(path).licence == "MIT"


def test_that_a_downloaded_file_is_known_by_its_name_and_not_kept_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from detector import checkpoints, conversion, published
    from detector.checkpoint_header import describe

    monkeypatch.setenv(published.FOLDER_VARIABLE, str(tmp_path))
    row = published.PUBLISHED["fasterrcnn_mobilenet_v3_large_320_fpn"]
    embedded = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS)
    asked: list[object] = []

    def convert_file(path: Path, system: str | None) -> object:
        asked.append((path.name, system))
        report = SimpleNamespace(format="torchvision")
        return SimpleNamespace(model=embedded.model, categories=embedded.categories, report=report)

    monkeypatch.setattr(conversion, "convert_file", convert_file)
    for folder in (tmp_path, tmp_path / "elsewhere"):
        folder.mkdir(exist_ok=True)
        (folder / row.file_name).write_text("weights")
        torch_tuner(None, "cpu").convert(folder / row.file_name, tmp_path / row.local_name)
    assert asked == [(row.file_name, row.system)] * 2
    assert describe(tmp_path / row.local_name).licence == row.licence
    assert not (tmp_path / row.file_name).exists()
    assert (tmp_path / "elsewhere" / row.file_name).exists()


def test_that_nothing_is_left_of_a_checkpoint_that_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from detector import checkpoints, conversion

    embedded = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS)
    report = SimpleNamespace(format="torchvision")
    wrong = SimpleNamespace(model=embedded.model, categories=("one",), report=report)  # the head has more
    monkeypatch.setattr(conversion, "convert_file", lambda _path, _system: wrong)
    with pytest.raises(DetectorError, match="does not fit"):
        torch_tuner(None, "cpu").convert(tmp_path / "mine.pth", tmp_path / "mine.safetensors")
    assert not (tmp_path / "mine.safetensors").exists()


def test_that_a_model_that_only_proposes_regions_is_not_fine_tuned(
    request_: TrainRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from detector import checkpoints
    from detector.systems import SYSTEMS

    regions = SimpleNamespace(model=SimpleNamespace(system=SYSTEMS["rpn_r50_fpn"]))
    monkeypatch.setattr(checkpoints, "load", lambda _path: regions)
    with pytest.raises(DetectorError, match="only proposes regions"):
        next(torch_tuner(None, "cpu").train(request_))
