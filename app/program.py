"""Which program this is, and which packages it runs on: asked of what is installed, so that nothing is imported."""

from __future__ import annotations

import importlib.metadata

NAME = "boxwright"


def version() -> str:
    """Return the version of the installed program; empty where it was never installed."""
    return version_of(NAME) or ""


def version_of(package: str) -> str | None:
    """Return the version of an installed package; None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
