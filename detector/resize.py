"""From an image of any size to the input of a network: resized, normalised, padded into a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.transform import GeneralizedRCNNTransform, resize_boxes

from detector.targets import REGIONS, Target

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from detector.system import System


class Batch(ImageList):
    """torchvision's padded batch with its sizes; `scales` says by how much each image was enlarged."""

    def __init__(self, tensors: Tensor, image_sizes: list[tuple[int, int]], scales: list[float]) -> None:
        super().__init__(tensors, image_sizes)
        self.scales = scales

    def to(self, device: torch.device) -> Batch:
        """Return the same on `device`."""
        return Batch(self.tensors.to(device), self.image_sizes, self.scales)


class Resize(GeneralizedRCNNTransform):
    """torchvision's transform; with `enlarges` false an image that already fits is only normalised."""

    min_size: tuple[int, ...]  # type: ignore[assignment]  # torchvision says int and keeps a tuple
    max_size: int

    def __init__(self, system: System) -> None:
        super().__init__(
            system.min_size,
            system.max_size,
            list(system.image_mean),
            list(system.image_std),
            size_divisible=system.pad_to,
        )
        self.enlarges, self.train_min_sizes = system.enlarges, system.train_min_sizes
        self.rounds_to_nearest, self.antialias = system.rounds_to_nearest, system.antialias
        self.normalizes_last = False  # else first, as torchvision does
        self.takes_bytes = False
        """Whether an image that is looked at may be (3, H, W) uint8: with `normalizes_last`, and on a CPU alone."""

    def forward(self, images: list[Tensor], targets: list[Target] | None = None) -> tuple[Batch, list[Target] | None]:
        """Return the batch of `images` (3, H, W), and targets whose boxes are in pixels of the batch."""
        resized, targets = super().forward(images, targets)
        pairs = zip(resized.image_sizes, images, strict=True)
        scales = [max(size) / max(image.shape[-2:]) for size, image in pairs]
        return Batch(resized.tensors, resized.image_sizes, scales), targets

    def normalize(self, image: Tensor) -> Tensor:
        """Normalise one image, unless `resize` does it, after which there are mostly fewer pixels of it."""
        return image if self.normalizes_last else self._normalized(image)

    def resize(self, image: Tensor, target: Target | None = None) -> tuple[Tensor, Target | None]:
        """Resize one image (3, H, W) and its boxes: short side `min_size`, unless the long one passes `max_size`."""
        resized = self._resized(image)
        if self.normalizes_last:
            resized = self._normalized(resized)
        if target is None:
            return resized, None
        before, after = list(image.shape[-2:]), list(resized.shape[-2:])
        if before == after:
            return resized, target
        moved = {key: resize_boxes(target[key], before, after) for key in ("boxes", *REGIONS) if key in target}
        return resized, target | moved

    def batch_images(self, images: list[Tensor], size_divisible: int = 32) -> Tensor:
        """Return a padded batch; an image that fills one by itself is not copied into it."""
        if len(images) == 1 and not any(side % size_divisible for side in images[0].shape[-2:]):
            return images[0][None]
        batch: Tensor = super().batch_images(images, size_divisible)
        return batch

    def _normalized(self, image: Tensor) -> Tensor:
        if self.takes_bytes and not image.is_floating_point():
            # Not before it was made smaller: bytes are resized in a fifth of the time.
            image = image.contiguous().float().div_(255)
        normalized: Tensor = super().normalize(image)
        return normalized

    def _resized(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        short, long = sorted((height, width))
        if not self.enlarges and short <= self.min_size[0] and long <= self.max_size:
            return image
        if short * self.max_size >= long and not self.rounds_to_nearest:
            resized: Tensor = super().resize(image)[0]
            return resized
        wanted = self.min_size[-1]
        if self.training and self.train_min_sizes:
            wanted = int(self.torch_choice(list(self.train_min_sizes)))
        # A side of nothing would be no image: one so thin that torchvision's rounding makes it so comes here as well.
        half = 0.5 if self.rounds_to_nearest else 0.0
        above, below = (self.max_size, long) if wanted * long > self.max_size * short else (wanted, short)
        size = [max(1, int(side * above / below + half)) for side in (height, width)]
        return functional.interpolate(
            image[None], size=size, mode="bilinear", align_corners=False, antialias=self.antialias
        )[0]
