"""Pictures every panel and dialog of the window, light and dark, to be looked at; nothing of it is kept in the tree.

`QT_SCALE_FACTOR=2 .venv/bin/python .github/gallery.py FOLDER IMAGE... [--text 150] [--language de]`

The pictures go to FOLDER. The images are copied to a temporary folder, and the user's settings stay as they are.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication, QDialog, QInputDialog, QListWidget, QMenu

from app import translation
from app.application import Application
from app.hands import Hands
from app.networks import detector_factory
from app.process import qt_application
from app.settings import Settings
from app.ui.settings_dialog import SettingsDialog
from app.ui.theme import ColorMode
from app.workers.messages import Crash
from detector.published import FOLDER_VARIABLE

SIZE = (1280, 800)
PAGES = ("training", "evaluation", "statistics")
DIALOGS = (
    *("settings", "keys", "about", "guide", "palette", "find-category", "note", "filter-help", "choose-model"),
    *("match-categories", "category-threshold", "supercategory", "merge-category", "delete-category"),
)


class Gallery:
    """Takes pictures of one application in both palettes."""

    def __init__(self, application: Application, out: Path) -> None:
        self.application = application
        self.hands = Hands(application)
        self.out = out

    def both(self, name: str, widget: object = None) -> None:
        """Picture the window, or a dialog of it."""
        for mode in (ColorMode.LIGHT, ColorMode.DARK):
            self.application.window.theme.set_mode(mode)
            for _ in range(5):
                QApplication.processEvents()
                QThread.msleep(20)
            self.hands.picture(self.out / f"{name}-{mode.value}.png", widget)

    def label(self) -> None:
        """Decide this and that on the first image, so that there is something to see."""
        hands = self.hands
        hands.wait_for_image()
        ids = [record.id for record in hands.workspace.images]
        hands.wait(lambda: not any(map(self.application.service.is_waiting, ids)), "the neighbours are detected")
        for keys in ("Tab", "Return", "Tab", "Esc", "Shift+Return", "Ctrl+A"):
            hands.key(keys)
        self.both("several")
        hands.key("Esc")
        for keys in ("Tab", "Shift+D", "Shift+O", "L"):
            hands.key(keys)
        self.both("flags")
        hands.key("L")
        hands.key("X")
        self.both("differences")
        hands.key("X")

    def pages(self) -> None:
        """Picture what takes the place of the boxes' panels."""
        actions = self.application.window.menus.actions
        for name in PAGES:
            actions[name].trigger()
            QApplication.processEvents()
            self.both(name)
        actions[PAGES[-1]].trigger()

    def dialogs(self) -> None:
        """Picture every dialog that an action opens."""
        window = self.application.window
        self.hands.key("Tab")
        for name in DIALOGS:
            if name not in window.menus.actions or not window.menus.actions[name].isEnabled():
                print(f"{name}: cannot be opened now")
                continue
            window.menus.actions[name].trigger()
            self._picture_opened(name)
        self.application.crashes.report(Crash("Something went wrong.", "Traceback: this is a test"))
        self._picture_opened("crash")

    def _picture_opened(self, name: str) -> None:
        QApplication.processEvents()
        window = self.application.window
        shown = [one for one in QApplication.topLevelWidgets() if one.isVisible() and one is not window]
        for number, widget in enumerate(shown):
            if isinstance(widget, SettingsDialog):
                self._settings(widget)
            elif isinstance(widget, QDialog | QInputDialog | QMenu) or widget.isWindow():
                self.both(name if number == 0 else f"{name}-{number}", widget)
            widget.close()
        if not shown:
            print(f"{name}: opens no window")
        QApplication.processEvents()

    def _settings(self, dialog: SettingsDialog) -> None:
        pages = dialog.findChild(QListWidget)
        count = 1 if pages is None else pages.count()
        for row in range(count):
            if pages is not None:
                pages.setCurrentRow(row)
            self.both(f"settings-{row + 1}", dialog)


def main() -> None:
    """Open the window on the images and picture what it can show."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("images", type=Path, nargs="+")
    parser.add_argument("--text", type=int, default=100, help="size of the text in percent")
    parser.add_argument("--language", default="en")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    qt = qt_application()
    translation.install(qt, options.language)
    with tempfile.TemporaryDirectory(prefix="boxwright-") as home:
        os.environ[FOLDER_VARIABLE] = str(Path(home) / "models")
        folder = Path(home) / "photos"
        folder.mkdir()
        for image in options.images:
            shutil.copy(image, folder)
        settings = Settings(Path(home) / "settings.ini")
        settings.font_percent = options.text
        application = Application(qt, detector_factory(None, None), settings)
        application.window.resize(*SIZE)
        try:
            application.show()
            application.window.activateWindow()
            gallery = Gallery(application, options.out)
            gallery.hands.wait(application.window.isActiveWindow, "the window is shown")
            gallery.both("welcome")
            application.open(folder)
            gallery.label()
            gallery.pages()
            gallery.dialogs()
        finally:
            application.shut_down()
            application.window.close()


if __name__ == "__main__":
    main()
