"""What a person means by the option of detecting large images in tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.numbers import whole

if TYPE_CHECKING:
    from app.ui.desk import Desk


def toggle_tiles(desk: Desk) -> None:
    """Let the detector look at large images in tiles, or as a whole; what it saw of them otherwise it looks at anew."""
    tiling = desk.session.service.tiling
    tiling.toggle()
    if tiling.tile:
        said = desk.tr("Images of more than {} pixels a side are detected in tiles: it takes longer and finds more.")
        desk.said.emit(said.format(whole(2 * tiling.tile)))
    else:
        desk.said.emit(desk.tr("Large images are detected as a whole."))
