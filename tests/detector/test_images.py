from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from detector import images
from detector.image_files import list_images
from detector.images import MAX_PIXELS, MAX_SIDE, is_turned, read_image, read_image_size, read_thumbnail
from detector.reach import OutOfReachError
from detector.types import ByteArray, DetectorError

REFUSED = {
    "made_20000x20000_1bit.png": "too large",
    "made_empty.jpg": "empty",
    "pil_broken_data_stream.png": "damaged",
    "pil_reallybig.bmp": "too large",
    "pil_truncated_image.png": "damaged",
    "pil_zero_width.gif": "not an image",
}
TURNED = {
    "photo_Portrait_5.jpg": (1800, 1200),
    "photo_Portrait_6.jpg": (1800, 1200),
    "pil_orientation_rectangle.jpg": (2, 1),
}
TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def noise(height: int, width: int, seed: int = 0) -> ByteArray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def exif_with(orientation: object) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif


# --- the collection of odd files -------------------------------------------------------------------------------------


def test_that_every_odd_file_is_read_as_described_or_refused_with_a_reason(shared_data: Path) -> None:
    paths = [path for path in sorted((shared_data / "odd-images").iterdir()) if path.is_file() and path.suffix != ".md"]
    assert len(paths) >= 40
    for path in paths:
        if reason := REFUSED.get(path.name):
            with pytest.raises(DetectorError, match=reason) as refusal:
                read_image(path)
            assert path.name in str(refusal.value)
            continue
        image = read_image(path)
        with Image.open(path) as stored:
            size = TURNED.get(path.name, (stored.height, stored.width))
        assert (image.shape, image.dtype, image.flags.c_contiguous) == ((*size, 3), np.uint8, True), path.name
        assert read_image_size(path) == size, path.name
        assert image.size == 3 or image.max() > image.min(), path.name


@pytest.mark.parametrize(
    ("turned", "upright"),
    [("photo_Landscape_3.jpg", "photo_Landscape_1.jpg"), ("photo_Portrait_5.jpg", "photo_Portrait_6.jpg")],
)
def test_that_photographs_of_one_scene_agree_once_they_are_upright(
    shared_data: Path, turned: str, upright: str
) -> None:
    first, second = (read_image(shared_data / "odd-images" / name).astype(float) for name in (turned, upright))
    # The drawn numbers differ, the photograph does not; any other of the eight turns is far away.
    assert np.abs(first - second).mean() < 5
    assert np.abs(first[:, ::-1] - second).mean() > 20
    assert np.abs(first[::-1] - second).mean() > 20


def test_that_deep_grey_looks_like_the_photograph_it_was_made_from(shared_data: Path) -> None:
    folder = shared_data / "odd-images"
    photo = np.asarray(Image.fromarray(read_image(folder / "made_progressive.jpg")).convert("L")).astype(float)
    for name in ("made_gray16.png", "made_float32.tif"):
        image = read_image(folder / name)
        assert np.abs(image[:, :, 0] - photo).mean() < 8, name
        np.testing.assert_array_equal(image[:, :, 0], image[:, :, 2])


def peak_memory_of_reading(path: Path) -> int:
    """Read the image in a fresh interpreter; return how many bytes its memory grew at most."""
    if not Path("/proc/self/status").is_file():
        pytest.skip("the peak of memory is read from /proc")
    code = (
        "import contextlib, pathlib, re, sys\n"
        "from detector.images import read_image; from detector.types import DetectorError\n"
        "status = pathlib.Path('/proc/self/status')\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', status.read_text())[1]) * 1024\n"
        "before = peak()\n"
        "with contextlib.suppress(DetectorError): read_image(sys.argv[1])\n"
        "print(peak() - before)"
    )
    command = [sys.executable, "-W", "error", "-c", code, str(path)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_that_the_400_megapixel_file_is_refused_without_decoding_it(shared_data: Path) -> None:
    assert peak_memory_of_reading(shared_data / "odd-images" / "made_20000x20000_1bit.png") < 40e6


# --- orientation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp", ".jpg"])
def test_that_every_orientation_is_honoured_in_every_format(tmp_path: Path, suffix: str, orientation: int) -> None:
    pixels = np.kron(noise(5, 8), np.ones((16, 16, 1), dtype=np.uint8))  # blocks that survive JPEG
    path = tmp_path / f"turned{suffix}"
    options = {"lossless": True} if suffix == ".webp" else {"quality": 98, "subsampling": 0} if suffix == ".jpg" else {}
    Image.fromarray(pixels).save(path, exif=exif_with(orientation), **options)
    image = Image.fromarray(pixels)
    expected = np.asarray(image.transpose(TRANSPOSES[orientation]) if orientation > 1 else image)
    seen = read_image(path)
    assert seen.shape == expected.shape
    assert np.abs(seen.astype(int) - expected).max() <= (12 if suffix == ".jpg" else 0)
    assert read_image_size(path) == expected.shape[:2]
    assert is_turned(path) == (orientation > 1)
    thumbnail = read_thumbnail(path, 40)
    assert max(thumbnail.shape) == 40
    assert (thumbnail.shape[0] > thumbnail.shape[1]) == (expected.shape[0] > expected.shape[1])


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_that_a_senseless_orientation_is_ignored(tmp_path: Path, orientation: int) -> None:
    Image.fromarray(noise(3, 5)).save(tmp_path / "a.png", exif=exif_with(orientation))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), noise(3, 5))
    assert not is_turned(tmp_path / "a.png")


