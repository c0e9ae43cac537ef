"""What the headless verbs have in common."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.console import Console

from detector.console import progress_bar


@pytest.mark.parametrize("terminal", [True, False])
def test_that_a_line_printed_beside_the_bar_stands_alone(*, terminal: bool) -> None:
    screen = StringIO()
    console = Console(file=screen, force_terminal=terminal, width=120)
    with progress_bar(console) as bar:
        bar.add_task("detecting", total=3, note="")
        bar.refresh()
        console.print("a line")
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    assert "a line" in re.split(r"[\r\n]+", shown)
    assert ("detecting" in shown) == terminal
