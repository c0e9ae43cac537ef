"""The library of the plots, imported beside the window."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
from PySide6 import QtCore, QtGui, QtWidgets
from app.ui import plotting

def unknown():
    return sum(name not in vars(module) for module in (QtCore, QtGui, QtWidgets) for name in dir(module))

told = [unknown()]
plotting._import_pyqtgraph = lambda: told.append(unknown())
app = QtCore.QCoreApplication([])
library = plotting.PlotLibrary()
library.ready.connect(app.quit)
library.want()
app.exec()
print(*told)
"""


def test_that_the_window_knows_each_type_of_qt_before_a_thread_asks_for_it() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    before, in_the_thread = map(int, ended.stdout.split())
    assert before > 100
    assert in_the_thread == 0
