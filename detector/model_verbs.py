"""The headless verbs `models` and `models get`: what weights can be had by name, and getting them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from detector.checkpoint_header import describe
from detector.console import JsonOption, Summary, people_console, progress_bar, verb
from detector.downloads import download
from detector.published import PUBLISHED, installed, models_folder
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from detector.published import Published

_MEGABYTE = 10**6

models = typer.Typer(add_completion=False, rich_markup_mode=None)


@models.callback(invoke_without_command=True)
def models_or_list(context: typer.Context, *, as_json: JsonOption = False) -> None:
    """List the models and backbones that can be had by name, or get one.

    Example: boxwright models get fasterrcnn_resnet50_fpn
    """
    if context.invoked_subcommand is None:
        list_models(as_json=as_json)
    elif as_json:
        raise typer.BadParameter(f"write --json after {context.invoked_subcommand}.")


@models.command("list")
@verb()
def list_models(*, as_json: JsonOption = False) -> Summary:
    """List what can be had by name, what of it is here, and the other models of the folder.

    AP is that of COCO val2017, top-1 the accuracy on ImageNet-1K, both in per cent as torchvision publishes them.
    """
    folder, console = models_folder(), people_console(as_json=as_json)
    table = Table(Column("name", overflow="fold"), Column("MB", justify="right"), "published", "here", box=None)
    for row in PUBLISHED.values():
        figures = ", ".join(f"{figure} {value:g}" for figure, value in row.published) or "-"
        table.add_row(_named(row.name, row.title), f"{row.size / _MEGABYTE:.0f}", figures, _state(row, folder))
    own = [_own(path) for path in installed() if path.stem not in PUBLISHED]
    for entry in own:
        table.add_row(_named(entry["name"], entry["title"]), entry["megabytes"], "-", entry["here"])
    console.print(table)
    for licence in dict.fromkeys(row.licence for row in PUBLISHED.values()):
        kinds = dict.fromkeys(row.kind for row in PUBLISHED.values() if row.licence == licence)
        console.print(f"Licence of each {' and '.join(kinds)}: {licence}.")
    console.print(f"The folder is {folder}.")
    return {"folder": str(folder), "models": [_summary(row, folder) for row in PUBLISHED.values()], "own": own}


def _named(name: str, title: str) -> Group:
    """Return both below each other: in one line they are longer than many terminals."""
    return Group(name, Padding(Text(title, style="dim"), (0, 0, 0, 2)))


def _summary(published: Published, folder: Path) -> Summary:
    return {
        "name": published.name,
        "title": published.title,
        "kind": published.kind,
        "system": published.system,
        "url": published.url,
        "bytes": published.size,
        "categories": published.categories,
        "licence": published.licence,
        "published": dict(published.published),
        "path": str(folder / published.local_name),
        "here": _state(published, folder),
    }


def _state(published: Published, folder: Path) -> str:
    """Return yes, no or damaged. Whether a backbone is whole is seen when it is asked for: that takes a second."""
    path = folder / published.local_name
    if not path.is_file():
        return "no"
    if published.kind == "detector":
        try:
            describe(path)
        except DetectorError:
            return "damaged"
    return "yes"


def _own(path: Path) -> dict[str, str]:
    """Return the row of a model that somebody put into the folder."""
    row = {"name": path.stem, "path": str(path), "megabytes": f"{path.stat().st_size / _MEGABYTE:.0f}"}
    try:
        model = describe(path)
    except DetectorError as error:
        return row | {"title": str(error), "here": "damaged"}
    count = len(model.categories)
    return row | {"title": f"{model.title}, {count} {'category' if count == 1 else 'categories'}", "here": "yes"}


@models.command()
@verb()
def get(
    name: Annotated[str, typer.Argument(help="one of the names that `boxwright models` lists")],
    *,
    as_json: JsonOption = False,
) -> Summary:
    """Fetch published weights into the folder of the models.

    A detector is converted there, and can be given by its name wherever a model is asked for; a backbone stays as it
    is, for `train --backbone-weights`. What an interrupted download has fetched is kept: start again to go on. Proxies
    are taken from the environment (https_proxy, no_proxy), and BOXWRIGHT_MODELS names another folder.

    Example: boxwright models get fasterrcnn_resnet50_fpn
    """
    published = PUBLISHED.get(name)
    if published is None:
        raise typer.BadParameter(f"there are no weights called {name}: choose one of {', '.join(PUBLISHED)}.")
    folder, console = models_folder(), people_console(as_json=as_json)
    path = folder / published.local_name
    was_here = _state(published, folder) == "yes"
    if published.kind == "backbone":
        _fetch(published, folder, console)  # also if it is here: to see whether it is whole
    elif not was_here:
        _convert(published, _fetch(published, folder, console), path)
    use = f"--model {name}" if published.kind == "detector" else f"train --backbone-weights {name}"
    console.print(f"{name} is {'already' if was_here else 'now'} here, as {path}: use it with {use}.")
    console.print(f"Licence: {published.licence}.")
    return _summary(published, folder) | {"was_here": was_here}


def _fetch(published: Published, folder: Path, console: Console) -> Path:
    """Download with a bar in megabytes, and return where the file is."""
    with closing(download(published, folder)) as steps, progress_bar(console) as bar:
        task = bar.add_task(f"fetching {published.name} (MB)", total=None, note="")
        for progress in steps:
            note = f"{progress.rate / _MEGABYTE:.1f} MB/s" if progress.rate else ""
            bar.update(task, completed=progress.done / _MEGABYTE, total=progress.total / _MEGABYTE, note=note)
    assert progress.path is not None, "a download ends with the path of its file"
    return progress.path


def _convert(published: Published, source: Path, output: Path) -> None:
    """Write the downloaded detector as a model of this program, and delete the download: nothing reads it again."""
    from detector import checkpoints  # noqa: PLC0415 - imports torch
    from detector.conversion import convert_file  # noqa: PLC0415

    converted = convert_file(source, published.system)
    licence, origin = published.licence, published.url
    checkpoints.save(output, converted.model, converted.categories, licence=licence, source=origin)
    try:
        source.unlink()
    except OSError as error:
        raise DetectorError(f"{output} is ready, but {source} cannot be deleted: {error.strerror or error}.") from error
