"""Photos in PostgreSQL: each content is kept once in a city, whatever it shows."""

from adapters.database.sheets import Sheet
from domain.photos import Developed

KEEP_PHOTO = """
INSERT INTO photos (city, digest, media_type, width, height, size, content, kept_at)
VALUES (:city, :digest, :media_type, :width, :height, :size, :content, :now) ON CONFLICT DO NOTHING
"""


async def keep_photo(sheet: Sheet, photo: Developed) -> None:
    """Nothing happens where it is there already."""
    await sheet.write(
        KEEP_PHOTO,
        digest=photo.digest,
        media_type=photo.media_type,
        width=photo.width,
        height=photo.height,
        size=len(photo.content),
        content=photo.content,
    )
