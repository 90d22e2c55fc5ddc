"""Photos by Pillow: told apart by their content, painted anew, and never larger than they have to be.

What a telephone writes beside the picture (where it was taken, when, by what) does not come along, and what was hidden in the
file does not either, for nothing of the file is kept.
"""

import asyncio
import struct
from io import BytesIO

from PIL import ExifTags, Image

from domain.photos import Developed, NotAPhoto
from domain.refusals import Refusal
from services.calls import Unavailable

FORMATS = ("JPEG", "PNG", "WEBP")
LONGEST_SIDE = 2048
QUALITY = 85
# A JPEG with smaller pictures behind it, as many telephones write one; the first of them is the photo.
SEVERAL = "MPO"
# A JPEG is read at an eighth of its size or more, so a large one costs little; the others are read as a whole.
MOST_PIXELS = {"JPEG": 64_000_000, SEVERAL: 64_000_000, "PNG": 20_000_000, "WEBP": 20_000_000}
# A progressive JPEG is held as a whole, however small it is read, and painted over by each of its scans: a camera's by ten, a
# trap's by thousands.
MOST_HELD = 20_000_000
MOST_PAINTED = 640_000_000
SCAN = b"\xff\xda"
DRAFT = (LONGEST_SIDE, LONGEST_SIDE)
# What reading ends in where a file is not what it says, or what stands beside its picture is not.
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    TypeError,
    LookupError,
    OverflowError,
    AssertionError,
)
BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Each of those who wait holds what she sent.
MOST_AT_ONCE = 5


class PillowStudio:
    """One photo at a time in a process, and beside its event loop: what is read takes up memory by its size as a picture."""

    def __init__(self) -> None:
        self._alone = asyncio.Semaphore(1)
        self._taken = 0

    async def develop(self, raw: bytes) -> Developed | Refusal[NotAPhoto]:
        if self._taken >= MOST_AT_ONCE:
            raise Unavailable("too many photos wait to be developed")
        self._taken += 1
        try:
            async with self._alone:
                return await asyncio.to_thread(developed, raw)
        finally:
            self._taken -= 1


def developed(raw: bytes) -> Developed | Refusal[NotAPhoto]:
    """The photo upright, in red, green and blue, as a JPEG with nothing beside it."""
    try:
        return _painted_anew(raw)
    except BOMB:
        return Refusal(NotAPhoto.TOO_LARGE)
    except UNREADABLE:
        return Refusal(NotAPhoto.INVALID)


def _painted_anew(raw: bytes) -> Developed | Refusal[NotAPhoto]:
    with Image.open(BytesIO(raw), formats=FORMATS) as sent:
        if sent.format not in MOST_PIXELS:
            return Refusal(NotAPhoto.INVALID)
        pixels, is_jpeg = sent.width * sent.height, sent.format in {"JPEG", SEVERAL}
        most = MOST_HELD if sent.info.get("progressive") else MOST_PIXELS[sent.format]
        if pixels > most or (is_jpeg and pixels * raw.count(SCAN) > MOST_PAINTED):
            return Refusal(NotAPhoto.TOO_LARGE)
        if is_jpeg:
            sent.draft("RGB", DRAFT)
        sent.load()
        sent.thumbnail(DRAFT, Image.Resampling.LANCZOS)
        turn = UPRIGHT.get(sent.getexif().get(ExifTags.Base.Orientation, 1))
        upright = sent.copy() if turn is None else sent.transpose(turn)
        picture = Image.new("RGB", upright.size, "white")
        if "A" in upright.getbands() or "transparency" in upright.info:
            upright = upright.convert("RGBA")
            picture.paste(upright, mask=upright.getchannel("A"))
        else:
            picture.paste(upright.convert("RGB"))
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Developed(out.getvalue(), "image/jpeg", picture.width, picture.height)
