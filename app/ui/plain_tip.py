"""Tool tips that show names as they are: Qt would take what looks like rich text for it, and load what that names."""

from __future__ import annotations

from html import escape

from PySide6.QtGui import Qt


def plain_tip(words: str) -> str:
    """Return the text of a tool tip that shows `words` letter for letter: a name may be a stranger's."""
    return f'<p style="white-space: pre-wrap">{escape(words)}</p>' if Qt.mightBeRichText(words) else words
