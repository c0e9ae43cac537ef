"""Boxwright's one command: the window, or a headless verb. Imports neither Qt nor torch before it must."""

from __future__ import annotations

import argparse
import io
import os
import sys
from difflib import get_close_matches
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

OWN_VERBS = ("import", "export", "split", "merge", "validate", "statistics", "repair", "replay")
"""Those of the application; the others are the detector's."""
VERBS = ("detect", "evaluate", "train", "finetune", "convert", "models", "systems", "serve", *OWN_VERBS, "doctor")
EXIT_FAILED, EXIT_INTERRUPTED = 1, 130
NOBODY_TO_ASK = "--token-file is for a detector on another machine: give its address with --model."

DESCRIPTION = """\
Draw boxes around objects with a Faster R-CNN that looks first.

Without a verb, Boxwright opens its window: on a folder of images, on a COCO JSON file with its images, or, without a
path, on the welcome page."""

EPILOG = """\
verbs, which need no display:
  detect PATHS... -o FILE       find objects in images and folders, write COCO JSON
  evaluate ANNOTATIONS          measure a model on an annotated dataset
  train ANNOTATIONS -o FILE     train a model on an annotated dataset
  finetune ANNOTATIONS -o FILE  adapt a model to an annotated dataset, in minutes
  convert FILE -o FILE          read a checkpoint of torchvision, mmdetection or Detectron2
  models                        list and download published weights
  systems                       list the networks that can be built
  serve                         let other machines detect with the model on this one
  import PROJECT FILE|FOLDER    bring annotations of any format into a project
  export PROJECT -o FILE        write a project's reviewed images in any format
  split PROJECT --parts N -o D  make shares of a project for several people
  merge PROJECT SHARES...       bring them back, and say how far people agree
  validate FILE|FOLDER          say all that is wrong with a dataset
  statistics PROJECT            say how the work on a project goes
  repair PROJECT                make a damaged project whole, or go back to a backup
  replay ANNOTATIONS            say how much work would be saved on a dataset like this
  doctor                        look whether everything is there that Boxwright needs, and works
  (boxwright VERB --help says more; a folder that is called like a verb is opened as ./VERB)

examples:
  boxwright --demo
  boxwright ~/photos
  boxwright detect ~/photos -o found.json --score-thresh 0.6
  boxwright detect ~/photos -o found.json --engine ray --address auto
  boxwright evaluate annotations.json --images ~/photos --metric recall --json
  boxwright train annotations.json --images ~/photos --epochs 20 -o mine.safetensors
  torchrun --nproc-per-node 2 --no-python boxwright train annotations.json --images ~/photos -o mine.safetensors
  boxwright finetune annotations.json --images ~/photos -o mine.safetensors
  boxwright ~/photos --model mine.safetensors
  boxwright serve --device cuda
  boxwright ~/photos --model http://127.0.0.1:8645 --token-file token
  boxwright import ~/photos ~/voc/Annotations --dry-run
  boxwright export ~/photos -o annotations.json
  boxwright export ~/photos -o ~/dataset --format yolo --images link --split 80/10/10
  boxwright split ~/photos --names ann,ben --overlap 0.1 -o ~/shares
  boxwright merge ~/photos ~/shares/ann ~/shares/ben
  boxwright validate annotations.json --images ~/photos
  boxwright statistics ~/photos --csv statistics.csv
  boxwright repair ~/photos --check
  boxwright replay annotations.json --images ~/photos --seeds 3

With --verbose the window and every verb say on the standard error stream what they do.

exit codes: 0 done, 1 failed with a sentence that says why, 2 not a valid command line, 130 interrupted."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `arguments`, by default those of the process, and return the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # file names are bytes: not all of them can be printed
    arguments = _made_verbose(arguments)
    try:
        if arguments and arguments[0] in VERBS:
            return run_verb(arguments)
        return open_window(arguments)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except ImportError as error:
        sentence = import_sentence(error)
        if sentence is None:
            raise
        return fail(sentence)


def _made_verbose(arguments: Sequence[str]) -> list[str]:
    """Say all there is to say where `--verbose` is among the options; return the other arguments."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = [one for one in arguments[:end] if one != "--verbose"]
    if len(options) < end:
        from app import log  # noqa: PLC0415

        log.say_all()
    return [*options, *arguments[end:]]


