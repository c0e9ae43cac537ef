"""Where the bundle begins: the one command, and what Boxwright starts of itself in another process by `-m`."""

from __future__ import annotations

import multiprocessing
import runpy
import sys

OWN_PROCESSES = ("app.heavy_checks", "detector.exporting")


def start() -> int:
    """Return the exit code of the command; the program of a bundle is no interpreter, so that `-m` is seen to here."""
    multiprocessing.freeze_support()
    if sys.argv[1:2] == ["-m"] and sys.argv[2:3] and sys.argv[2] in OWN_PROCESSES:
        del sys.argv[1]
        runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
        return 0
    import main  # noqa: PLC0415 - the processes above need nothing of it

    return main.main()


if __name__ == "__main__":
    sys.exit(start())
