"""What the window needs of the system before Qt is loaded, its shared libraries and a display; and how Qt is loaded.

Without the checks, which are for Linux, a missing library is a traceback, and a missing display an abort inside Qt that
Python cannot catch. Nothing here imports Qt before it is asked to.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# Library: (package of Debian and Ubuntu, package of Fedora). What the wheels of PySide6 link to and do not bring.
QT_LIBRARIES = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl"),
    "libGL.so.1": ("libgl1", "libglvnd-glx"),
    "libX11.so.6": ("libx11-6", "libX11"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libfreetype.so.6": ("libfreetype6", "freetype"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
}
XCB_LIBRARIES = {
    "libX11-xcb.so.1": ("libx11-xcb1", "libX11-xcb"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb"),
    "libxcb-shm.so.0": ("libxcb-shm0", "libxcb"),
    "libxcb-sync.so.1": ("libxcb-sync1", "libxcb"),
    "libxcb-util.so.1": ("libxcb-util1", "xcb-util"),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
}
_READS = "_mod_uses_pyside"
_LIBRARY_NAME = re.compile(r"\blib[\w.+-]+?\.so(?:\.\d+)*")


class DesktopError(Exception):
    """What the system lacks for a window, and the line that installs it or the way around it."""


def require_libraries(
    platform: str = sys.platform,
    environment: Mapping[str, str] = os.environ,
    load: Callable[[str], object] = ctypes.CDLL,
) -> None:
    """Raise DesktopError, naming every library that Qt would miss here and the line that installs them."""
    if platform != "linux":
        return
    wanted = QT_LIBRARIES | XCB_LIBRARIES if _uses_xcb(environment) else QT_LIBRARIES
    missing = [name for name in wanted if not _loads(name, load)]
    if missing:
        raise DesktopError(missing_sentence(missing))


def require_display(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> None:
    """Raise DesktopError where Qt would abort because there is no display to open a window on."""
    if not has_display(platform, environment):
        raise DesktopError(
            "There is no display here to open a window on. The headless verbs need none (boxwright --help), "
            "and boxwright --demo plays its tour without one."
        )


def has_display(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether a window can be shown; a platform chosen by QT_QPA_PLATFORM is taken at its word.

    An X display is asked, if xcb was chosen too: DISPLAY is often left set where nobody answers any more.
    """
    chosen = environment.get("QT_QPA_PLATFORM", "")
    if platform != "linux" or chosen not in ("", "xcb"):
        return True
    if environment.get("WAYLAND_DISPLAY") and not chosen:
        return True
    return bool(environment.get("DISPLAY")) and _x_server_answers()


def load_qt() -> None:
    """Import Qt before all that is imported after it. Raises ImportError.

    From then on PySide reads the source of every module that is imported, torch's thousands among them, to see whether
    it asks for names in snake_case. None does here, and a program has better to do while it starts.
    """
    importlib.import_module("PySide6.QtCore")
    features = sys.modules.get("shibokensupport.feature")
    if features is not None and hasattr(features, _READS):  # a private name: without it all is as PySide wants it
        setattr(features, _READS, lambda _module: True)


def library_sentence(error: ImportError) -> str | None:
    """Return the sentence for a shared library that an import did not find, or None for any other import error."""
    if "cannot open shared object file" not in str(error):
        return None
    names = _LIBRARY_NAME.findall(str(error))
    return missing_sentence(names[:1]) if names else None


def missing_sentence(libraries: Iterable[str], which: Callable[[str], str | None] = shutil.which) -> str:
    """Name the missing `libraries` and how to install them with the package manager that is here."""
    names = list(libraries)
    known = QT_LIBRARIES | XCB_LIBRARIES
    packages = [known[name] for name in names if name in known]
    sentence = f"The window needs system libraries that are not installed: {', '.join(names)}."
    if not packages:
        return sentence + " Install the packages that hold them and start again."
    debian, fedora = (" ".join(dict.fromkeys(column)) for column in zip(*packages, strict=True))
    lines = {"apt-get": f"sudo apt-get install -y {debian}", "dnf": f"sudo dnf install -y {fedora}"}
    here = [line for program, line in lines.items() if which(program)]
    return sentence + " Install them and start again:\n" + "\n".join(f"    {line}" for line in here or lines.values())


def _uses_xcb(environment: Mapping[str, str]) -> bool:
    chosen = environment.get("QT_QPA_PLATFORM", "")
    if chosen:
        return chosen.startswith("xcb")
    return bool(environment.get("DISPLAY")) and not environment.get("WAYLAND_DISPLAY")


def _loads(name: str, load: Callable[[str], object]) -> bool:
    try:
        load(name)
    except OSError:
        return False
    return True


def _x_server_answers() -> bool:
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # then the missing library is the message, not the display
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    for function in (xcb.xcb_connection_has_error, xcb.xcb_disconnect):
        function.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    answers = xcb.xcb_connection_has_error(connection) == 0
    xcb.xcb_disconnect(connection)
    return bool(answers)
