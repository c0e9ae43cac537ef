"""Makes the pictures of the README.

`.venv/bin/python .github/screenshots.py IMAGE...`

The images are copied to a temporary folder, so that no project is left beside them; the settings of the user stay as
they are. What is accepted, rejected and drawn is decided by a rule, not by hand: the pictures can be made again.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.application import Application, _qt_application, detector_factory
from app.hands import Hands
from app.settings import Settings
from app.ui.theme import ColorMode
from detector.types import Thresholds

OUT = Path(__file__).resolve().parents[1] / "resources" / "screenshots"
SIZE = (1440, 900)


def main() -> None:
    """Take the welcome page and the first image with all layers, in light and in dark."""
    OUT.mkdir(parents=True, exist_ok=True)
    qt = _qt_application()
    with tempfile.TemporaryDirectory(prefix="boxwright-") as home:
        application = Application(qt, detector_factory(None, None), Settings(Path(home) / "settings.ini"))
        try:
            _take(application, Path(home) / "photos")
        finally:
            application.shut_down()
            application.window.close()


def _take(application: Application, folder: Path) -> None:
    hands, window = Hands(application), application.window
    window.resize(*SIZE)
    application.show()
    _both(application, hands, "welcome")
    folder.mkdir()
    for name in sys.argv[1:]:
        shutil.copy(name, folder)
    application.open(folder)
    hands.wait_for_image()
    workspace = hands.workspace
    thresholds = Thresholds(score_thresh=0.3, nms_thresh=0.3)
    view = replace(workspace.view, thresholds=thresholds, show_proposals=True, proposal_top_n=60)
    workspace.change_view(view)
    suggestions = sorted(workspace.suggestions, key=lambda suggestion: -suggestion.score)
    for suggestion in suggestions[: len(suggestions) // 2]:
        hands.click(_middle(suggestion.box))
        hands.key("Return")
    if workspace.annotations:
        hands.click(_middle(next(iter(workspace.annotations.values())).box))
    ids = [record.id for record in workspace.images]
    hands.wait(lambda: not any(map(application.service.is_waiting, ids)), "the neighbours are detected")
    _both(application, hands, "labeling")


def _both(application: Application, hands: Hands, name: str) -> None:
    for mode in (ColorMode.LIGHT, ColorMode.DARK):
        application.window.theme.set_mode(mode)
        hands.wait(application.window.isVisible, "the window is shown")
        hands.picture(OUT / f"{name}-{mode.value}.png")


def _middle(box: tuple[float, float, float, float]) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


if __name__ == "__main__":
    main()
