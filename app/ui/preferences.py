"""What a person sets for all projects: applied at the start and as soon as it is changed, and kept at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.ui.banner import Tone
from app.ui.keymap import KEYMAP
from app.ui.settings_dialog import SettingsDialog

if TYPE_CHECKING:
    from app.settings import Precision, Settings
    from app.ui.guide_window import GuideWindow
    from app.ui.main_window import MainWindow
    from app.ui.theme import ColorMode


class Preferences(QObject):
    """Stands between the settings and the window that they shape. `precision_changed` wants the model loaded anew."""

    precision_changed = Signal()

    def __init__(self, window: MainWindow, settings: Settings) -> None:
        super().__init__(window)
        self.settings = settings
        self._window = window
        self._guide: GuideWindow | None = None
        window.theme.set_font_percent(settings.font_percent)
        said = KEYMAP.take(settings.keys)
        if said:
            sentence = self.tr("Not all keys of the settings could be taken over. {}").format(" ".join(said))
            window.banner.say(sentence, Tone.WARNING)
            self._keep_keys()  # nobody has to read that twice
        KEYMAP.changed.connect(self._keep_keys)
        window.settings_wanted.connect(self.show)
        window.guide_wanted.connect(self.show_guide)
        window.closed.connect(self._close_guide)

    @property
    def color_mode(self) -> ColorMode:
        """The palette in force."""
        return self._window.theme.mode

    @property
    def device(self) -> str:
        """What the detector runs on; empty until it is loaded."""
        return self._window.status.device

    @property
    def numerics(self) -> str:
        """How the detector computes now, for people; empty until it is loaded."""
        return self._window.status.numerics

    def set_color_mode(self, mode: ColorMode) -> None:
        """Choose a palette."""
        self._window.set_color_mode(mode)
        self._window.menus.refresh()
        self.settings.color_mode = mode

    def set_font_percent(self, percent: int) -> None:
        """Choose how large text is."""
        self._window.theme.set_font_percent(percent)
        self.settings.font_percent = percent

    def set_precision(self, precision: Precision) -> None:
        """Choose how the detector computes, from the next image on that it looks at."""
        if precision != self.settings.precision:
            self.settings.precision = precision
            self.precision_changed.emit()

    @Slot()
    def show(self) -> None:
        """Open the settings."""
        dialog = SettingsDialog(self, self._window)
        dialog.finished.connect(self._window.focus_canvas)
        dialog.open()

    @Slot(str)
    def show_guide(self, place: str) -> None:
        """Open the guide at a page, such as "formats.md#in-parts", where and as large as it was before."""
        if self._guide is None:
            from app.ui.guide_window import GuideWindow  # noqa: PLC0415 - a start reads no page

            self._guide = GuideWindow()
            self._guide.closed.connect(self._keep_guide)
            if not self.settings.guide_geometry.isEmpty():
                self._guide.restoreGeometry(self.settings.guide_geometry)
        self._guide.open(place)

    @Slot()
    def _keep_guide(self) -> None:
        if self._guide is not None:
            self.settings.guide_geometry = self._guide.saveGeometry()

    @Slot()
    def _close_guide(self) -> None:
        if self._guide is not None:
            self._guide.close()
            self._guide.deleteLater()
            self._guide = None

    @Slot()
    def _keep_keys(self) -> None:
        self.settings.keys = KEYMAP.chosen
