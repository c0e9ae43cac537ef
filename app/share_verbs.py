"""The headless verbs `split` and `merge`: a project for several people, and back."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from app.cli import find_project, missing_images, trusted_project
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store.formats.foreign import Images
from app.store.merging import plan_merge
from app.store.project_store import ProjectStore
from app.store.share_states import opened_shares, remember_merge
from app.store.shares import default_names, split_project
from detector.console import JsonOption, Summary, people_console, progress_bar, verb

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console

    from app.model.agreement import Agreement
    from app.store.merging import MergePlan, ShareTally
    from app.store.shares import Share

_SHOWN = 20
ProjectArgument = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="the image folder of the project")]


@verb(StoreError)
def split(
    project: ProjectArgument,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="the new folder for the shares")],
    parts: Annotated[int | None, typer.Option("--parts", min=2, metavar="N", help="so many shares")] = None,
    names: Annotated[
        str | None, typer.Option("--names", metavar="ANN,BEN", help="who gets a share, in place of --parts")
    ] = None,
    overlap: Annotated[
        float, typer.Option("--overlap", min=0, max=1, help="the part of all images that two people get")
    ] = 0.0,
    images: Annotated[
        Images, typer.Option("--images", help="whether a share gets copies of its images, or links to them")
    ] = Images.COPY,
    seed: Annotated[int, typer.Option("--seed", help="another number gives another split")] = 0,
    as_json: JsonOption = False,
) -> Summary:
    """Split a project into shares, each a folder with images and a project of its own that the window opens.

    Near copies stay together, and each share gets its part of every category. The project itself is not changed, and
    work on it can go on. `boxwright merge` brings the shares back.

    Example: boxwright split ~/photos --names ann,ben,cem --overlap 0.1 -o ~/shares
    """
    chosen = _names(parts, names)
    if images is Images.NONE:
        raise typer.BadParameter("a share without images is of no use: choose copy or link.", param_hint="--images")
    location, console = trusted_project(project), people_console(as_json=as_json)
    with progress_bar(console) as bar:
        task = bar.add_task("comparing images", total=None, note="")
        dealt = split_project(
            location,
            output,
            chosen,
            overlap=overlap,
            seed=seed,
            images=images,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    table = Table(
        "share", Column("images", justify="right"), Column("also given to another", justify="right"), box=None
    )
    for one in dealt:
        table.add_row(Text(one.share.name), str(one.images), str(one.twice))
    console.print(table)
    console.print(
        f"The shares are in {output}. Each is a folder that the window opens; `boxwright merge` takes it back."
    )
    missing = missing_images(location)
    for path in missing[:_SHOWN]:
        console.print(_plain(f"{path} is not in the folder now: it is in no share."))
    if len(missing) > _SHOWN:
        console.print(f"… and {len(missing) - _SHOWN} more images; --json lists all.")
    shares = [
        {"name": one.share.name, "folder": str(one.folder), "images": one.images, "twice": one.twice} for one in dealt
    ]
    return {"output": str(output), "seed": seed, "overlap": overlap, "shares": shares, "missing": missing}


@verb(StoreError)
def merge(
    project: ProjectArgument,
    shares: Annotated[list[Path], typer.Argument(exists=True, file_okay=False, help="the folders of the shares")],
    *,
    prefer_share: Annotated[
        bool, typer.Option("--prefer-share", help="where both sides differ, take the share and not the project")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would come, and merge nothing")] = False,
    as_json: JsonOption = False,
) -> Summary:
    """Bring shares back into the project that they are from, and say how far their labelers agree.

    What a labeler did is taken where the project has not changed since the split. Images that both sides changed are
    listed and stay as the project has them, unless --prefer-share says otherwise. Boxes know whose share they come
    from. Undo in the window takes a merge back, and a share whose labeler goes on can be merged again.

    Example: boxwright merge ~/photos ~/shares/ann ~/shares/ben
    """
    console, locations = people_console(as_json=as_json), [find_project(one) for one in shares]
    whole = find_project(project)
    with closing(ProjectStore.open(whole.image_folder)) as store, opened_shares(store, locations) as opened:
        plan = plan_merge(store, opened, prefer_share=prefer_share)
        if not dry_run:
            remember_merge(store, plan.command, opened, [tally.left for tally in plan.tallies], plan.ids)
            if plan.command is not None:
                Workspace(store).execute(plan.command)
    _tell(plan, console, dry_run=dry_run)
    return _figures(plan, dry_run=dry_run)


def _names(parts: int | None, names: str | None) -> list[str]:
    """Return what the shares are called. Raises typer.BadParameter."""
    if (parts is None) == (names is None):
        raise typer.BadParameter(
            "say either how many shares there are, or whose they are.", param_hint="--parts, --names"
        )
    return default_names(parts or 0) if names is None else [name.strip() for name in names.split(",")]


def _tell(plan: MergePlan, console: Console, *, dry_run: bool) -> None:
    """Say what came back, where both sides differ, and how far labelers agree."""
    columns = ("taken", "there already", "untouched", "on both sides", "not in the project")
    table = Table("share", *(Column(name, justify="right") for name in columns), box=None)
    for tally in plan.tallies:
        counts = (tally.taken, tally.present, tally.untouched, len(tally.conflicts), tally.unknown)
        table.add_row(_plain(tally.share.name), *map(str, counts))
    console.print(table)
    for tally in plan.tallies:
        _tell_one(tally, console)
    if plan.new_categories:
        console.print(_plain(f"New categories: {', '.join(plan.new_categories)}."))
    for first, second, agreement in plan.agreements:
        console.print()
        console.print(_agreement_table(first, second, agreement, plan.names))
        if agreement.kappa is not None:
            console.print(f"Cohen's kappa of the categories of matched boxes: {agreement.kappa:.2f}")
    left = sum(len(tally.left) for tally in plan.tallies)
    if dry_run:
        console.print("Nothing was merged: this was a trial.")
    elif left:
        console.print(f"Not taken: {left} images that both sides changed. --prefer-share takes those of the shares.")
    elif plan.command is None:
        console.print("The project has all of it already.")


def _tell_one(tally: ShareTally, console: Console) -> None:
    name = tally.share.name
    for one in tally.conflicts[:_SHOWN]:
        whose = f"that of {name} is taken" if one.taken else "the project keeps its own"
        differing = f"boxes that only one side has: {one.share} of {name}, {one.project} of the project"
        if not one.share and not one.project:
            differing = "the boxes are the same, and what is said of the image or its suggestions is not"
        console.print(_plain(f"{one.path}: changed on both sides, {whose}; {differing}."))
    if len(tally.conflicts) > _SHOWN:
        console.print(f"… and {len(tally.conflicts) - _SHOWN} more images that both sides changed; --json lists all.")
    for before, after in tally.renamed:
        console.print(_plain(f"{name} calls {before} now {after}: the project keeps its name."))


def _plain(text: str) -> Text:
    """Return text of files for a terminal, which must not obey it."""
    return Text("".join(one if one.isprintable() else "\ufffd" for one in text))


def _agreement_table(first: Share, second: Share, agreement: Agreement, names: Mapping[int, str]) -> Table:
    title = f"{first.name} and {second.name} on {agreement.images} images"
    people = (Column(_plain(one.name), justify="right") for one in (first, second))
    counts = (Column(name, justify="right") for name in ("both", "agreement", "IoU"))
    table = Table(Column(_plain(title)), *people, *counts, box=None)
    for category_id in agreement.categories:
        one = agreement.of(category_id)
        overlap = "–" if one.mean_iou is None else f"{one.mean_iou:.2f}"
        row = (str(one.first), str(one.second), str(one.both), f"{one.share:.0%}", overlap)
        table.add_row(_plain(names[category_id]), *row)
    return table


def _figures(plan: MergePlan, *, dry_run: bool) -> Summary:
    shares = [
        {
            "name": tally.share.name,
            "taken": tally.taken,
            "present": tally.present,
            "untouched": tally.untouched,
            "not_in_project": tally.unknown,
            "conflicts": [asdict(one) for one in tally.conflicts],
            "renamed": [list(pair) for pair in tally.renamed],
        }
        for tally in plan.tallies
    ]
    agreements = [
        {
            "names": [first.name, second.name],
            "images": agreement.images,
            "kappa": agreement.kappa,
            "categories": {
                plan.names[one]: {**asdict(agreement.of(one)), "agreement": agreement.of(one).share}
                for one in agreement.categories
            },
        }
        for first, second, agreement in plan.agreements
    ]
    return {
        "merged": plan.command is not None and not dry_run,
        "new_categories": list(plan.new_categories),
        "shares": shares,
        "agreements": agreements,
    }


VERBS: dict[str, Callable[..., None]] = {"split": split, "merge": merge}
