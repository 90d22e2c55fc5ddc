"""Photos by Pillow: told apart by their content, painted anew, and never larger than they have to be.

What a telephone writes beside the picture (where it was taken, when, by what) does not come along, and what was hidden in the
file does not either, for nothing of the file is kept.
"""

import asyncio
from io import BytesIO

from PIL import Image, ImageOps

from domain.fleet.photos import Developed, NotAPhoto
from domain.refusals import Refusal

FORMATS = ("JPEG", "PNG", "WEBP")
LONGEST_SIDE = 2048
QUALITY = 85
# A JPEG is read at an eighth of its size or more, so a large one costs little; the others are read as a whole.
MOST_PIXELS = {"JPEG": 64_000_000, "PNG": 20_000_000, "WEBP": 20_000_000}
# A progressive JPEG is painted over as a whole by each of its scans: a camera's by ten, a trap's by thousands.
MOST_PAINTED = 640_000_000
SCAN = b"\xff\xda"
DRAFT = (LONGEST_SIDE, LONGEST_SIDE)
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError)
BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class PillowStudio:
    """One photo at a time in a process, and beside its event loop: what is read takes up memory by its size as a picture."""

    def __init__(self) -> None:
        self._alone = asyncio.Semaphore(1)

    async def develop(self, raw: bytes) -> Developed | Refusal[NotAPhoto]:
        async with self._alone:
            return await asyncio.to_thread(developed, raw)


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
        pixels, is_jpeg = sent.width * sent.height, sent.format == "JPEG"
        if pixels > MOST_PIXELS[sent.format] or (is_jpeg and pixels * raw.count(SCAN) > MOST_PAINTED):
            return Refusal(NotAPhoto.TOO_LARGE)
        if is_jpeg:
            sent.draft("RGB", DRAFT)
        upright = ImageOps.exif_transpose(sent)
        upright.thumbnail(DRAFT, Image.Resampling.LANCZOS)
        picture = Image.new("RGB", upright.size, "white")
        if "A" in upright.getbands() or "transparency" in upright.info:
            upright = upright.convert("RGBA")
            picture.paste(upright, mask=upright.getchannel("A"))
        else:
            picture.paste(upright.convert("RGB"))
    out = BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Developed(out.getvalue(), "image/jpeg", picture.width, picture.height)
