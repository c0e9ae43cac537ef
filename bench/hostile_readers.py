"""What opens a hostile file, as the program opens it: everything that it asks a file of that sort."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def read_image_file(path: Path) -> str:
    """Open an image as the window does: size, thumbnail, pixels, and of a large one an overview."""
    from detector import images, large_images  # noqa: PLC0415 - in the cell

    size, turned = images.read_image_size(path), images.is_turned(path)
    images.read_thumbnail(path, 160)
    image = images.open_image(path)
    if isinstance(image, large_images.LargeFile):
        large_images.read_overview(image, 2048)
    return f"{size[1]} x {size[0]}{' turned' if turned else ''}"


def read_coco_file(path: Path) -> str:
    """Read annotations as training does, and bring them into a project as the window does."""
    from PIL import Image  # noqa: PLC0415

    from app import coco_projects  # noqa: PLC0415
    from app.store.formats.annotation_import import find_annotations, plan_found  # noqa: PLC0415
    from app.store.formats.coco_format import COCO  # noqa: PLC0415
    from app.store.formats.project_images import ProjectImages  # noqa: PLC0415
    from app.store.project_store import ProjectStore  # noqa: PLC0415
    from detector.coco import read_dataset  # noqa: PLC0415
    from detector.image_files import list_images  # noqa: PLC0415
    from detector.types import DetectorError  # noqa: PLC0415

    Image.new("RGB", (32, 24)).save(path.parent / "a.png")
    coco_projects.annotations_beside(path.parent)
    coco_projects.image_folder_of(path)
    with closing(ProjectStore.open(path.parent)) as store:
        store.list_images(list_images(path.parent))
        images = ProjectImages(store.location.image_folder, store.images())
        found = plan_found(store, find_annotations(path, images, COCO), skip_bad=True)
        if found.command is not None:
            store.write(found.command.edits, store.history().recorded(), found.command)
            store.journal_entry(1)
    if found.command is None and found.problems:
        raise DetectorError(found.problems[0])
    dataset = read_dataset(path, path.parent)
    return f"{len(dataset.images)} images, {len(dataset.problems)} problems"


def read_foreign(path: Path) -> str:
    """Bring annotations of whichever format into a small project, as the verb `import` does, and say its sentences."""
    from PIL import Image  # noqa: PLC0415

    from app.model.storage import StoreError  # noqa: PLC0415
    from app.model.workspace import Workspace  # noqa: PLC0415
    from app.store.formats.annotation_import import find_annotations, plan_found  # noqa: PLC0415
    from app.store.formats.project_images import ProjectImages  # noqa: PLC0415
    from app.store.project_store import ProjectStore  # noqa: PLC0415
    from detector.image_files import list_images  # noqa: PLC0415

    folder = (path if path.is_dir() else path.parent) / "images"
    folder.mkdir()
    Image.new("RGB", (32, 24)).save(folder / "a.png")
    with closing(ProjectStore.open(folder)) as store:
        store.list_images(list_images(folder))
        found = find_annotations(path, ProjectImages(folder, store.images()))
        planned = plan_found(store, found, skip_bad=True)
        if planned.command is not None:
            Workspace(store).execute(planned.command)
        said = "\n".join(planned.sentences()).encode()
    if b"years of work" in said:
        raise AssertionError("what lies outside was told")
    if planned.command is None and planned.problems:
        raise StoreError(planned.problems[0])
    name = "nothing" if found.format is None else found.format.name
    return f"{name}: {planned.annotations} boxes, {len(planned.problems)} problems"


def read_project(folder: Path) -> str:
    """Open a project as the window does, undo, look at statistics and what training would learn from, and export."""
    from app.model.workspace import Workspace  # noqa: PLC0415
    from app.store.corrections import read_corrections  # noqa: PLC0415
    from app.store.formats.coco_export import export_coco  # noqa: PLC0415
    from app.store.project_store import ProjectStore  # noqa: PLC0415
    from app.store.statistics import read_statistics  # noqa: PLC0415
    from detector.image_files import list_image_paths  # noqa: PLC0415
    from detector.images import read_thumbnail  # noqa: PLC0415
    from detector.types import DetectorError  # noqa: PLC0415

    with closing(ProjectStore.open(folder)) as store:
        store.list_images(list_image_paths(folder))
        workspace = Workspace(store)
        for record in workspace.images:
            workspace.go_to(record.id)
            store.prediction_of(record, "v")
            try:
                read_thumbnail(store.image_path(record), 160)
            except DetectorError:
                continue
        said = [version.gain for version in store.versions.all()]
        read_statistics(store.location)
        read_corrections(store.location, None)
        export_coco(store.location, folder / "out.json", include_unreviewed=False)
        while workspace.undo() is not None:
            pass
        return f"{len(workspace.images)} images, {len(said)} versions"


def read_weights_file(path: Path) -> str:
    """Read weights as the list of models, the detector and `convert` do; refused is what all three refuse."""
    from detector import checkpoint_header, checkpoints, unpickling  # noqa: PLC0415
    from detector.types import DetectorError  # noqa: PLC0415

    said = []
    readers: tuple[Callable[[Path], object], ...] = (checkpoint_header.describe, checkpoints.load)
    for read in readers:
        try:
            read(path)
            said.append("a model")
        except DetectorError as error:
            said.append(str(error))
    weights = unpickling.read_weights(path)
    return f"{len(weights.state)} tensors"


READERS: dict[str, Callable[[Path], str]] = {
    "image": read_image_file,
    "coco": read_coco_file,
    "foreign": read_foreign,
    "project": read_project,
    "weights": read_weights_file,
}
