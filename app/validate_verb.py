"""The headless verb `validate`: a dataset is looked over before anybody imports it or trains on it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from app.import_verb import chosen
from app.model.storage import StoreError
from app.store.formats.findings import Severity, lines
from app.store.formats.table import FORMATS, format_of
from app.store.formats.validation import validate as look_over
from detector.console import JsonOption, ReportedError, Summary, people_console, progress_bar, verb

if TYPE_CHECKING:
    from app.store.formats.validation import Validation

SHOWN = 20
KEYS = f"one of {', '.join(one.key for one in FORMATS)}; what the content shows unless it is given"


@verb(StoreError)
def validate(
    path: Annotated[Path, typer.Argument(exists=True, metavar="FILE|FOLDER", help="annotations of any format")],
    *,
    images: Annotated[Path, typer.Option("--images", exists=True, file_okay=False, help="the folder of its images")],
    format_key: Annotated[str | None, typer.Option("--format", metavar="KEY", help=KEYS)] = None,
    quick: Annotated[bool, typer.Option("--quick", help="read the headers of the images alone")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="let warnings count as errors do")] = False,
    everything: Annotated[bool, typer.Option("--all", help=f"show more than {SHOWN} lines of one kind")] = False,
    as_json: JsonOption = False,
) -> Summary:
    """Look a dataset over and say everything that is wrong with it, one line each: where, what, and what to do.

    Needs no project and changes nothing. Errors keep something from being imported, or make another program read the
    dataset wrongly: with one of them the exit code is 1. Warnings do not count, unless --strict says so.

    Example: boxwright validate annotations.json --images ~/photos
    """
    console = people_console(as_json=as_json)
    format_ = None if format_key is None else chosen("--format", format_of, format_key)
    with progress_bar(console) as bar:
        task = bar.add_task("looking at images", total=None, note="")
        found = look_over(
            path,
            images,
            format_,
            thorough=not quick,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    for line in lines(found.findings, len(found.findings) if everything else SHOWN):
        console.print(line)
    counting = found.count(Severity.ERROR) + (found.count(Severity.WARNING) if strict else 0)
    if counting:
        raise ReportedError(_sentence(found), _summary(found))
    console.print(_sentence(found))
    return _summary(found)


def _sentence(found: Validation) -> str:
    errors, warnings = found.count(Severity.ERROR), found.count(Severity.WARNING)
    categories = "1 category" if found.categories == 1 else f"{found.categories} categories"
    counts = f"{_counted(found.images, 'image')}, {_counted(found.annotations, 'annotation')} and {categories}"
    name = "no format" if found.format is None else found.format.name
    first = f"{_counted(errors, 'error', 'No')} and {_counted(warnings, 'warning', 'no')}"
    return f"{first} in {found.path} ({name}: {counts})."


def _counted(count: int, word: str, none: str = "0") -> str:
    return f"{count or none} {word}" + ("" if count == 1 else "s")


def _summary(found: Validation) -> Summary:
    return {
        "path": str(found.path),
        "format": None if found.format is None else found.format.key,
        "images": found.images,
        "annotations": found.annotations,
        "categories": found.categories,
        "errors": found.count(Severity.ERROR),
        "warnings": found.count(Severity.WARNING),
        "findings": [
            {
                "severity": one.severity.value,
                "kind": one.kind,
                "place": one.place,
                "what": one.what,
                "advice": one.advice,
            }
            for one in found.findings
        ],
    }