def test_that_an_orientation_behind_the_pixels_of_a_png_is_found(tmp_path: Path) -> None:
    path = tmp_path / "late.png"
    Image.fromarray(noise(3, 5)).save(path, exif=exif_with(6))
    data = path.read_bytes()
    start = data.index(b"eXIf") - 4
    stop = start + 12 + int.from_bytes(data[start : start + 4], "big")
    end = data.index(b"IEND") - 4
    path.write_bytes(data[:start] + data[stop:end] + data[start:stop] + data[end:])
    assert path.read_bytes().index(b"eXIf") > path.read_bytes().index(b"IDAT")
    assert read_image(path).shape == (5, 3, 3)
    assert read_image_size(path) == (5, 3)
    assert is_turned(path)


def test_that_the_size_of_a_png_is_read_without_decoding_it(tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    Image.fromarray(noise(200, 300)).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    assert read_image_size(path) == (200, 300)
    with pytest.raises(DetectorError, match="damaged"):
        read_image(path)


# --- pixel formats ---------------------------------------------------------------------------------------------------


def test_that_plain_rgb_comes_back_unchanged_also_across_strips(tmp_path: Path) -> None:
    for height, width in ((1, 1), (1000, 700), (3, 20_000), (20_000, 3)):
        pixels = noise(height, width)
        Image.fromarray(pixels).save(tmp_path / "a.png", compress_level=1)
        seen = read_image(tmp_path / "a.png")
        np.testing.assert_array_equal(seen, pixels)
        assert seen.flags.writeable


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_that_transparency_is_laid_on_white(tmp_path: Path, mode: str) -> None:
    image = Image.new(mode, (3, 1))
    grey = (100,) * (len(mode) - 1)
    for column, alpha in enumerate((0, 128, 255)):
        image.putpixel((column, 0), (*grey, alpha))
    image.save(tmp_path / "a.png")
    seen = read_image(tmp_path / "a.png")[0]
    np.testing.assert_array_equal(seen[:, 0], seen[:, 2])
    assert seen[0, 0] == 255
    assert abs(int(seen[1, 0]) - 177) <= 1
    assert seen[2, 0] == 100


def test_that_transparent_palette_entries_and_colours_are_white(tmp_path: Path) -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putpixel((1, 0), 1)
    palette.save(tmp_path / "p.png", transparency=0)
    assert read_image(tmp_path / "p.png")[0].tolist() == [[255, 255, 255], [40, 50, 60]]
    Image.fromarray(np.array([[[1, 2, 3], [4, 5, 6]]], dtype=np.uint8)).save(tmp_path / "c.png", transparency=(1, 2, 3))
    assert read_image(tmp_path / "c.png")[0].tolist() == [[255, 255, 255], [4, 5, 6]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 257, 65535], [0, 1, 255]),  # the full range
        ([0, 100, 255], [0, 100, 255]),  # eight bits in sixteen
        ([0, 1023, 2046, 4095], [0, 64, 127, 255]),  # a 12-bit sensor
        ([0, 0, 0], [0, 0, 0]),
    ],
)
@pytest.mark.parametrize("name", ["a.png", "a.tif", "big_endian.tif"])
def test_that_sixteen_bits_are_scaled_by_their_depth(
    tmp_path: Path, name: str, values: list[int], expected: list[int]
) -> None:
    dtype = ">u2" if name.startswith("big") else "<u2"
    Image.fromarray(np.array([values], dtype=dtype)).save(tmp_path / name)
    assert read_image(tmp_path / name)[0, :, 0].tolist() == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 0.25, 0.5], [0, 64, 128]),  # not stretched: 0 to 1 is a range with a meaning
        ([0.0, 100.2, 255.0], [0, 100, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([1000.0, 2000.0, 3000.0], [0, 128, 255]),
        ([np.nan, 0.5, np.inf, -np.inf], [0, 128, 255, 0]),
        ([np.nan, np.nan], [0, 0]),
        ([7000.0, 7000.0], [255, 255]),
    ],
)
def test_that_floating_point_grey_is_mapped_by_the_stated_rule(
    tmp_path: Path, values: list[float], expected: list[int]
) -> None:
    Image.fromarray(np.array([values], dtype=np.float32)).save(tmp_path / "a.tif")
    assert read_image(tmp_path / "a.tif")[0, :, 0].tolist() == expected


