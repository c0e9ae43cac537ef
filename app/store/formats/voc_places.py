"""Where the image of an annotation of VOC may be."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from app.store.formats.project_images import LONGEST, shorter, twin_of, without
from app.store.formats.targets import export_around

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.store.formats.project_images import ProjectImages

KEY = "voc"
ANNOTATIONS, IMAGES = "Annotations", "JPEGImages"


class VocPlaces:
    """The places of the images of the dataset in `root`, as `ProjectImages.first` and `by_stem` want them."""

    def __init__(self, root: Path, images: ProjectImages) -> None:
        self._root = root
        self._images = images
        self._export = export_around(root.absolute(), KEY)

    def of(self, file: Path, name: str, folders: Collection[str]) -> list[list[str]]:
        """Return the paths that an image called `name` in one of `folders` may have, in tiers, the likeliest first."""
        if max(map(len, (name, *folders))) > LONGEST:
            return [[name]]
        said = file.parent / name
        twin = twin_of(said, ANNOTATIONS, IMAGES)
        place, beside = self._images.place(twin), self._images.place(said)
        tiers = [[one] for one in (place, beside) if one is not None]
        if self._export is not None and file.absolute().is_relative_to(self._export / ANNOTATIONS):
            return [*tiers, [f"{file.absolute().parent.relative_to(self._export / ANNOTATIONS).as_posix()}/{name}"]]
        bare = None if beside is None else without(beside, ANNOTATIONS)
        # A file right in "Annotations" is of any folder, one in a folder of it of that folder.
        if bare is not None and (file.parent.name != ANNOTATIONS or not folders or self._agrees(bare, folders)):
            tiers.append([bare])
        below = file.parent.relative_to(self._root).parts
        if below := below[1:] if below[:1] == (ANNOTATIONS,) else below:
            tiers.append(["/".join((*below, name))])
        above = [""] if bare is None else [f"{one}/" for one in PurePosixPath(bare).parents]
        tiers.append([f"{one}{folder}/{name}" for one in above for folder in folders])
        return [*tiers, [name] if beside is None else shorter(place or beside)]

    def _agrees(self, place: str, folders: Collection[str]) -> bool:
        """Tell whether the folder that a file names is the one that `place` is in."""
        inner = PurePosixPath(place).parent.name
        names = {inner} if inner else self._images.folder_names
        return any(PurePosixPath(folder).name in names for folder in folders)
