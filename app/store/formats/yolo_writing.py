"""A dataset as YOLO, in the folders of Ultralytics, with numbers as `yolo_numbers` explains them."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import yaml

from app.model.words import tr
from app.store.formats import losses as lost
from app.store.formats.coco_fields import box_of
from app.store.formats.delivery import deliver, no_clashes, require, too_long
from app.store.formats.foreign import Delivery, Images, Written
from app.store.formats.targets import inside, new_folder, write_text
from app.store.formats.yolo_names import DATA_FILE
from app.store.formats.yolo_numbers import to_text
from app.store.formats.yolo_places import IMAGES, KEY, LABELS, without_images

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from detector.coco import JsonObject

NAME = "YOLO"
HEADER = "# Boxes by Boxwright. Class numbers count the categories of the project from 0, in the order of their ids.\n"


def write(document: JsonObject, target: Path, delivery: Delivery) -> Written:
    """Write a folder; see `foreign.Format`. An image without objects has an empty text file."""
    categories = sorted(document["categories"], key=lambda category: int(category["id"]))
    numbers = {category["id"]: number for number, category in enumerate(categories)}
    images = {image["id"]: image for image in document["images"]}
    lines: dict[int, list[str]] = {image_id: [] for image_id in images}
    places = {
        image_id: "/".join([*filter(None, [delivery.parts.get(image_id)]), without_images(image["file_name"])])
        for image_id, image in images.items()
    }
    texts_at = {image_id: PurePosixPath(place).with_suffix(".txt").as_posix() for image_id, place in places.items()}
    problems = [
        *no_clashes({image["file_name"]: places[image_id] for image_id, image in images.items()}),
        *too_long({image["file_name"]: texts_at[image_id] for image_id, image in images.items()}, target),
    ]
    for annotation in document["annotations"]:
        image = images[annotation["image_id"]]
        size = (image["height"], image["width"])
        texts = to_text(box := box_of(annotation, size), size)
        if texts is None:
            problems.append(tr("{}: box {} has no area in single precision.").format(image["file_name"], box))
        else:
            lines[image["id"]].append(" ".join((str(numbers[annotation["category_id"]]), *texts)))
    require(problems)
    with new_folder(target, KEY) as folder:
        write_text(folder / DATA_FILE, _description([category["name"] for category in categories], delivery.parts))
        (folder / LABELS).mkdir()
        for image_id, place in texts_at.items():
            write_text(inside(folder / LABELS, place), "".join(f"{line}\n" for line in lines[image_id]))
        deliver(delivery, folder / IMAGES, {image["file_name"]: places[image_id] for image_id, image in images.items()})
    sentences = list(lost.losses(document, NAME, ()))
    if delivery.images is Images.NONE:
        sentence = tr("YOLO programs look for the images in {}, in the sub-folders that the text files have.")
        sentences.append(sentence.format(target / IMAGES))
    return Written((target,), tuple(sentences))


def _description(names: list[str], parts: Mapping[int, str]) -> str:
    """Return the text of `data.yaml`. Ultralytics wants both train and val to be there, be they the same."""
    present = set(parts.values())
    folders = {part: f"{IMAGES}/{part}" for part in ("train", "val", "test") if part in present} or {"train": IMAGES}
    folders.setdefault("val", folders.get("train", IMAGES))
    folders.setdefault("train", folders["val"])
    data: dict[str, object] = {part: folders[part] for part in ("train", "val", "test") if part in folders}
    data["names"] = dict(enumerate(names))
    # A reader takes U+0085 for the end of a line, and PyYAML writes it as it is among other letters.
    is_plain = all("\x85" not in name for name in names)
    return HEADER + str(yaml.safe_dump(data, sort_keys=False, allow_unicode=is_plain, width=1000))
