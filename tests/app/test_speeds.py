from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.settings import Settings
from app.speeds import Speed, Speeds

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "a.safetensors").write_text("weights")
    return tmp_path / "a.safetensors"


def measured(speeds: Speeds, model: Path, *seconds: float, device: str = "cpu") -> Speed | None:
    for one in (9.0, *seconds):  # the first does not count
        speeds.take(model, device, one)
    return speeds.of(model)


def test_that_a_speed_is_the_median_of_a_few_detections_without_the_first(model: Path) -> None:
    speeds = Speeds({})
    assert speeds.of(model) is None
    assert measured(speeds, model, 0.1, 0.2) is None
    speeds.take(model, "cpu", 5.0)
    assert speeds.of(model) == Speed(0.2, "cpu")


def test_that_what_is_kept_comes_back_until_it_is_measured_anew(model: Path, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.ini")
    first = Speeds(settings.speeds)
    measured(first, model, 0.1, 0.1, 0.1)
    settings.speeds = first.kept()
    again = Speeds(Settings(tmp_path / "settings.ini").speeds)
    assert again.of(model) == Speed(0.1, "cpu")
    assert measured(again, model, 0.01, 0.01, 0.01, device="cuda:0") == Speed(0.01, "cuda:0")


def test_that_another_file_under_the_same_name_was_not_measured(model: Path) -> None:
    speeds = Speeds({})
    measured(speeds, model, 0.1, 0.1, 0.1)
    model.write_text("other weights")
    assert speeds.of(model) is None


def test_that_a_file_that_was_moved_is_the_same(model: Path, tmp_path: Path) -> None:
    speeds = Speeds({})
    measured(speeds, model, 0.1, 0.1, 0.1)
    (tmp_path / "models").mkdir()
    assert speeds.of(model.rename(tmp_path / "models" / model.name)) == Speed(0.1, "cpu")


def test_that_only_the_latest_models_are_kept(tmp_path: Path) -> None:
    speeds = Speeds({f"old {number}": (1.0, "cpu") for number in range(100)})
    path = tmp_path / "new.safetensors"
    path.write_text("weights")
    measured(speeds, path, 0.1, 0.1, 0.1)
    kept = speeds.kept()
    assert len(kept) == 64
    assert [*kept][-1].startswith("new.safetensors ")


@pytest.mark.parametrize("text", ["", "7", "[1]", '{"a": 1}', '{"a": ["x", "cpu"]}', '{"a": []}'])
def test_that_nonsense_in_the_settings_is_no_speed(tmp_path: Path, text: str) -> None:
    settings = Settings(tmp_path / "settings.ini")
    settings._values.setValue("speeds", text)
    assert settings.speeds == {}
