"""All promises, or those named: each benchmark in a process of its own, and one table of what they found.

    python -m bench                     everything that can be measured here, which takes long
    python -m bench store sliders       two of them
    python -m bench --quick --json FILE
    python -m bench --list

A benchmark is a file of this folder whose docstring begins with the numbers of its promises; it has a function
`figures(quick=False)` that yields each `Figure` as soon as it is found. The exit code is 1 where a promise is missed or
a benchmark fails. What takes part only where a person has it, such as labelme, is said to be not measured.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import platform
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.figures import Figure, heading, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER = Path(__file__).parent
_PROMISES = re.compile(r"Promises? ((?:\d+)(?:(?:, | and )\d+)*):")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks named on the command line, and return the exit code."""
    known = benchmarks()
    parser = argparse.ArgumentParser("python -m bench", description="Measure what is promised, beside a peer.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"by default all: {', '.join(known)}")
    parser.add_argument("--list", action="store_true", help="say what there is, and measure nothing")
    parser.add_argument("--quick", action="store_true", help="less of everything: to see that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--inside", choices=known, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"there is no {', '.join(unknown)} here: choose from {', '.join(known)}")
    if options.inside:
        return answer(options.inside, quick=options.quick)
    if options.list:
        for name, said in known.items():
            print(f"{name:12} {said.splitlines()[0]}")
        return 0
    return run(options.names or list(known), quick=options.quick, target=options.json)


def benchmarks() -> dict[str, str]:
    """Return the name of each benchmark -> its docstring, by the number of the first promise; nothing is imported."""
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        said = ast.get_docstring(module) or ""
        answers = any(isinstance(one, ast.FunctionDef) and one.name == "figures" for one in module.body)
        if answers and (match := _PROMISES.match(said)):
            found.append((int(re.findall(r"\d+", match[1])[0]), path.stem, said))
    return {name: said for _, name, said in sorted(found)}


def run(names: Sequence[str], *, quick: bool, target: Path | None) -> int:
    """Measure, print the table as the figures come, write `target` if there is one, and return the exit code."""
    print(heading(), flush=True)
    rows: list[dict[str, Any]] = []
    is_kept = True
    for name in names:
        print(f"-- {name}", flush=True)
        try:
            for figure in measured(name, quick=quick):
                print(line(figure), flush=True)
                rows.append({"benchmark": name, **figure.to_fields()})
                is_kept = is_kept and figure.held is not False
        except subprocess.CalledProcessError as error:
            print(f"{name} failed with exit code {error.returncode}: what it said is above", flush=True)
            rows.append({"benchmark": name, "failed": error.returncode})
            is_kept = False
    if target is not None:
        machine = {"platform": platform.platform(), "cpus": os.cpu_count(), "python": platform.python_version()}
        target.write_text(json.dumps({"machine": machine, "quick": quick, "figures": rows}, indent=1), encoding="utf-8")
    return 0 if is_kept else 1


def measured(name: str, *, quick: bool) -> Iterator[Figure]:
    """Yield the figures of one benchmark, which runs in a process of its own. Raises CalledProcessError."""
    command = [sys.executable, "-m", "bench", "--inside", name, *(["--quick"] if quick else [])]
    with subprocess.Popen(command, cwd=FOLDER.parent, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for text in process.stdout:
            yield Figure.from_fields(json.loads(text))
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def answer(name: str, *, quick: bool) -> int:
    """Run one benchmark here, and say its figures on the standard output, one a line; all else goes to the other."""
    output = sys.stdout
    with redirect_stdout(sys.stderr):
        for figure in importlib.import_module(f"bench.{name}").figures(quick=quick):
            print(json.dumps(figure.to_fields()), file=output, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
