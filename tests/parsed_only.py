"""Runs modules as `python -m` does, up to where they have understood their options; nothing is measured.

Not a test. Takes a JSON list of command lines, [module, option, ...], and prints for each [what came of it, its help]:
"parsed", or "showing" where a module without options was about to show its figures, or what went wrong.
"""

from __future__ import annotations

import argparse
import io
import json
import runpy
import sys
from contextlib import redirect_stdout

from bench import figures


class Understood(Exception):  # noqa: N818 - no error
    """The options make sense."""


def outcome(module: str, options: list[str]) -> tuple[str, str]:
    """Run a module until it would begin."""
    sys.argv = [module, *options]
    said = io.StringIO()
    try:
        with redirect_stdout(said):
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    except Understood as how:
        return str(how), ""
    except SystemExit as end:
        return f"exit {end.code}", said.getvalue()
    except Exception as error:  # noqa: BLE001 - the test says which
        return repr(error), ""
    return "ran", said.getvalue()


def main() -> None:
    parse = argparse.ArgumentParser.parse_args

    def parse_only(self: argparse.ArgumentParser, *arguments: object) -> None:
        parse(self, *arguments)  # type: ignore[call-overload]
        raise Understood("parsed")

    def show_nothing(_figures: object) -> None:
        raise Understood("showing")

    argparse.ArgumentParser.parse_args = parse_only  # type: ignore[method-assign,assignment]
    figures.show = show_nothing  # type: ignore[assignment]
    print(json.dumps([outcome(module, options) for module, *options in json.loads(sys.argv[1])]))


if __name__ == "__main__":
    main()
