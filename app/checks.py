"""What can be wrong with an installation and is found out without Qt and torch: packages, folders, settings, codecs."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from app import log, program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from detector.types import ByteArray

PACKAGES = (
    *("torch", "torchvision", "PySide6-Essentials", "pillow", "numpy", "pyvips", "safetensors", "pycocotools"),
    *("matplotlib", "pyqtgraph", "platformdirs", "filelock", "rich", "typer", "PyYAML", "defusedxml", "orjson"),
    "markdown-it-py",
)
ACCELERATOR = "openvino"
"""What the extra `accelerate` brings."""
INSTALL_AGAIN = "Install Boxwright again, as its README says."
LEAST_FREE = 200 * 2**20
"""Bytes, below which a project may stop being saved at any moment."""
_SIDE = 256


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, whether it is in order, what was found, and if it is not what to do."""

    name: str
    ok: bool
    found: str
    advice: str = ""


def light_checks() -> Iterator[Check]:
    """Yield every check that needs neither Qt nor torch; one that fails itself is a line that says so."""
    for name, look in (
        ("system", system),
        ("packages", packages),
        ("folders", folders),
        ("settings", settings),
        ("image formats", codecs),
    ):
        yield from guarded(name, look)


def guarded(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Yield what `look` finds; what it raises is a check that is not in order."""
    try:
        yield from look()
    except ImportError as error:
        yield Check(name, False, f"cannot be loaded: {error}", INSTALL_AGAIN)
    except Exception as error:  # noqa: BLE001 - a doctor that falls ill himself helps nobody
        yield Check(name, False, f"{type(error).__name__}: {error}", "Please send this to the developers.")


def system() -> Iterator[Check]:
    """Yield this program, its interpreter and the operating system."""
    yield Check("Boxwright", True, program.version() or "run from its source, not installed")
    is_new = sys.version_info >= (3, 11)
    advice = "" if is_new else "Boxwright needs Python 3.11 or newer."
    yield Check("Python", is_new, f"{platform.python_version()} ({sys.executable})", advice)
    yield Check("system", True, platform.platform())
    yield Check("processor", True, f"{os.cpu_count()} cores, {platform.machine()}")


def packages() -> Iterator[Check]:
    """Yield the versions of what Boxwright is built on, and of SQLite, which Python brings."""
    for name in PACKAGES:
        version = program.version_of(name)
        yield Check(name, version is not None, version or "not installed", "" if version else INSTALL_AGAIN)
    faster = "not installed; with the extra `accelerate` detection is faster where there is no GPU"
    yield Check(f"{ACCELERATOR}, optional", True, program.version_of(ACCELERATOR) or faster)
    yield Check("SQLite", True, sqlite3.sqlite_version)


def folders() -> Iterator[Check]:
    """Yield where this program writes, whether it can, and how much room there is."""
    for name, folder in (
        ("folder of the settings", platformdirs.user_config_path(program.NAME)),
        ("folder of data and models", platformdirs.user_data_path(program.NAME)),
        ("folder of the log", log.folder()),
        ("temporary folder", Path(tempfile.gettempdir())),
    ):
        yield folder_check(name, folder)


def folder_check(name: str, folder: Path) -> Check:
    """Return whether files can be written to a folder, or it can be made; nothing is left behind."""
    there = next(one for one in (folder, *folder.parents) if one.is_dir())
    free = shutil.disk_usage(there).free
    found = f"{folder}, {free / 2**30:.1f} GB free"
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        advice = f"Give yourself the right to write to {there}."
        return Check(name, False, f"{found}, cannot be written: {error.strerror}", advice)
    if free < LEAST_FREE:
        return Check(name, False, found, "Make room on this disk: work may not be saved.")
    return Check(name, True, found)


def settings(path: Path | None = None) -> Iterator[Check]:
    """Yield whether the file of the settings can be read."""
    path = path or platformdirs.user_config_path(program.NAME) / "settings.ini"
    try:
        path.read_text(encoding="utf-8")
    except FileNotFoundError:
        yield Check("settings", True, f"{path} is not there yet: everything is as usual")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        advice = "Move the file away: the next start makes a new one."
        yield Check("settings", False, f"{path} cannot be read: {why}", advice)
    else:
        yield Check("settings", True, str(path))


def codecs() -> Iterator[Check]:
    """Yield whether each kind of image file is read as it was written, and large JPEG files can be read small."""
    import numpy as np  # noqa: PLC0415 - it may be what is broken
    from PIL import Image  # noqa: PLC0415

    from detector.images import read_image, read_thumbnail  # noqa: PLC0415

    ramp = np.linspace(0, 255, _SIDE, dtype=np.uint8)
    pixels = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None, :], np.uint8(90)), axis=2)
    picture = Image.fromarray(pixels)
    deep = Image.fromarray(np.broadcast_to(ramp.astype(np.uint16) * 257, (_SIDE, _SIDE)).copy())
    with tempfile.TemporaryDirectory(prefix="boxwright-doctor-") as folder:
        for name, suffix, image in (
            ("JPEG", ".jpg", picture),
            ("PNG", ".png", picture),
            ("PNG of 16 bits", ".png", deep),
            ("WebP", ".webp", picture),
            ("TIFF", ".tif", picture),
            ("TIFF of 16 bits", ".tif", deep),
            ("BMP", ".bmp", picture),
        ):
            yield _read_back(name, Path(folder) / f"{name}{suffix}", image, read_image)
        small = _read_back("JPEG in small", Path(folder) / "JPEG.jpg", None, lambda path: read_thumbnail(path, 32))
        yield small
    yield _large()


def _read_back(name: str, path: Path, image: object, read: Callable[[Path], ByteArray]) -> Check:
    try:
        if image is not None:
            image.save(path)  # type: ignore[attr-defined]
        height, width = read(path).shape[:2]
    except Exception as error:  # noqa: BLE001 - whatever it is, this kind of file cannot be read
        return Check(name, False, str(error) or type(error).__name__, "Install the package pillow again.")
    return Check(name, True, f"read, {width} × {height} pixels")


def _large() -> Check:
    """Return whether images can be read in parts."""
    from detector.large_images import NotInPartsError, libvips  # noqa: PLC0415 - numpy may be what is broken

    advice = "Install the package pyvips[binary] again; until then images above 178 megapixels are refused."
    with suppress(NotInPartsError):
        vips = libvips()
        return Check("large images", True, f"libvips {vips.version(0)}.{vips.version(1)}.{vips.version(2)}")
    return Check("large images", False, "libvips cannot be loaded", advice)
