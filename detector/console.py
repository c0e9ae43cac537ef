"""What all headless verbs have in common: their options, how they end, and where they write.

A verb returns its summary. For people it writes tables and sentences; with `--json` these go to the standard error
stream, and the summary is the one line, a JSON object, on the standard output.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, ParamSpec

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from detector.durable import holds_plot, holds_text, holds_weights, led_to
from detector.published import resolve_model
from detector.remote_address import Place, is_address, place_of
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Parameters = ParamSpec("Parameters")
Summary = dict[str, object]

EXIT_FAILED, EXIT_INTERRUPTED = 1, 130

Kind = Literal["text", "model", "plot"]
_MAY_BE: dict[Kind, tuple[Callable[[Path], bool], str]] = {
    "text": (holds_text, "an image, a model or a database already"),
    "model": (holds_weights, "there already, and is no model"),
    "plot": (holds_plot, "there already, and is no plot of ours"),
}
"""Tells whether a file may be of a kind, and what is said of one that is not."""

AnnotationsArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a COCO JSON file")]
ImagesOption = Annotated[Path, typer.Option("--images", exists=True, file_okay=False, help="the folder of its images")]
OutputOption = Annotated[Path, typer.Option("-o", "--output", help="the file to write")]


def model_file(text: str) -> Path:
    """Return the model file that `text` names: a path, or the name of a published model that is here."""
    try:
        return resolve_model(text)
    except DetectorError as error:
        raise typer.BadParameter(str(error)) from None


class Looker(NamedTuple):
    """What is to look: the model in a `file`, or the remote detector at a `place`."""

    file: Path | None
    place: Place | None


def looker(text: str) -> Looker:
    """Return what `text` names: a model file as `model_file` has it, or the address of a remote detector."""
    if not is_address(text):
        return Looker(model_file(text), None)
    try:
        return Looker(None, place_of(text))
    except DetectorError as error:
        raise typer.BadParameter(str(error)) from None


ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        parser=model_file,
        metavar="MODEL",
        help="a model file, or a name of `models`; without it the embedded one",
    ),
]
TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file", dir_okay=False, help="the token of a remote detector, instead of the one in BOXWRIGHT_TOKEN"
    ),
]
LookerOption = Annotated[
    Looker | None,
    typer.Option(
        "--model",
        parser=looker,
        metavar="MODEL",
        help="a model file, a name of `models`, or the address of a `serve`; without it the embedded one",
    ),
]
ScoreOption = Annotated[float, typer.Option("--score-thresh", min=0, max=1, help="take detections with a higher score")]
NmsOption = Annotated[
    float, typer.Option("--nms-iou", min=0, max=1, help="of boxes of one category that overlap more, the best stays")
]
TilesOption = Annotated[
    int | None,
    typer.Option(
        "--tiles",
        min=256,
        metavar="SIZE",
        help="look at images of more than twice SIZE pixels a side in overlapping tiles of that size, such as 1024",
    ),
]
DeviceOption = Annotated[str | None, typer.Option("--device", help="cuda, mps or cpu instead of the best there is")]
PrecisionOption = Annotated[
    Literal["fast", "exact"], typer.Option("--precision", help="fast: 16 bits where the hardware has them; exact: 32")
]
JsonOption = Annotated[bool, typer.Option("--json", help="print one JSON object as the last line")]


class ReportedError(DetectorError):
    """A failure that leaves figures: with `--json`, `summary` is printed together with the sentence.

    `code` is the one that the process ends with.
    """

    def __init__(self, sentence: str, summary: Summary, code: int = EXIT_FAILED) -> None:
        super().__init__(sentence)
        self.summary = summary
        self.code = code


def verb(*sentences: type[Exception]) -> Callable[[Callable[Parameters, Summary]], Callable[Parameters, None]]:
    """Make a command of a function that takes `as_json` and returns its summary.

    DetectorError, and whichever errors `sentences` names, end the process with code 1 and their text on the standard
    error stream, with `--json` also as `{"error": ...}`; a ReportedError has a code of its own. Ctrl-C ends it with
    code 130, quietly.
    """
    expected: tuple[type[Exception], ...] = (DetectorError, *sentences)

    def decorate(body: Callable[Parameters, Summary]) -> Callable[Parameters, None]:
        @functools.wraps(body)
        def command(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
            try:
                summary = body(*args, **kwargs)
            except KeyboardInterrupt:
                sys.exit(EXIT_INTERRUPTED)
            except expected as error:
                print(f"boxwright: {error}", file=sys.stderr)
                if kwargs["as_json"]:
                    figures = error.summary if isinstance(error, ReportedError) else {}
                    print(json.dumps(figures | {"error": str(error)}, allow_nan=False))
                sys.exit(error.code if isinstance(error, ReportedError) else EXIT_FAILED)
            if kwargs["as_json"] and summary:  # of several processes one alone has it
                print(json.dumps(summary, allow_nan=False), flush=True)

        command.__doc__ = _with_examples(body.__doc__ or "")
        return command

    return decorate


def _with_examples(text: str) -> str:
    """Return the text of a docstring, each of its examples on a line of its own: typer leaves what follows a mark."""
    before, title, examples = inspect.cleandoc(text).partition("Examples: ")
    if not title:
        return before
    lines = (" ".join(one.split()) for one in re.split(r"\n\s*(?=\S*boxwright )", examples.strip()))
    return f"{before}\b\nExamples:\n" + "".join(f"  {line}\n" for line in lines)


def require_ungiven(context: typer.Context, what: str, *names: str) -> None:
    """Raise BadParameter where one of `names`, parameters of the verb, is given for nothing: `what` ignores it."""
    for name in names:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = "--" + name.replace("_", "-")
            raise typer.BadParameter(f"{what} takes no notice of it: leave it out.", param_hint=option)


def people_console(*, as_json: bool, quiet: bool = False) -> Console:
    """Return where the text for people goes: plain, so that a file name in it is never taken for markup."""
    return Console(stderr=as_json, quiet=quiet, highlight=False, markup=False, emoji=False, soft_wrap=True)


def progress_bar(console: Console) -> Progress:
    """Return a bar with a count and the time left, below what `console` prints; nothing where that is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        disable=not console.is_terminal,
    )


def require_writable(output: Path, inputs: Iterable[Path] = (), *, kind: Kind | None = None) -> None:
    """Raise DetectorError unless a file can be written at `output`, which is none of `inputs`: before the work.

    With `kind`, what will be written, it does not take the place of a file of another kind. Where `output` is a link,
    all of that goes for the file that it leads to.
    """
    try:
        if output.is_dir():
            raise DetectorError(f"{output} is a folder: name a file in it.")
        folder = led_to(output).parent
        if not folder.is_dir():
            raise DetectorError(f"There is no folder {folder}: make it first or choose another output.")
        if output.exists():
            if not output.is_file():  # a device: replacing it would be the end of it
                raise DetectorError(f"{output} is not a file that can be replaced: choose another output.")
            if any(output.samefile(each) for each in inputs):
                raise DetectorError(f"{output} would replace a file that is read: choose another output.")
            if kind is not None and not _MAY_BE[kind][0](output):
                raise DetectorError(f"{output} is {_MAY_BE[kind][1]}: choose another output.")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DetectorError(f"Nothing can be written to {output}: {error.strerror or error}.") from error
