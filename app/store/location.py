"""Where a project lives: in `.boxwright/` inside its image folder, or elsewhere if that may not be written."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import platformdirs

from app.model.storage import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROJECT_FOLDER = ".boxwright"
DATABASE = "project.db"


@dataclass(frozen=True, slots=True)
class Location:
    """The image folder, the folder of its project, and whether that lies elsewhere: the window says where."""

    image_folder: Path
    folder: Path
    elsewhere: bool

    @property
    def database(self) -> Path:
        """The file with everything people decided."""
        return self.folder / DATABASE

    @property
    def cache(self) -> Path:
        """The folder of what can be computed again; it may be deleted at any time while the project is closed."""
        return self.folder / "cache"

    @property
    def heads(self) -> Path:
        """The folder of retrained heads."""
        return self.folder / "heads"


def can_write(folder: Path) -> bool:
    """Return whether files can be made in `folder`, which is made itself if need be: permission bits do not tell."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def locate(
    image_folder: Path, *, data_folder: Path | None = None, writable: Callable[[Path], bool] = can_write
) -> Location:
    """Return the place of the project of `image_folder` and make its folder.

    `data_folder` is where projects go whose image folder may not be written; the user's data folder unless given.
    Such a project stays there when the image folder becomes writable later: the work is where it was.
    Raises StoreError where the image folder does not exist or neither place can be written.
    """
    image_folder = image_folder.expanduser().resolve()
    if not image_folder.is_dir():
        raise StoreError(f"There is no folder {image_folder}; choose one that has images in it.")
    digest = hashlib.sha256(str(image_folder).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    elsewhere = (data_folder or platformdirs.user_data_path("boxwright")) / "projects" / f"{image_folder.name}-{digest}"
    inside = image_folder / PROJECT_FOLDER
    stays_elsewhere = (elsewhere / DATABASE).exists() and not (inside / DATABASE).exists()
    if not stays_elsewhere and writable(inside):
        return Location(image_folder, inside, elsewhere=False)
    if writable(elsewhere):
        return Location(image_folder, elsewhere, elsewhere=True)
    raise StoreError(f"Neither {inside} nor {elsewhere} can be written; make one of them writable and try again.")
