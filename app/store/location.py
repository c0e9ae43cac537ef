"""Where a project lives: in `.boxwright/` inside its image folder, or elsewhere if that may not be written."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import platformdirs

from app.model.storage import StoreError
from app.model.words import tr
from app.store.project_files import check_project_folder

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
    def features(self) -> Path:
        """The folder of what training keeps of the images, so that it need not look at them again."""
        return self.cache / "features"

    @property
    def backups(self) -> Path:
        """The folder of the copies of the database that are made while people work."""
        return self.folder / "backups"

    @property
    def heads(self) -> Path:
        """The folder of the model versions that were made in this project."""
        return self.folder / "heads"


def can_write(folder: Path) -> bool:
    """Return whether files can be made in `folder`, which is made itself if need be: permission bits do not tell."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def image_folder_at(folder: Path) -> Path:
    """Return the image folder that somebody means who names it, or the folder of the project in it."""
    folder = folder.absolute()  # of "." only this knows the name
    return folder.parent if folder.name == PROJECT_FOLDER else folder


def locate(
    image_folder: Path, *, data_folder: Path | None = None, writable: Callable[[Path], bool] = can_write
) -> Location:
    """Return the place of the project of `image_folder` and make its folder.

    `data_folder` is where projects go whose image folder may not be written; the user's data folder unless given.
    Such a project stays there when the image folder becomes writable later: the work is where it was.
    Raises StoreError where the image folder does not exist, where neither place can be written, and where the project
    inside the image folder, with the work in it, may only be read.
    """
    inside, elsewhere = _places(image_folder, data_folder)
    has_inside, has_elsewhere = _has_project(inside), _has_project(elsewhere)
    if (has_inside or not has_elsewhere) and writable(inside.folder):
        return inside
    if has_inside and not has_elsewhere:
        raise StoreError(
            tr(
                "The project of these images, in {}, cannot be written now. Make it writable, or copy the whole "
                "folder {} to where you may write, and open that."
            ).format(inside.folder, inside.image_folder)
        )
    if writable(elsewhere.folder):
        return elsewhere
    raise StoreError(
        tr("Neither {} nor {} can be written; make one of them writable and try again.").format(
            inside.folder, elsewhere.folder
        )
    )


def find(
    image_folder: Path, *, data_folder: Path | None = None, writable: Callable[[Path], bool] = can_write
) -> Location | None:
    """Return the place of the project that `image_folder` has, the one that `locate` would open; None if it has none.

    Makes nothing, and a project that may only be read is found too. Raises StoreError where there is no such folder.
    """
    inside, elsewhere = _places(image_folder, data_folder)
    found = [place for place in (inside, elsewhere) if _has_project(place)]
    if len(found) == 2:
        return inside if writable(inside.folder) else elsewhere
    return found[0] if found else None


def _has_project(place: Location) -> bool:
    """Return whether there is a project. Raises StoreError where it may not be looked for, or is not to be trusted."""
    check_project_folder(place.folder)
    try:
        place.database.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise StoreError(tr("The project in {} cannot be read: {}.").format(place.folder, error.strerror)) from error
    return True


def _places(image_folder: Path, data_folder: Path | None) -> tuple[Location, Location]:
    """Return the two places of a project: inside its image folder, and elsewhere."""
    try:
        image_folder = image_folder.expanduser().resolve()
        is_folder = image_folder.is_dir()
    except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError
        raise StoreError(tr("The folder {} cannot be read: {}.").format(image_folder, error)) from error
    if not is_folder:
        raise StoreError(tr("There is no folder {}; choose one that has images in it.").format(image_folder))
    digest = hashlib.sha256(str(image_folder).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    projects = (data_folder or platformdirs.user_data_path("boxwright")) / "projects"
    return (
        Location(image_folder, image_folder / PROJECT_FOLDER, elsewhere=False),
        Location(image_folder, projects / f"{image_folder.name}-{digest}", elsewhere=True),
    )