def run_verb(arguments: Sequence[str]) -> int:
    """Run a headless verb and return its exit code."""
    if arguments[0] == "doctor":  # it looks at what may be broken: nothing else is imported before
        from app import doctor  # noqa: PLC0415

        return doctor.run(arguments[1:])
    from detector.cli import run, verbs  # noqa: PLC0415 - the window needs none of this
    from detector.endings import as_interrupts  # noqa: PLC0415

    if arguments[0] in OWN_VERBS:  # the others need no database
        from app import cli, repairing, replay_verb, share_verbs  # noqa: PLC0415

        own = {**cli.VERBS, **share_verbs.VERBS, **replay_verb.VERBS, "repair": repairing.repair}
        verbs.command(arguments[0])(own[arguments[0]])
    with as_interrupts():
        return run(arguments)


def open_window(arguments: Sequence[str]) -> int:
    """Open the window and return when it is closed. An invalid command line exits with code 2, as argparse does."""
    options = parse(arguments)
    from app import desktop  # noqa: PLC0415 - the help needs none of this
    from app.model.garbage import uncollected  # noqa: PLC0415

    try:
        desktop.require_libraries()
        if not options.demo:
            desktop.require_display()
    except desktop.DesktopError as error:
        return fail(str(error))
    desktop.load_qt()
    with uncollected():  # a third of a million objects that stay
        from app import application  # noqa: PLC0415 - imports Qt

    return application.run(options.path, demo=options.demo, device=options.device, model=options.model)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return `path`, `demo`, `device` and `model` for the window. What does not exist is an error of usage."""
    parser = argparse.ArgumentParser(
        "boxwright",
        usage="boxwright [PATH] [--demo] [--model MODEL] [--token-file FILE] [--device DEVICE] [--verbose]\n"
        "       boxwright VERB ...",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help="a folder, an image or a COCO JSON file")
    parser.add_argument("--demo", action="store_true", help="open the demo project; with no display, play it offscreen")
    parser.add_argument(
        "--model", metavar="MODEL", help="a model file, a name of the verb models, or the address of a serve"
    )
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="its token, instead of the one in BOXWRIGHT_TOKEN"
    )
    parser.add_argument("--device", help="cuda, mps or cpu instead of the best there is")
    parser.add_argument("--verbose", action="store_true", help="say on the standard error stream what is done")
    options, unknown = parser.parse_known_args(arguments)
    before = set(takewhile(lambda one: one != str(options.path), arguments))
    if options.path is not None and not options.path.exists() and before.isdisjoint(unknown):
        parser.error(no_such_path(options.path))  # it may be a verb, and the rest its arguments
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if options.path is not None and options.demo:
        parser.error("--demo brings its own images: leave the path out.")
    if options.model is not None:
        from detector.types import DetectorError  # noqa: PLC0415 - the help needs none of this

        try:
            options.model = model_file(options.model, options.token_file)
        except DetectorError as error:
            parser.error(str(error))
    elif options.token_file is not None:
        parser.error(NOBODY_TO_ASK)
    return options


def model_file(text: str, token_file: Path | None) -> Path:
    """Return the file of a model, or that of the remote detector at an address, absolute. Raises DetectorError."""
    from detector.published import resolve_model  # noqa: PLC0415 - the help needs none of this
    from detector.remote_address import is_address, overheard, place_of  # noqa: PLC0415
    from detector.remote_places import keep_remote  # noqa: PLC0415
    from detector.tokens import chosen_token  # noqa: PLC0415
    from detector.types import DetectorError  # noqa: PLC0415

    if not is_address(text):
        if token_file is not None:
            raise DetectorError(NOBODY_TO_ASK)
        return Path(os.path.abspath(resolve_model(text)))  # noqa: PTH100 - links stay
    place = place_of(text)
    if place.is_overheard:
        print(f"boxwright: {overheard(place)}", file=sys.stderr)
    return keep_remote(place, chosen_token(token_file))


def no_such_path(path: Path) -> str:
    """Say that `path` is not there, and which verb or which neighbour may have been meant."""
    try:
        neighbours = {entry.name: str(entry) for entry in path.parent.iterdir()}
    except OSError:
        neighbours = {}
    # A verb is the likelier one: a path is mostly completed by the shell.
    meant = get_close_matches(str(path), VERBS, n=1) or [
        neighbours[name] for name in get_close_matches(path.name, neighbours, n=1)
    ]
    return f"There is no file or folder {path}." + (f" Did you mean {meant[0]}?" if meant else "")


def import_sentence(error: ImportError) -> str | None:
    """Return what a user can do about an import that failed for want of a package or of a system library, or None."""
    from app.desktop import library_sentence  # noqa: PLC0415 - only after a failure

    package = (error.name or "").partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and package not in ("app", "detector", "resources"):
        return f"The package {package} is not installed for {sys.executable}. Install Boxwright as its README says."
    return library_sentence(error)


def fail(sentence: str) -> int:
    """Say `sentence` to the user and return the exit code of failure."""
    print(f"boxwright: {sentence}", file=sys.stderr)
    return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
