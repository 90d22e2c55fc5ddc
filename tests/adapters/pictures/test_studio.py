"""What is left of a photo that somebody sends, and what is no photo."""

import asyncio
import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from adapters.pictures.studio import LONGEST_SIDE, MOST_AT_ONCE, PillowStudio, developed
from domain.photos import Developed, NotAPhoto
from domain.refusals import Refusal
from services.calls import Unavailable

CANARY = b"Okerstrasse 7"


def sent(form: str = "JPEG", size: tuple[int, int] = (64, 32), *, mode: str = "RGB", **more: Any) -> bytes:
    """The left half is red, the right half blue."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    picture = picture.convert(mode)
    out = BytesIO()
    picture.save(out, form, **more)
    return out.getvalue()


def located(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = CANARY.decode()  # what it shows
    exif.get_ifd(0x8825)[2] = (52.0, 15.0, 51.2)  # where
    return exif


def shown(raw: bytes) -> Image.Image:
    photo = developed(raw)
    assert isinstance(photo, Developed), photo
    return Image.open(BytesIO(photo.content), formats=("JPEG",))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_nothing_is_left_but_the_picture(form: str) -> None:
    more: dict[str, Any] = {"exif": located(), "xmp": CANARY} if form != "PNG" else {"exif": located()}
    raw = sent(form, **more, icc_profile=CANARY) + CANARY
    assert CANARY in raw
    picture = shown(raw)
    assert (picture.format, picture.size, picture.mode) == ("JPEG", (64, 32), "RGB")
    assert not picture.getexif()
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    photo = developed(raw)
    assert isinstance(photo, Developed)
    assert CANARY not in photo.content


def test_it_stands_upright_as_the_camera_was_held() -> None:
    picture = shown(sent(exif=located(orientation=6)))
    assert picture.size == (32, 64)
    top, bottom = picture.getpixel((16, 8)), picture.getpixel((16, 56))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert (top[0] > 200, bottom[2] > 200) == (True, True)


def test_of_several_pictures_in_a_file_of_a_telephones_the_first_is_the_photo() -> None:
    behind = Image.new("RGB", (16, 8), "green")
    raw = sent("MPO", exif=located(orientation=6), save_all=True, append_images=[behind])
    assert Image.open(BytesIO(raw), formats=("JPEG",)).format == "MPO"
    picture = shown(raw)
    assert (picture.format, picture.size) == ("JPEG", (32, 64))


def test_what_is_odd_beside_the_picture_hinders_nobody() -> None:
    turned = struct.pack("<HHII", 0x0112, 3, 1, 6)
    odd = struct.pack("<HHI4s", 0x011A, 2, 4, b"odd\0")  # a resolution in words
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + turned + odd + bytes(4)
    assert shown(sent(exif=exif)).size == (32, 64)


async def test_only_a_few_wait_for_the_studio_and_whoever_comes_then_comes_again() -> None:
    studio, raw = PillowStudio(), sent()
    found = await asyncio.gather(*(studio.develop(raw) for _ in range(MOST_AT_ONCE + 2)), return_exceptions=True)
    assert [type(each) for each in found] == [Developed] * MOST_AT_ONCE + [Unavailable] * 2
    assert isinstance(await studio.develop(raw), Developed)


def test_a_large_one_is_made_smaller_and_the_same_one_is_the_same() -> None:
    raw = sent(size=(2100, 525))
    first, second = developed(raw), developed(raw)
    assert isinstance(first, Developed)
    assert (first.width, first.height) == (LONGEST_SIDE, 512)
    assert isinstance(second, Developed)
    assert first.digest == second.digest


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA"])
def test_pictures_of_every_kind_become_red_green_and_blue(mode: str) -> None:
    assert shown(sent("PNG", mode=mode)).mode == "RGB"


def a_webp_that_claims(side: int) -> bytes:
    raw = bytearray(sent("WEBP", lossless=True))
    begins = raw.index(b"VP8L") + 9
    (said,) = struct.unpack("<I", raw[begins : begins + 4])
    raw[begins : begins + 4] = struct.pack("<I", said >> 28 << 28 | (side - 1) << 14 | (side - 1))
    return bytes(raw)


def a_jpeg_that_claims(width: int, height: int, **more: Any) -> bytes:
    raw = bytearray(sent(**more))
    begins = raw.index(b"\xff\xc2" if more else b"\xff\xc0") + 5
    raw[begins : begins + 4] = struct.pack(">HH", height, width)
    return bytes(raw)


def a_png_that_claims(side: int) -> bytes:
    raw = bytearray(sent("PNG"))
    raw[16:24] = struct.pack(">II", side, side)
    raw[29:33] = struct.pack(">I", zlib.crc32(bytes(raw[12:29])))
    return bytes(raw)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", NotAPhoto.INVALID),
        (b"<html>", NotAPhoto.INVALID),
        (sent("GIF"), NotAPhoto.INVALID),
        (sent("BMP"), NotAPhoto.INVALID),
        (sent("TIFF"), NotAPhoto.INVALID),
        (sent(size=(640, 480))[:700], NotAPhoto.INVALID),
        (sent("PNG", (640, 480))[:200], NotAPhoto.INVALID),
        (b"\xff\xd8\xff\xe0" + bytes(100), NotAPhoto.INVALID),
        (a_png_that_claims(5_000), NotAPhoto.TOO_LARGE),
        (a_png_that_claims(12_000), NotAPhoto.TOO_LARGE),
        (a_png_that_claims(60_000), NotAPhoto.TOO_LARGE),
        (a_webp_that_claims(5_000), NotAPhoto.TOO_LARGE),
        (a_webp_that_claims(16_383), NotAPhoto.TOO_LARGE),
        (sent(size=(3000, 2000), progressive=True) + b"\xff\xda" * 200, NotAPhoto.TOO_LARGE),
        (a_jpeg_that_claims(5_000, 4_100, progressive=True), NotAPhoto.TOO_LARGE),
        (a_jpeg_that_claims(8_000, 8_100), NotAPhoto.TOO_LARGE),
    ],
    ids=range(16),
)
async def test_what_is_no_photo_or_would_be_too_much_of_one_is_refused(raw: bytes, reason: NotAPhoto) -> None:
    assert await PillowStudio().develop(raw) == Refusal(reason)
