"""What a person set for all projects: typed, in one ini file. What belongs to one project is in its store."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

from app.ui.theme import FONT_PERCENTS, ColorMode
from detector.tiling import TILE
from detector.types import Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_RECENT_KEPT = 8
_MODELS_KEPT = 64  # a project goes on with a model that it names only where it is among these
Precision = Literal["fast", "exact"]


class Settings:
    """The user's settings; a value in the file that is not right reads as its default. Written at once.

    `path` is the ini file; by default in the user's folder for configuration.
    """

    def __init__(self, path: Path | None = None) -> None:
        path = path or platformdirs.user_config_path("boxwright") / "settings.ini"
        self._values = QSettings(str(path), QSettings.Format.IniFormat)
        # The detector's thread reads it, too, and QSettings is not made for that.
        self._precision: Precision = "exact" if self._text("precision") == "exact" else "fast"

    @property
    def color_mode(self) -> ColorMode:
        """Return the palette that the person chose."""
        text = self._text("color_mode")
        return ColorMode(text) if text in set(ColorMode) else ColorMode.SYSTEM

    @color_mode.setter
    def color_mode(self, mode: ColorMode) -> None:
        self._values.setValue("color_mode", mode.value)

    @property
    def language(self) -> str:
        """Return the code of the language that the person chose, as in "de"; empty: the system's."""
        return self._text("language")

    @language.setter
    def language(self, code: str) -> None:
        self._values.setValue("language", code)

    @property
    def font_percent(self) -> int:
        """Return how large text is, in percent of the system's, within `FONT_PERCENTS`."""
        text = self._text("font_percent")
        return min(max(int(text), min(FONT_PERCENTS)), max(FONT_PERCENTS)) if text.isdecimal() else 100

    @font_percent.setter
    def font_percent(self, percent: int) -> None:
        self._values.setValue("font_percent", str(percent))

    @property
    def precision(self) -> Precision:
        """Return how the detector computes; any thread may ask."""
        return self._precision

    @precision.setter
    def precision(self, precision: Precision) -> None:
        self._precision = precision
        self._values.setValue("precision", precision)

    @property
    def reopens(self) -> bool:
        """Return whether the last project is opened at the start."""
        return self._is_on("reopens", usually=False)

    @reopens.setter
    def reopens(self, reopens: bool) -> None:
        self._switch("reopens", is_on=reopens)

    @property
    def keeps_zoom(self) -> bool:
        """Return whether the zoom stays from image to image in a new project."""
        return self._is_on("keeps_zoom", usually=False)

    @keeps_zoom.setter
    def keeps_zoom(self, keeps: bool) -> None:
        self._switch("keeps_zoom", is_on=keeps)

    @property
    def hints(self) -> bool:
        """Return whether hints for beginners are shown."""
        return self._is_on("hints", usually=True)

    @hints.setter
    def hints(self, shown: bool) -> None:
        self._switch("hints", is_on=shown)

    @property
    def seen_hints(self) -> frozenset[str]:
        """Return the names of the hints for beginners that were shown: none is shown again."""
        return frozenset(self._text("seen_hints").split())

    @seen_hints.setter
    def seen_hints(self, names: Iterable[str]) -> None:
        self._values.setValue("seen_hints", " ".join(sorted(names)))

    @property
    def recent(self) -> tuple[Path, ...]:
        """Return the image folders that were opened last and are still there, the latest first."""
        return tuple(path for path in self._paths("recent") if os.path.isdir(path))  # noqa: PTH112 - Path raises where it may not look

    def add_recent(self, folder: Path) -> None:
        """Put `folder` before all other recent folders."""
        self._put_first("recent", folder)

    @property
    def thresholds(self) -> Thresholds:
        """Return the thresholds that a new project starts with: those last used."""
        default = Thresholds()
        try:
            score_thresh, nms_thresh = json.loads(self._text("thresholds"))
            return Thresholds(float(score_thresh), float(nms_thresh), default.detections_per_img)
        except (ValueError, TypeError):
            return default

    @thresholds.setter
    def thresholds(self, thresholds: Thresholds) -> None:
        self._values.setValue("thresholds", json.dumps([thresholds.score_thresh, thresholds.nms_thresh]))

    @property
    def model(self) -> Path | None:
        """Return the base model that a new project starts with: the one chosen last; None: the embedded one."""
        text = self._text("model")
        return Path(text) if text and os.path.isfile(text) else None  # noqa: PTH113 - Path raises where it may not look

    @model.setter
    def model(self, path: Path | None) -> None:
        self._values.setValue("model", "" if path is None else str(path))

    @property
    def opened_models(self) -> tuple[Path, ...]:
        """Return the model files that were opened where they lie and are still there, the latest first."""
        return tuple(path for path in self._paths("opened_models") if os.path.isfile(path))  # noqa: PTH113 - as above

    @property
    def known_models(self) -> frozenset[Path]:
        """Return the model files that were opened here, still there or not, and the one that was chosen last."""
        last = self.model
        return frozenset((*self._paths("opened_models"), *(() if last is None else (last,))))

    def add_opened_model(self, file: Path) -> None:
        """Put `file` before all other opened model files."""
        self._put_first("opened_models", file, _MODELS_KEPT)

    @property
    def speeds(self) -> dict[str, tuple[float, str]]:
        """Return the median seconds of a detection and the device it ran on, by model file, oldest first."""
        try:
            return {
                str(key): (float(value[0]), str(value[1])) for key, value in json.loads(self._text("speeds")).items()
            }
        except (ValueError, TypeError, AttributeError, IndexError, KeyError):
            return {}

    @speeds.setter
    def speeds(self, speeds: Mapping[str, tuple[float, str]]) -> None:
        self._values.setValue("speeds", json.dumps(speeds))

    @property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """Return the keys of those actions whose keys are not those of the table, by the actions' ids."""
        try:
            read = json.loads(self._text("keys")).items()
            return {str(name): tuple(map(str, keys)) for name, keys in read if isinstance(keys, list)}
        except (ValueError, TypeError, AttributeError):
            return {}

    @keys.setter
    def keys(self, keys: Mapping[str, Sequence[str]]) -> None:
        self._values.setValue("keys", json.dumps({name: list(one) for name, one in keys.items()}))

    @property
    def tile(self) -> int:
        """Return the side of the tiles that large images are detected in, 0 for none."""
        text = self._text("tile")
        return TILE if text == str(TILE) else 0

    @tile.setter
    def tile(self, tile: int) -> None:
        self._values.setValue("tile", str(tile))

    @property
    def geometry(self) -> QByteArray:
        """Return where the window was; empty before its first end."""
        return self._bytes("geometry")

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._values.setValue("geometry", geometry)

    @property
    def docks(self) -> QByteArray:
        """Return where the docks and the toolbar were; empty before the window's first end."""
        return self._bytes("docks")

    @docks.setter
    def docks(self, docks: QByteArray) -> None:
        self._values.setValue("docks", docks)

    @property
    def guide_geometry(self) -> QByteArray:
        """Return where the window of the guide was; empty before it was ever closed."""
        return self._bytes("guide_geometry")

    @guide_geometry.setter
    def guide_geometry(self, geometry: QByteArray) -> None:
        self._values.setValue("guide_geometry", geometry)

    def _paths(self, key: str) -> list[Path]:
        try:
            return [Path(text) for text in json.loads(self._text(key))]
        except (ValueError, TypeError):
            return []

    def _put_first(self, key: str, path: Path, kept: int = _RECENT_KEPT) -> None:
        paths = [path, *(other for other in self._paths(key) if other != path)][:kept]
        self._values.setValue(key, json.dumps([str(one) for one in paths]))

    def _is_on(self, key: str, *, usually: bool) -> bool:
        return {"yes": True, "no": False}.get(self._text(key), usually)

    def _switch(self, key: str, *, is_on: bool) -> None:
        self._values.setValue(key, "yes" if is_on else "no")

    def _text(self, key: str) -> str:
        value = self._values.value(key)
        return value if isinstance(value, str) else ""

    def _bytes(self, key: str) -> QByteArray:
        value = self._values.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()