def test_that_whole_numbers_beyond_sixteen_bits_are_stretched(tmp_path: Path) -> None:
    Image.fromarray(np.array([[-100, 0, 100]], dtype=np.int32)).save(tmp_path / "a.tif")
    assert read_image(tmp_path / "a.tif")[0, :, 0].tolist() == [0, 128, 255]


def test_that_a_cmyk_jpeg_gives_its_colours(tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (255, 0, 0, 0)).save(tmp_path / "cyan.jpg", quality=100)
    assert np.abs(read_image(tmp_path / "cyan.jpg")[8, 8].astype(int) - (0, 255, 255)).max() <= 3


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".tif"])
def test_that_the_first_frame_is_read(tmp_path: Path, suffix: str) -> None:
    red, blue = (Image.new("RGB", (20, 10), colour) for colour in ("red", "blue"))
    red.save(tmp_path / f"moving{suffix}", save_all=True, append_images=[blue])
    assert np.abs(read_image(tmp_path / f"moving{suffix}")[5, 5].astype(int) - (255, 0, 0)).max() <= 3


# --- what cannot be read ---------------------------------------------------------------------------------------------


def test_that_unreadable_paths_are_named_with_their_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.jpg").write_text("not a picture")
    reasons = {"missing.png": "does not exist", "empty.png": "empty", "text.jpg": "not an image", ".": "not a file"}
    for name, reason in reasons.items():
        for read in (read_image, read_image_size, lambda path: read_thumbnail(path, 10)):
            with pytest.raises(DetectorError, match=reason):
                read(tmp_path / name)


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EACCES, errno.EIO, errno.ETIMEDOUT])
def test_that_a_file_that_the_system_does_not_give_is_out_of_reach_and_not_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    Image.fromarray(noise(24, 40)).save(tmp_path / "sound.png")

    def fail(*_: object) -> bytes:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as away:
        away.setattr(images._PatientFile, "read", fail)
        with pytest.raises(OutOfReachError, match="sound"):
            read_image(tmp_path / "sound.png")
    read_image(tmp_path / "sound.png")
    (tmp_path / "empty.png").touch()
    with pytest.raises(DetectorError) as raised:
        read_image(tmp_path / "empty.png")
    assert not isinstance(raised.value, OutOfReachError)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".gif", ".bmp"])
