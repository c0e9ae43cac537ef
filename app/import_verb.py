"""The headless verb `import`: annotations of any format into the project of an image folder."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store.formats.annotation_import import find_annotations, plan_found
from app.store.formats.project_images import ProjectImages
from app.store.formats.table import FORMATS, format_of
from app.store.location import can_write, find, image_folder_at
from app.store.project_store import ProjectStore
from detector.console import JsonOption, ReportedError, Summary, people_console, verb
from detector.image_files import list_image_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.store.formats.annotation_import import Found
    from app.store.formats.coco_import import CocoImport

KEYS = ", ".join(one.key for one in FORMATS)
Chosen = TypeVar("Chosen")


def chosen(option: str, read: Callable[[str], Chosen], text: str) -> Chosen:
    """Return what `read` makes of the text of an option. Raises BadParameter where that is a StoreError."""
    try:
        return read(text)
    except StoreError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


@verb(StoreError)
def import_annotations(
    project: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="an image folder, or its project")],
    source: Annotated[Path, typer.Argument(exists=True, metavar="FILE_OR_FOLDER", help="the annotations")],
    *,
    format_key: Annotated[str | None, typer.Option("--format", metavar="KEY", help=f"{KEYS}; else by content")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would come, and import nothing")] = False,
    reviewed: Annotated[
        bool, typer.Option("--reviewed", help="mark the images of the annotations as reviewed")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="import what is right, whatever is wrong beside it")
    ] = False,
    as_json: JsonOption = False,
) -> Summary:
    """Bring annotations into the project of an image folder, which is made if there is none. Undo takes them back.

    Nothing is imported if anything is wrong, unless --skip-bad says so. What the project has already stays as it is.

    Example: boxwright import ~/photos ~/voc/Annotations --reviewed
    """
    format_ = None if format_key is None else chosen("--format", format_of, format_key)
    console = people_console(as_json=as_json)
    image_folder = image_folder_at(project)
    is_new = find(image_folder) is None
    with ExitStack() as opened:
        store = opened.enter_context(_opened(image_folder, is_trial=is_new))
        found = find_annotations(source, ProjectImages(store.location.image_folder, store.images()), format_)
        planned = plan_found(store, found, skip_bad=skip_bad, reviewed=reviewed)
        if planned.problems and (found.dataset is None or not skip_bad):
            first, *rest = planned.sentences()
            raise ReportedError("\n".join([first, *(f"  {sentence}" for sentence in rest)]), _figures(found, planned))
        if not dry_run and (planned.command is not None or not is_new):
            if is_new:  # only now: what is refused makes no project
                paths = [store.image_path(record) for record in store.images()]
                store = opened.enter_context(_opened(image_folder, paths))
                planned = plan_found(store, found, skip_bad=skip_bad, reviewed=reviewed)
            _import(store, planned)
    if found.format is not None:
        console.print(f"{found.path} is {found.format.name}.")
    for sentence in planned.sentences():
        console.print(sentence)
    if planned.new_categories:
        console.print(f"New categories: {', '.join(planned.new_categories)}.")
    if dry_run and planned.command is not None:
        console.print("Nothing was imported: this was a trial.")
    return {**_figures(found, planned), "imported": planned.command is not None and not dry_run}


@contextmanager
def _opened(
    image_folder: Path, paths: Sequence[Path] | None = None, *, is_trial: bool = False
) -> Iterator[ProjectStore]:
    """Open the project with its images, those at `paths` or else in the folder now. Raises StoreError.

    For a trial, open one that leaves no trace.
    """
    with tempfile.TemporaryDirectory(prefix="boxwright-") as elsewhere:
        if is_trial:
            trial = Path(elsewhere)
            store = ProjectStore.open(
                image_folder, data_folder=trial, writable=lambda folder: _make_below(trial, folder)
            )
        else:
            store = ProjectStore.open(image_folder)
        try:
            store.list_images(list_image_paths(store.location.image_folder) if paths is None else paths)
            yield store
        finally:
            store.close()


def _make_below(trial: Path, folder: Path) -> bool:
    """Return whether `folder` may be written, which the image folder of a trial may not."""
    return folder.is_relative_to(trial) and can_write(folder)


def _import(store: ProjectStore, planned: CocoImport) -> None:
    workspace = Workspace(store)
    if planned.command is not None:
        workspace.execute(planned.command)
    workspace.set_image_sizes(planned.sizes)


def _figures(found: Found, planned: CocoImport) -> Summary:
    return {
        "format": None if found.format is None else found.format.key,
        "images": planned.images,
        "images_left_out": planned.images_left_out,
        "annotations": planned.annotations,
        "present": planned.present,
        "new_categories": list(planned.new_categories),
        "known_categories": list(planned.known_categories),
        "problems": list(planned.problems),
        "notes": list(planned.notes),
    }
