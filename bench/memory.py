"""The most that a process ever held in memory, in megabytes of a million bytes."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path


def peak_megabytes() -> float:
    """Return the most that this process ever held in memory."""
    with suppress(OSError):  # Linux. Its getrusage begins with the peak of the process that started this one
        for text in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if text.startswith("VmHWM:"):
                return int(text.split()[1]) * 1024 / 1e6
    import resource  # noqa: PLC0415 - not on Windows

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (most if sys.platform == "darwin" else most * 1024) / 1e6
