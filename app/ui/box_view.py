"""The image with its proposals, suggestions and annotations: what of it is to be seen, without what works on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QToolTip

from app.model.geometry import boxes_at
from app.model.review import AnnotationRef
from app.ui import scene
from app.ui.box_words import about
from app.ui.image_view import ImageView
from app.ui.layers import UNKNOWN_COLOR, Layers
from app.ui.overlays import Frame
from app.ui.plain_tip import plain_tip
from app.ui.tools import Band, Preview

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtWidgets import QWidget

    from app.model.offers import Offer
    from app.model.workspace import Workspace
    from app.ui.picking import ProposalPick
    from app.workers.large_image import ShownImage
    from detector.types import ByteArray


class BoxView(ImageView):
    """Reads the workspace and paints it. Boxes are painted only while its image is the workspace's current one."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._layers = Layers(workspace)
        self._image_id: int | None = None
        self._preview: Preview = None
        self._at: QPointF | None = None
        self._hovered: ProposalPick | None = None
        self._offered: tuple[Offer, str] | None = None
        self._still = scene.StillScene(self._layers)
        self.setAccessibleName(self.tr("Image with boxes"))

    def set_image(self, image: ShownImage | None, *, keep_zoom: bool = False, half: ByteArray | None = None) -> None:
        """Show the workspace's current image as `ImageView` does; None shows the notice instead."""
        current = self._workspace.current_image
        self._image_id = None if image is None or current is None else current.id
        self._hovered = None
        super().set_image(image, keep_zoom=keep_zoom, half=half)

    def set_offer(self, offer: Offer | None, words: str) -> None:
        """Show what the detector offers for the selected annotation, and say it in `words`; None shows nothing."""
        self._offered = None if offer is None else (offer, words)
        self.update()

    @property
    def drawing(self) -> bool:
        """Return whether the next press draws a box, or one is being drawn."""
        return False

    @property
    def _is_current(self) -> bool:
        current = self._workspace.current_image
        return current is not None and current.id == self._image_id and self._picture is not None

    def event(self, event: QEvent) -> bool:
        """Say in a tool tip what flags and notes say about the box under the pointer."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            said = self._about_box_at(event.pos())
            QToolTip.showText(event.globalPos(), plain_tip(said), self) if said else QToolTip.hideText()
            return True
        return super().event(event)

    def _about_box_at(self, place: QPoint) -> str:
        if not self._is_current:
            return ""
        annotations = self._layers.annotations
        under = boxes_at(annotations.boxes, *self._viewport.to_image(place.x(), place.y()))
        ref = annotations.refs[under[0]] if under else None
        return about(self._workspace.annotations[ref.id]) if isinstance(ref, AnnotationRef) else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is kept and, over it, what follows the pointer and the selection."""
        painter = QPainter(self)
        painter.setClipRegion(event.region())
        painter.drawPixmap(0, 0, self._still_layers())
        if self._is_current:
            scene.paint_live(painter, self._frame, self._layers, self._live)
        painter.end()

    @property
    def _frame(self) -> Frame:
        return Frame(self._viewport, self.devicePixelRatio())

    @property
    def _live(self) -> scene.Live:
        category = self._workspace.current_category
        return scene.Live(
            drawing=self.drawing,
            color=UNKNOWN_COLOR if category is None else category.color,
            pointer=None if self._at is None else (self._at.x(), self._at.y()),
            preview=None if isinstance(self._preview, Band) else self._preview,
            band=self._preview.box if isinstance(self._preview, Band) else None,
            hovered=None if self._hovered is None else self._hovered.box,
            offered=self._offered,
        )

    def _still_layers(self) -> QPixmap:
        """Return what does not follow the pointer; of an image that is not the workspace's, no boxes."""
        backdrop = self.backdrop()
        if not self._is_current:
            return backdrop
        return self._still.over(backdrop, self._backdrop_key, self._frame, self._painted)
