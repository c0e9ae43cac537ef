"""A home of a benchmark's own: the program it measures touches nothing of the user's, and leaves nothing behind."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def kept_in(home: Path) -> dict[str, str]:
    """Return the environment in which the program keeps its settings, data, state and caches in `home`."""
    return dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), str(home))


@contextmanager
def own_home() -> Iterator[Path]:
    """Give an empty folder in which this process keeps what it would keep of the user's; the folder goes at the end."""
    with tempfile.TemporaryDirectory() as home:
        os.environ |= kept_in(Path(home))
        yield Path(home)
