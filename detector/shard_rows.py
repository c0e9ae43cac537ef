"""One row for each image of a shard, as a line of JSON: what was found, or why it could not be looked at. No torch.

JSON, not Parquet: floats survive it exactly, and it can be read with the eyes and without pyarrow. Parquet is made of
it in the end, for those who want that.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from detector.seen_images import SeenImage, UnseenImage
from detector.types import Detections, Proposals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def text_of(answers: Iterable[SeenImage | UnseenImage], first: int = 0, *, proposals: bool = False) -> str:
    """Return the rows, in ASCII and by index, each with a newline; `first` is added to the indices.

    Proposals are left out unless asked for: they are a hundred times as much as the rest.
    """
    rows = [_row(one, first, proposals=proposals) for one in sorted(answers, key=lambda one: one.index)]
    return "".join(json.dumps(row, allow_nan=False, separators=(",", ":")) + "\n" for row in rows)


def rows_of(text: str) -> Iterator[SeenImage | UnseenImage]:
    """Yield what `text_of` was given, to the last bit. Raises ValueError or KeyError for text that is not its own."""
    for line in text.splitlines():
        row = json.loads(line)
        if "reason" in row:
            yield UnseenImage(row["index"], row["file_name"], row["reason"])
        else:
            boxes, objectness = row.get("proposals", ([], []))
            yield SeenImage(
                row["index"],
                row["file_name"],
                (row["height"], row["width"]),
                Proposals(boxes, objectness),
                Detections(row["boxes"], row["scores"], row["labels"], np.arange(len(row["scores"]))),
            )


def _row(answer: SeenImage | UnseenImage, first: int, *, proposals: bool) -> dict[str, Any]:
    who = {"index": first + answer.index, "file_name": answer.name}
    if isinstance(answer, UnseenImage):
        return who | {"reason": answer.reason}
    height, width = answer.image_size
    found = answer.detections
    row = who | {
        "height": height,
        "width": width,
        "boxes": found.boxes.tolist(),
        "scores": found.scores.tolist(),
        "labels": found.labels.tolist(),
    }
    if proposals:
        row["proposals"] = (answer.proposals.boxes.tolist(), answer.proposals.objectness.tolist())
    return row
