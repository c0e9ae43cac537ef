"""The headless verb `convert`: a detector of another program becomes a model file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from detector import coco
from detector.console import (
    JsonOption,
    OutputOption,
    ReportedError,
    Summary,
    people_console,
    require_writable,
    verb,
)
from detector.systems import SYSTEMS
from detector.types import DetectorError

if TYPE_CHECKING:
    from rich.console import Console

    from detector.conversion_report import Report

LISTED = 10  # names of weights that people are shown of those that do not fit


@verb()
def convert(
    file: Annotated[Path, typer.Argument(exists=True, help="weights of torchvision, mmdetection or Detectron2")],
    *,
    output: OutputOption,
    system: Annotated[str | None, typer.Option(help="what it is, where the file does not tell; see systems")] = None,
    categories: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="their names: a text file, one a line, or a COCO JSON file"),
    ] = None,
    as_json: JsonOption = False,
) -> Summary:
    """Convert a Faster R-CNN or an RPN of torchvision, mmdetection or Detectron2.

    What the file is, its content says, not its name. Nothing in it is run. It is converted as a whole or not at all,
    and each weight is accounted for; with --json one by one.

    Example: boxwright convert faster_rcnn_r50_fpn_1x_coco.pth -o r50.safetensors
    """
    if system is not None and system not in SYSTEMS:
        raise typer.BadParameter(f"there is no system {system}: choose one of {', '.join(SYSTEMS)}.")
    require_writable(output, [each for each in (file, categories) if each], kind="model")
    names = read_categories(categories) if categories else None
    from detector import checkpoints  # noqa: PLC0415 - imports torch
    from detector.conversion import convert_file  # noqa: PLC0415
    from detector.conversion_report import ConversionError  # noqa: PLC0415

    console = people_console(as_json=as_json)
    try:
        converted = convert_file(file, system, names)
    except ConversionError as error:
        _print_report(error.report, console)
        raise ReportedError(str(error), _summary(error.report)) from error
    row, report = converted.model.system, converted.report
    checkpoints.save(
        output, converted.model, converted.categories, licence=row.licence, source=f"{report.format}: {file.name}"
    )
    _print_report(report, console)
    count = len(converted.categories)
    console.print(f"{row.title} with {count} {'category' if count == 1 else 'categories'} is in {output}.")
    return _summary(report) | {"output": str(output), "title": row.title, "categories": list(converted.categories)}


def read_categories(path: Path) -> list[str]:
    """Return names of categories: of a text file its lines that are not empty, of a COCO file in the order of its ids.

    Raises DetectorError where there are none, or one comes twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DetectorError(f"{path} is no text that can be read: {error}.") from error
    if text.lstrip().startswith(("{", "[")):
        names = _coco_names(path)
    else:
        names = [line.strip() for line in text.splitlines() if line.strip()]
    if not names:
        raise DetectorError(f"There are no categories in {path}: write a name a line.")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DetectorError(f"The category {twice[0]} is in {path} more than once: give each its own name.")
    return names


def _coco_names(path: Path) -> list[str]:
    document = coco.read_json(path)
    rows = document.get("categories") if isinstance(document, dict) else None
    try:
        pairs = sorted((int(row["id"]), str(row["name"])) for row in rows or ())
    except (TypeError, KeyError, ValueError):
        raise DetectorError(f"The categories in {path} are not those of a COCO file, with an id and a name.") from None
    return [name for _, name in pairs]


def _print_report(report: Report, console: Console) -> None:
    """Count for people what became of the weights, and list those that do not fit."""
    console.print(f"A file of {report.format}, as {report.system}:")
    console.print(f"{len(report.used):6} weights used")
    for reason, count in Counter(reason for _, reason in report.skipped).items():
        console.print(f"{count:6} skipped: {reason}")
    for names, what in (
        (report.missing, "missing"),
        (report.unexpected, "that the system has no place for"),
        (tuple(name for name, *_ in report.reshaped), "of another shape"),
    ):
        if names:
            more = ", ..." if len(names) > LISTED else ""
            console.print(f"{len(names):6} {what}: {', '.join(names[:LISTED])}{more}")
    for note in report.notes:
        console.print(note)


def _summary(report: Report) -> Summary:
    return {
        "format": report.format,
        "system": report.system,
        "used": dict(report.used),
        "skipped": dict(report.skipped),
        "missing": list(report.missing),
        "unexpected": list(report.unexpected),
        "reshaped": {name: {"file": list(have), "system": list(want)} for name, have, want in report.reshaped},
        "notes": list(report.notes),
    }
