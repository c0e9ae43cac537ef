"""The headless verb `repair`: what is wrong with a project, what was saved of it, and where the damaged file is."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.cli import find_project
from app.model.storage import PassingError, StoreError
from app.store.repair import examine
from app.store.repair import repair as make_whole
from detector.console import JsonOption, ReportedError, Summary, people_console, verb

if TYPE_CHECKING:
    from rich.console import Console

    from app.store.repair import RepairReport

_WORDS = {
    "images": "images",
    "annotations": "boxes",
    "rejections": "rejections",
    "categories": "categories",
    "journal": "steps of undo",
    "model_versions": "model versions",
    "category_mapping": "matched categories",
    "activity": "stretches of work",
    "remembered": "settings",
}

EXIT_UNKNOWN = 3
"""The code of a check that could not look: a program that asks must take the project neither for good nor for bad."""
_CHECK = "only say what is wrong; code 1 if anything is, 3 if nobody can look now"


@verb(StoreError)
def repair(
    project: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="the image folder of the project")],
    *,
    source: Annotated[
        Path | None,
        typer.Option("--from", exists=True, dir_okay=False, help="take this backup or copy in place of what is there"),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help=_CHECK)] = False,
    as_json: JsonOption = False,
) -> Summary:
    """Make a damaged project whole; what was there is set aside and never deleted.

    Rows are read one by one around what is damaged, what is missing comes from the journal of all decisions and from
    the newest good backup, images that are nowhere else from an index; the backup is taken as a whole where it has
    more.

    Example: boxwright repair ~/photos --check
    """
    location, console = find_project(project), people_console(as_json=as_json)
    if check:
        try:
            wrong = examine(location)
        except PassingError as error:
            raise ReportedError(str(error), {"project": str(project)}, EXIT_UNKNOWN) from error
        _say_wrong(wrong, console)
        if wrong:
            raise ReportedError(f"{location.database} is damaged.", {"project": str(project), "wrong": list(wrong)})
        return {"project": str(project), "wrong": []}
    report = make_whole(location, datetime.now(UTC), source)
    _say_wrong(report.wrong, console)
    if report.aside is not None:
        _say_saved(report, console)
    return {
        "project": str(project),
        "wrong": list(report.wrong),
        "repaired": report.aside is not None,
        "taken": None if report.source is None else str(report.source),
        "aside": None if report.aside is None else str(report.aside),
        "lost": report.lost,
        "tables": {name: asdict(tally) for name, tally in report.tallies.items()},
        "heads": list(report.heads),
    }


def _say_wrong(wrong: tuple[str, ...], console: Console) -> None:
    console.print("This is wrong with the project:" if wrong else "Nothing is wrong with the project.")
    for finding in wrong:
        console.print(f"  {finding}")


def _say_saved(report: RepairReport, console: Console) -> None:
    table = Table("", "read", "from the journal", "from a backup", "from an index", "lost", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, words in _WORDS.items():
        tally = report.tallies[name]
        counts = (tally.read, tally.journal, tally.backup, tally.index, tally.lost)
        table.add_row(words, *(f"{count:,}" for count in counts))
    console.print()
    console.print(table)
    console.print()
    if report.tallies["images"].index:
        console.print(
            "Images from an index have their path, their boxes and whether they are reviewed; other marks come from "
            "the journal where it is whole, and what an import noted of these images is lost."
        )
    if report.source is not None:
        console.print(f"{report.source} was taken as a whole.")
    if report.heads:
        console.print(f"Nothing is known any more of these models, which are set aside too: {', '.join(report.heads)}.")
    console.print(f"The project is good again. What was there before is in {report.aside}; delete it when all is well.")
