"""Promise 1: from starting the process to the first paint of the window, against a process that imports torch.

Both are whole processes, started in turn; files are warm after the first round. `python -m bench.start`
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from bench.timing import medians, report

WINDOW = """
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app import application, process
from app.settings import Settings
qt = process.qt_application()
program = application.Application(qt, application.detector_factory(None, "cpu"), Settings())
program.window.painted.connect(QCoreApplication.quit)
program.window.show()
qt.exec()
import sys
assert "torch" not in sys.modules
"""


def main() -> None:
    """Measure the start of the window."""
    with tempfile.TemporaryDirectory() as home:
        folders = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), home)
        environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | folders

        def run(code: str) -> None:
            subprocess.run([sys.executable, "-c", code], env=environment, check=True, stderr=subprocess.DEVNULL)

        times = medians({"window": lambda: run(WINDOW), "torch": lambda: run("import torch")}, rounds=7, warm_up=1)
    report("first paint of the window, against import torch", times["window"], times["torch"], 0.40)


if __name__ == "__main__":
    main()
