"""The verb `doctor`: is everything there that Boxwright needs, and does it work? Needs no display."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from app.checks import INSTALL_AGAIN, Check, light_checks
from app.log import without_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PARTS = ("window", "detector")
"""Those of `app.heavy_checks`."""
SECONDS = 300
_NAMES = 28

DESCRIPTION = """\
Look whether everything is there that Boxwright needs, and whether it works: versions, folders, image formats, the
window, the device, and one detection on a scene that is drawn for it. What is not in order says what to do.

exit codes: 0 everything is in order, 1 something is not."""


def run(arguments: Sequence[str]) -> int:
    """Do all checks, print them, and return the exit code; 2 for an invalid command line."""
    parser = argparse.ArgumentParser(
        "boxwright doctor", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    try:
        options = parser.parse_args(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    found = []
    for check in chain(light_checks(), *map(checks_apart, PARTS)):
        found.append(check)
        if not options.json:
            print("\n".join(lines(check)), flush=True)
    wrong = sum(not check.ok for check in found)
    if options.json:
        print(json.dumps({"ok": not wrong, "checks": [asdict(check) for check in found]}))
    else:
        print(f"\n{'Everything is in order.' if not wrong else f'{wrong} of {len(found)} are not in order.'}")
    return 1 if wrong else 0


def lines(check: Check) -> list[str]:
    """Return a check in words: a line, and below it what to do. The user's home is a tilde, to be shown to anybody."""
    first = f"{'ok' if check.ok else 'NOT OK':<7}{check.name:<{_NAMES}}{check.found}"
    return [without_home(text) for text in (first, *(f"{'':7}{line}" for line in check.advice.splitlines()))]


def checks_apart(
    part: str, start: Callable[[list[str]], subprocess.CompletedProcess[str]] | None = None
) -> Iterator[Check]:
    """Yield the checks of a part of `app.heavy_checks`, from a process of its own: a broken library may end it."""
    try:
        ended = (start or _start)([sys.executable, "-m", "app.heavy_checks", part])
    except subprocess.TimeoutExpired:
        yield Check(part, False, f"gave no answer within {SECONDS} seconds", "Restart the computer and try again.")
        return
    except OSError as error:
        yield Check(part, False, f"cannot be looked at: {error}", INSTALL_AGAIN)
        return
    try:
        said = json.loads(ended.stdout.splitlines()[-1])
        yield from (Check(**one) for one in said)
    except (IndexError, ValueError, TypeError):
        last = (ended.stderr.strip().splitlines() or ["nothing was said"])[-1]
        yield Check(part, False, f"{_end(ended.returncode)}: {last}", INSTALL_AGAIN)


def _start(command: list[str]) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[1]
    return subprocess.run(  # noqa: S603 - our own module
        command, cwd=root, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False
    )


def _end(code: int) -> str:
    if code < 0:
        return f"the process was ended by {signal.Signals(-code).name}"
    return f"the process ended with exit code {code}"
