"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# A test needs no screen; whoever wants to watch says which platform.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real datasets beside the checkout; the test is skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real datasets (../shared/data) are not beside this checkout")
    return SHARED_DATA
