"""What a person set for all projects: typed, in one ini file. What belongs to one project is in its store."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

from app.ui.theme import ColorMode
from detector.types import Thresholds

if TYPE_CHECKING:
    from collections.abc import Mapping

_RECENT_KEPT = 8


class Settings:
    """The user's settings; a value in the file that is not right reads as its default. Written at once.

    `path` is the ini file; by default in the user's folder for configuration.
    """

    def __init__(self, path: Path | None = None) -> None:
        path = path or platformdirs.user_config_path("boxwright") / "settings.ini"
        self._values = QSettings(str(path), QSettings.Format.IniFormat)

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

    def add_opened_model(self, file: Path) -> None:
        """Put `file` before all other opened model files."""
        self._put_first("opened_models", file)

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

    def _paths(self, key: str) -> list[Path]:
        try:
            return [Path(text) for text in json.loads(self._text(key))]
        except (ValueError, TypeError):
            return []

    def _put_first(self, key: str, path: Path) -> None:
        paths = [path, *(other for other in self._paths(key) if other != path)][:_RECENT_KEPT]
        self._values.setValue(key, json.dumps([str(one) for one in paths]))

    def _text(self, key: str) -> str:
        value = self._values.value(key)
        return value if isinstance(value, str) else ""

    def _bytes(self, key: str) -> QByteArray:
        value = self._values.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()
