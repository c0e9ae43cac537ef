"""The answers of a run as sharded Parquet: a folder with a file for each shard and a row for each image.

pyarrow comes with the extra `ray` and is imported when it is needed.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from detector.durable import settle
from detector.seen_images import SeenImage
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from detector.seen_images import UnseenImage

SUFFIX = ".parquet"


def require_new(output: Path) -> None:
    """Raise DetectorError unless a folder can be made at `output`: one that is there is never replaced."""
    if output.exists():
        raise DetectorError(f"{output} is there already: delete it, or choose another output.")
    if not os.access(output.parent, os.W_OK):
        raise DetectorError(f"Nothing can be written to {output.parent}: make that folder, or choose another output.")


def write_parquet(output: Path, shards: Iterable[list[SeenImage | UnseenImage]], about: dict[str, Any]) -> None:
    """Make the folder `output` with a file for each of `shards`; it is there whole or not at all.

    Columns: index, file_name, height, width, boxes (x1, y1, x2, y2 in pixels), scores, labels, reason; proposals and
    objectness where `about` says that there are some. `about` is the metadata `boxwright` of each file, as JSON.
    Raises DetectorError where it cannot be written; what `shards` raises leaves nothing either.
    """
    import pyarrow as pa  # noqa: PLC0415 - an extra
    from pyarrow import parquet  # noqa: PLC0415

    boxes = pa.list_(pa.list_(pa.float32(), 4))
    columns = [("index", pa.int64()), ("file_name", pa.string()), ("height", pa.int32()), ("width", pa.int32())]
    columns += [("boxes", boxes), ("scores", pa.list_(pa.float32())), ("labels", pa.list_(pa.int32()))]
    if about["proposals"]:
        columns += [("proposals", boxes), ("objectness", pa.list_(pa.float32()))]
    schema = pa.schema([*columns, ("reason", pa.string())], metadata={"boxwright": json.dumps(about)})
    beside = output.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        beside.mkdir()
        for number, answers in enumerate(shards):
            with (beside / f"part-{number:06}{SUFFIX}").open("xb") as file:
                parquet.write_table(pa.Table.from_pylist([_row(one) for one in answers], schema), file)
                file.flush()
                os.fsync(file.fileno())
        settle(beside)
        beside.rename(output)
        settle(output.parent)
    except BaseException as error:
        with suppress(OSError):
            shutil.rmtree(beside)
        if isinstance(error, OSError):
            raise DetectorError(f"{output} cannot be written: {error.strerror or error}.") from error
        raise


def _row(answer: SeenImage | UnseenImage) -> dict[str, Any]:
    who = {"index": answer.index, "file_name": _printable(answer.name)}
    if not isinstance(answer, SeenImage):
        return who | {"reason": _printable(answer.reason)}
    height, width = answer.image_size
    found, proposed = answer.detections, answer.proposals
    return who | {
        "height": height,
        "width": width,
        "boxes": found.boxes.tolist(),
        "scores": found.scores.tolist(),
        "labels": found.labels.tolist(),
        "proposals": proposed.boxes.tolist(),
        "objectness": proposed.objectness.tolist(),
    }


def _printable(text: str) -> str:
    """Return a text that UTF-8 can hold: the bytes of a file name that are none stand as backslashes and numbers."""
    return text.encode(errors="backslashreplace").decode()