def test_that_damaged_bytes_give_an_image_or_a_reason_and_nothing_else(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"damaged{suffix}"
    exif = {"exif": exif_with(6)} if suffix in {".jpg", ".png", ".tif", ".webp"} else {}
    Image.fromarray(noise(24, 40)).save(path, **exif)
    sound = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    rng = np.random.default_rng(1)
    outcomes, is_out_of_reach = set(), False
    for _ in range(150):
        damaged = sound.copy()
        damaged[rng.integers(0, min(len(sound), 400), 3)] = rng.integers(0, 256, 3)
        path.write_bytes(damaged.tobytes()[: rng.integers(1, 2 * len(sound))])
        try:
            read_image_size(path)
            outcomes.add(f"an image of {read_image(path).ndim} dimensions")
        except DetectorError as error:
            outcomes.add(f"a reason that names the file: {path.name in str(error)}")
            is_out_of_reach |= isinstance(error, OutOfReachError)
    assert not is_out_of_reach  # or a run on a cluster would end for one damaged file
    assert outcomes >= {"a reason that names the file: True"}
    assert outcomes <= {"a reason that names the file: True", "an image of 3 dimensions"}


@pytest.mark.parametrize("size", [(MAX_SIDE + 1, 1), (1, MAX_SIDE + 1), (20_000, MAX_PIXELS // 20_000 + 1)])
def test_that_too_many_pixels_are_refused_from_the_header(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "big.pgm"
    Image.new("L", (size[0], size[1])).save(path)
    with pytest.raises(DetectorError, match="too large"):
        read_image(path)
    with pytest.raises(DetectorError, match="too large"):
        read_image_size(path)


def test_that_no_side_may_be_longer_than_the_limit_in_any_format(tmp_path: Path) -> None:
    Image.new("1", (MAX_SIDE + 1, 1)).save(tmp_path / "long.png")
    with pytest.raises(DetectorError, match="too large"):
        read_image_size(tmp_path / "long.png")


def test_that_a_large_image_is_read_with_little_more_memory_than_its_pixels(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("L", (9600, 10_000), 7).save(path, compress_level=1)  # above the size at which Pillow warns
    assert 380e6 < peak_memory_of_reading(path) < 450e6  # 96 MB in Pillow and 288 MB as RGB


def test_that_no_warning_leaves_in_any_thread(shared_data: Path) -> None:
    path = shared_data / "odd-images" / "pil_hopper_bad_exif.jpg"
    shapes: list[tuple[int, ...]] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        threads = [threading.Thread(target=lambda: shapes.append(read_image(path).shape)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert shapes == [(500, 500, 3)] * 6
    assert caught == []


# --- thumbnails and folders ------------------------------------------------------------------------------------------


def test_that_a_thumbnail_fits_its_side_and_keeps_the_proportions(tmp_path: Path) -> None:
    Image.fromarray(noise(900, 1200)).save(tmp_path / "a.jpg")
    thumbnail = read_thumbnail(tmp_path / "a.jpg", 128)
    assert (thumbnail.shape, thumbnail.dtype) == ((96, 128, 3), np.uint8)
    Image.fromarray(noise(20, 30)).save(tmp_path / "small.png")
    np.testing.assert_array_equal(read_thumbnail(tmp_path / "small.png", 128), noise(20, 30))


def test_that_images_are_listed_in_natural_order_from_sub_folders_too(tmp_path: Path) -> None:
    names = [
        "b10.png",
        "b2.PNG",
        "B1.jpg",
        "a/x.jpeg",
        "a/deep/y.tif",
        "c.txt",
        ".hidden.png",
        ".dot/z.png",
        "a/10.webp",
    ]
    for name in [*names, "a/9.webp"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    listed = [path.relative_to(tmp_path).as_posix() for path in list_images(tmp_path)]
    assert listed == ["a/9.webp", "a/10.webp", "a/deep/y.tif", "a/x.jpeg", "B1.jpg", "b2.PNG", "b10.png"]
    assert list_images(str(tmp_path)) == list_images(tmp_path)


def test_that_numbers_of_any_length_and_with_leading_zeros_are_ordered_by_value(tmp_path: Path) -> None:
    names = [
        "0.png",
        "1.png",
        "01.png",
        "002.png",
        "10.png",
        "9" * 30 + ".png",
        "1" + "0" * 30 + ".png",
        "a b.png",
        "a2.png",
    ]
    (tmp_path / "a").mkdir()
    for name in [*reversed(names), "a/z.png"]:
        (tmp_path / name).touch()
    listed = [path.relative_to(tmp_path).as_posix() for path in list_images(tmp_path)]
    expected = ["0.png", "01.png", "1.png", *names[3:7], "a/z.png", *names[7:]]
    assert listed == expected


@pytest.mark.skipif(sys.platform == "win32", reason="names of several lines are not allowed there")
def test_that_a_name_of_several_lines_has_its_place(tmp_path: Path) -> None:
    for name in ("b 10.png", "b\n9.png", "a 2.png", "a 10.png"):
        (tmp_path / name).touch()
    assert [path.name for path in list_images(tmp_path)] == ["a 2.png", "a 10.png", "b\n9.png", "b 10.png"]


def test_that_names_of_one_form_are_in_the_order_that_they_have_among_others(tmp_path: Path) -> None:
    alike = ["img_0099 b.jpg", "IMG_0100 A.jpg", "img_0007 c.jpg", "IMG_0007 B.jpg", "img_1000 a.JPG"]
    for name in alike:
        (tmp_path / name).touch()
    alone = [path.name for path in list_images(tmp_path)]
    (tmp_path / "2.jpg").touch()
    assert [path.name for path in list_images(tmp_path)] == ["2.jpg", *alone]
    assert alone == ["IMG_0007 B.jpg", "img_0007 c.jpg", "img_0099 b.jpg", "IMG_0100 A.jpg", "img_1000 a.JPG"]


def test_that_linked_folders_are_not_followed_but_linked_files_are_listed(tmp_path: Path) -> None:
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "a.png").touch()
    try:
        (tmp_path / "album" / "loop").symlink_to(tmp_path / "album", target_is_directory=True)
        (tmp_path / "album" / "b.png").symlink_to(tmp_path / "album" / "a.png")
        (tmp_path / "album" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    except OSError:
        pytest.skip("this account may not make symbolic links")
    assert [path.name for path in list_images(tmp_path)] == ["a.png", "b.png"]


def test_that_a_missing_folder_is_named_and_an_empty_one_has_no_images(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="nowhere"):
        list_images(tmp_path / "nowhere")
    assert list_images(tmp_path) == []


@pytest.mark.skipif(os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="may read everything")
def test_that_a_locked_sub_folder_does_not_hide_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "locked").mkdir(mode=0)
    assert [path.name for path in list_images(tmp_path)] == ["a.png"]


def test_that_a_link_to_itself_does_not_cost_the_folder(tmp_path):
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "good.png")
    assert list_images(tmp_path) == [tmp_path / "good.png"]
