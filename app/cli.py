"""The headless verbs that read a project. The others are the detector's (`detector.cli`)."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from app.import_verb import KEYS, chosen, import_annotations
from app.model.storage import StoreError
from app.statistics_tables import tables
from app.store import rows
from app.store.database import NOT_READ, check, open_read_only, speaking
from app.store.formats.annotation_export import export_annotations
from app.store.formats.export_report import ExportError, ExportReport
from app.store.formats.foreign import Images
from app.store.formats.splitting import PARTS, Splitter, export_parts, parse_shares
from app.store.formats.table import format_of
from app.store.inspection import check_values
from app.store.location import DATABASE, PROJECT_FOLDER, Location, find, image_folder_at
from app.store.schema import MIGRATIONS
from app.store.statistics import read_statistics
from app.store.statistics_csv import lines, write_csv
from app.validate_verb import validate
from detector.console import JsonOption, Summary, people_console, progress_bar, require_writable, verb

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from app.store.formats.foreign import Format

_SHOWN = 8
"""So many names are said where there may be many more."""


@verb(StoreError)
def export(
    project: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="the image folder of the project")],
    *,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="the file to write, or the folder for voc, yolo and labelme")
    ],
    format_key: Annotated[str, typer.Option("--format", metavar="KEY", help=KEYS)] = "coco",
    images: Annotated[
        Images, typer.Option("--images", help="whether a folder gets links to the images, or copies of them")
    ] = Images.NONE,
    include_unreviewed: Annotated[
        bool, typer.Option("--include-unreviewed", help="also images that nobody has marked as reviewed")
    ] = False,
    split: Annotated[
        str | None, typer.Option("--split", metavar="80/10/10", help="write a folder with train, val and test parts")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="another number gives another split")] = 0,
    as_json: JsonOption = False,
) -> Summary:
    """Write the reviewed images of a project; what was at the output before stays if anything is wrong.

    A split keeps near copies and neighbours in a series together, and gives each part its share of every category.

    Examples: boxwright export ~/photos -o annotations.json
    boxwright export ~/photos -o ~/dataset --format yolo --images link --split 80/10/10
    """
    format_ = chosen("--format", format_of, format_key)
    shares = None if split is None else chosen("--split", parse_shares, split)
    if shares is None and seed:
        raise typer.BadParameter("without --split there is nothing to choose.", param_hint="--seed")
    if images is not Images.NONE and format_.suffix:
        raise typer.BadParameter(f"{format_.name} is a file, which has no place for images.", param_hint="--images")
    location, console = trusted_project(project), people_console(as_json=as_json)
    splitter = None if shares is None else Splitter(location.image_folder, shares, seed)
    if format_.suffix and splitter is None:
        require_writable(output, kind="text")
    report = write_project(
        location, output, console, format_, images=images, splitter=splitter, include_unreviewed=include_unreviewed
    )
    if splitter is not None:
        console.print(parts_table(splitter))
    for sentence in (*report.sentences(), *report.parts):
        console.print(sentence)
    parts = None if splitter is None else {"images": splitter.images, "boxes": splitter.boxes, "seed": seed}
    return {**_figures(report), "format": format_.key, "split": parts}


def _figures(report: ExportReport) -> Summary:
    return {
        "output": str(report.path),
        "images": report.images,
        "empty_images": report.empty_images,
        "annotations": report.annotations,
        "categories": report.categories,
        "unreviewed_left_out": report.unreviewed_left_out,
        "turned": report.turned,
        "resized": report.resized,
        "missing": report.missing,
        "outlines_left_out": report.outlines_left_out,
        "lost": list(report.lost),
    }


@verb(StoreError)
def statistics(
    project: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="the image folder of the project")],
    *,
    csv: Annotated[Path | None, typer.Option("--csv", help="also write every figure to this CSV file")] = None,
    as_json: JsonOption = False,
) -> Summary:
    """Say how the work on a project goes: progress, categories, suggestions by model version, corrections, days.

    Example: boxwright statistics ~/photos --csv statistics.csv
    """
    location, console = trusted_project(project), people_console(as_json=as_json)
    if csv is not None:
        require_writable(csv, kind="text")
    counted = read_statistics(location)
    counted = replace(counted, images=replace(counted.images, missing=len(missing_images(location))))
    for table in tables(counted):
        console.print(table)
        console.print()
    if csv is not None:
        write_csv(counted, csv)
        console.print(f"All figures were written to {csv}.")
    return {"csv": None if csv is None else str(csv), "figures": [line._asdict() for line in lines(counted)]}


def find_project(folder: Path) -> Location:
    """Return where the project of `folder` is, making nothing. Raises StoreError if there is none."""
    image_folder = image_folder_at(folder)
    location = find(image_folder)
    if location is not None:
        return location
    inner = sorted(one.parent.parent.name for one in image_folder.glob(f"*/{PROJECT_FOLDER}/{DATABASE}"))
    advice = "open the folder in the window, or import annotations into it, first."
    if inner:  # the folder of all shares, or of several folders of images
        advice = f"projects are in its folders {', '.join(inner[:_SHOWN])}{' and more' * (len(inner) > _SHOWN)}."
    raise StoreError(f"There is no project in {image_folder}: {advice}")


def missing_images(location: Location) -> list[str]:
    """Return the images of a project that are not in its folder now, whatever it was when they were listed last.

    Raises StoreError.
    """
    with closing(open_read_only(location.database)) as connection, speaking(NOT_READ):
        paths = [record.path for record in rows.image_records(connection)]
    return [path for path in paths if not os.path.isfile(f"{location.image_folder}/{path}")]  # noqa: PTH113 - many


def trusted_project(folder: Path) -> Location:
    """Return where the project of `folder` is. Raises StoreError if there is none that this Boxwright has written."""
    location = find_project(folder)
    with closing(open_read_only(location.database)) as connection, speaking(NOT_READ):
        check(connection, location.database, MIGRATIONS)
        if connection.execute("PRAGMA user_version").fetchone() != (len(MIGRATIONS),):
            raise StoreError(
                f"The project in {location.image_folder} is of an older version: open it in the window once."
            )
        check_values(connection, location.database)
    return location


def write_project(
    location: Location,
    output: Path,
    console: Console,
    format_: Format,
    *,
    images: Images,
    splitter: Splitter | None,
    include_unreviewed: bool,
) -> ExportReport:
    """Export with a progress bar. Raises StoreError that lists everything that keeps it from being written."""
    try:
        with progress_bar(console) as bar:
            task = bar.add_task("exporting", total=None, note="")
            if splitter is not None:
                comparing = bar.add_task("comparing images", total=None, note="")
                splitter.progress = lambda done, total: bar.update(comparing, completed=done, total=total)
            return (export_annotations if splitter is None else partial(export_parts, splitter=splitter))(
                format_,
                location,
                output,
                include_unreviewed=include_unreviewed,
                images=images,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    except ExportError as error:
        raise StoreError("\n".join([str(error), *(f"  {problem}" for problem in error.problems)])) from error


def parts_table(splitter: Splitter) -> Table:
    """Return the boxes of each category by part."""
    present = [part for part, share in zip(PARTS, splitter.shares, strict=True) if share]
    table = Table("boxes of", *(Column(part, justify="right") for part in present), box=None)
    for name, boxes in splitter.boxes.items():
        table.add_row(Text(name), *(str(boxes[part]) for part in present))
    return table


VERBS: dict[str, Callable[..., None]] = {
    "export": export,
    "import": import_annotations,
    "statistics": statistics,
    "validate": validate,
}
