"""Makes the short animated tour of the README: a labeler's first minute, with the key of each step written below.

`.venv/bin/python .github/animation.py IMAGE...`

The images are copied to a temporary folder, and the user's settings stay as they are. The real window is driven by real
keys and pointer events; nothing in it is drawn by hand but the names of the keys.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.application import Application
from app.hands import Hands
from app.model import edits
from app.networks import detector_factory
from app.process import qt_application
from app.settings import Settings
from app.ui.theme import ColorMode

if TYPE_CHECKING:
    from app.model.annotations import Box

OUT = Path(__file__).resolve().parents[1] / "resources" / "screenshots" / "tour.webp"
CATEGORY = "die"
SIZE = (1280, 800)
SHOWN = (960, 600)
QUALITY = 72
STRIP = 44
"""Pixels below the window for the name of the key."""
LOOK, STEP, QUICK = 1600, 900, 260
"""Milliseconds that a picture stays."""


class Recorder:
    """Presses keys at the window and keeps what it looks like after each."""

    def __init__(self, application: Application) -> None:
        self.window = application.window
        self.hands = Hands(application)
        self.frames: list[Image.Image] = []
        self.durations: list[int] = []

    def look(self, words: str, milliseconds: int = STEP) -> None:
        """Keep a picture of the window with `words` below it."""
        QApplication.processEvents()
        width, height = SHOWN
        picture = QImage(width, height + STRIP, QImage.Format.Format_RGB888)
        picture.fill(QColor("#16181d"))
        painter = QPainter(picture)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(QRectF(0, 0, width, height).toRect(), self.window.grab())
        _paint_words(painter, words, QRectF(0, height, width, STRIP))
        painter.end()
        data = picture.constBits()
        self.frames.append(
            Image.frombuffer("RGB", (width, height + STRIP), bytes(data), "raw", "RGB", picture.bytesPerLine(), 1)
        )
        self.durations.append(milliseconds)

    def press(self, keys: str, words: str, milliseconds: int = STEP) -> None:
        """Press keys, and keep what comes of it."""
        self.hands.key(keys)
        self.look(words, milliseconds)

    def draw(self, box: Box, words: str) -> None:
        """Drag a box open, with pictures on the way."""
        canvas = self.hands.desk.canvas
        corners = [
            (box[0] + share * (box[2] - box[0]), box[1] + share * (box[3] - box[1])) for share in (0, 0.4, 0.8, 1)
        ]
        places = [QPoint(*map(round, canvas.viewport.to_screen(*corner))) for corner in corners]
        QTest.mouseMove(canvas, places[0])
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[0])
        for place in places[1:]:
            QTest.mouseMove(canvas, place)
            self.look(words, QUICK)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[-1])

    def save(self, target: Path) -> None:
        """Write the animation."""
        first, *others = self.frames
        options = {"save_all": True, "append_images": others, "duration": self.durations, "loop": 0}
        first.save(target, quality=QUALITY, method=6, minimize_size=True, **options)


def main() -> None:
    """Open images, tune, decide, box an object by a click, fit a rough box, and go on."""
    images = [Path(name) for name in sys.argv[1:]]
    qt = qt_application()
    with tempfile.TemporaryDirectory(prefix="boxwright-") as home:
        folder = Path(home) / "photos"
        folder.mkdir()
        for image in images:
            shutil.copy(image, folder)
        settings = Settings(Path(home) / "settings.ini")
        settings.hints = False
        application = Application(qt, detector_factory(None, None), settings)
        application.window.resize(*SIZE)
        application.window.theme.set_mode(ColorMode.DARK)
        try:
            application.show()
            application.window.activateWindow()
            recorder = Recorder(application)
            recorder.hands.wait(application.window.isActiveWindow, "the window is shown")
            application.open(folder)
            recorder.hands.wait_for_image()
            _label(application, recorder)
            recorder.save(OUT)
        finally:
            application.shut_down()
            application.window.close()
    print(f"{OUT.name}: {len(recorder.frames)} pictures, {OUT.stat().st_size / 1e6:.1f} MB")


def _label(application: Application, recorder: Recorder) -> None:
    hands, workspace = recorder.hands, recorder.hands.workspace
    ids = [record.id for record in workspace.images]
    hands.wait(lambda: not any(map(application.service.is_waiting, ids)), "the neighbours are detected")
    category = edits.new_category(CATEGORY, workspace.categories, workspace.next_ids().category)
    workspace.execute(edits.add_category(category))
    recorder.look("The detector has looked first", LOOK)
    for keys, words in [("PgDown", "Page Down: lower the score threshold")] * 3 + [("PgUp", "Page Up: raise it")] * 6:
        recorder.press(keys, words, QUICK)
    recorder.press("Tab", "Tab: the least certain suggestion")
    recorder.press("1", "1: it is a die")
    recorder.press("Esc", "Esc: reject")
    recorder.press("Ctrl+Z", "Ctrl+Z: take it back")
    best = max(workspace.suggestions, key=lambda suggestion: suggestion.score)
    recorder.press("Shift+Return", "Shift+Enter: accept all that is shown", LOOK)
    hands.walk_to(next(one for one in workspace.annotations.values() if one.box == best.box))
    recorder.press("Del", "Del: delete a box")
    x1, y1, x2, y2 = best.box
    wide, high = x2 - x1, y2 - y1
    recorder.press("W", "W: draw, roughly", QUICK)
    recorder.draw((x1 - 0.15 * wide, y1 - 0.2 * high, x2 + 0.2 * wide, y2 + 0.12 * high), "W: draw, roughly")
    hands.wait(lambda: hands.desk.refining.offer is not None, "the detector offers a closer fit")
    recorder.look("The detector offers a closer fit, and what it is", LOOK)
    recorder.press("Return", "Enter: take it", LOOK)
    hands.key("Space")
    hands.wait_for_image()
    recorder.look("Space: reviewed; the next image is ready", LOOK)
    recorder.press("P", "P: show the proposals")
    missed = min(workspace.suggestions, key=lambda suggestion: suggestion.score).box
    hands.key("Shift+Esc")
    hands.click(((missed[0] + missed[2]) / 2, (missed[1] + missed[3]) / 2))
    recorder.look("Click an object: the best proposal becomes its box", LOOK)
    recorder.press("P", "P: hide them")
    recorder.press("Ctrl+Z", "Ctrl+Z, Ctrl+Z: everything can be undone", QUICK)
    recorder.press("Ctrl+Z", "Ctrl+Z, Ctrl+Z: everything can be undone", LOOK)


def _paint_words(painter: QPainter, words: str, strip: QRectF) -> None:
    font = QFont(painter.font())
    font.setPixelSize(20)
    key, colon, rest = words.partition(": ")
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    shown = f"{key}   {rest}" if colon else words
    x = strip.x() + (strip.width() - metrics.horizontalAdvance(shown)) / 2
    if colon:
        cap = QRectF(x - 10, strip.y() + 7, metrics.horizontalAdvance(key) + 20, strip.height() - 14)
        painter.setPen(QColor("#7c8ba1"))
        painter.setBrush(QColor("#2a2f38"))
        painter.drawRoundedRect(cap, 6, 6)
    painter.setPen(QColor("#f2f4f8"))
    baseline = strip.y() + (strip.height() + metrics.ascent() - metrics.descent()) / 2
    painter.drawText(int(x), int(baseline), shown)


if __name__ == "__main__":
    main()
