"""`/v1/{city}/bookings/{id}/photos`: how a vehicle was taken over, and how it was given back."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.booking.actions import ONE as BOOKING
from adapters.http.booking.actions import booking_id
from adapters.http.endpoints import BOOKERS, BOOKERS_AND_OPERATOR, Ask, Endpoint, Reply, answer
from adapters.http.fleet.damage_examples import DIGEST, PHOTO
from adapters.http.photo_files import JPEG, LARGEST, TAKES, photo_in
from domain.booking.bookings import BookingId
from domain.fleet.use_photos import Phase, UsePhoto
from domain.identity import City
from domain.photos import Digest
from domain.refusals import Refusal
from services.fleet.use_photos import AddUsePhoto, UsePhotos

PHOTOS = f"{BOOKING}/photos"


class UsePhotoQuery(Struct, forbid_unknown_fields=True, frozen=True):
    phase: Annotated[Phase, Meta(examples=["start"])]


class UsePhotoView(Struct, frozen=True):
    """`digest` is the SHA-256 of what `href` answers."""

    phase: Phase
    digest: Digest
    media_type: str
    width: int
    height: int
    size: int
    added_at: datetime
    href: str


class UsePhotoList(Struct, frozen=True):
    """In the order in which they came."""

    items: tuple[UsePhotoView, ...]


def use_photos(offered: UsePhotos) -> tuple[Endpoint, ...]:
    async def add_photo(ask: Ask) -> Reply:
        of, phase, raw = booking_id(ask), ask.query(UsePhotoQuery).phase, await ask.file()
        call = ask.call((of, phase, sha256(raw).hexdigest()), lambda added: answer(_view(added, of, ask.city), 201))
        return await offered.add(call, AddUsePhoto(of, phase, raw))

    async def list_photos(ask: Ask) -> Reply:
        of = booking_id(ask)
        found = await offered.of(ask.actor, of)
        if isinstance(found, Refusal):
            return ask.refuse(found)
        return answer(UsePhotoList(tuple(_view(each, of, ask.city) for each in found)))

    async def get_photo(ask: Ask) -> Reply:
        return await photo_in(ask, lambda digest: offered.show(ask.actor, booking_id(ask), digest))

    return (
        Endpoint(
            HttpMethod.POST,
            BOOKERS,
            PHOTOS,
            "addUsePhoto",
            "booking",
            "Add a photo of the vehicle at the start of its use, or at its end until a day after it, ten of each at most. The"
            " picture alone is kept; where, when and by what it was taken is not",
            add_photo,
            {201: UsePhotoView},
            codes=(
                *("unknown_booking", "no_vehicle", "wrong_state", "too_late_to_report", "too_many_photos"),
                *("photo_invalid", "photo_too_large"),
            ),
            query=UsePhotoQuery,
            keyed=True,
            takes=TAKES,
            largest=LARGEST,
            examples={201: EXAMPLE},
        ),
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            PHOTOS,
            "listUsePhotos",
            "booking",
            "The photos of a use, for its holder and whoever runs the vehicle",
            list_photos,
            {200: UsePhotoList},
            codes=("unknown_booking",),
            examples={200: {"items": [EXAMPLE]}},
        ),
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            f"{PHOTOS}/{{digest:str}}",
            "getUsePhoto",
            "booking",
            "A photo of a use, for its holder and whoever runs the vehicle",
            get_photo,
            {200: None, 304: None},
            codes=("unknown_booking", "unknown_photo"),
            media=JPEG,
        ),
    )


def _view(each: UsePhoto, of: BookingId, city: City) -> UsePhotoView:
    photo = each.photo
    return UsePhotoView(
        each.phase,
        photo.digest,
        photo.media_type,
        photo.width,
        photo.height,
        photo.size,
        photo.added_at.astimezone(UTC),
        f"/v1/{city}/bookings/{of}/photos/{photo.digest}",
    )


EXAMPLE: dict[str, Any] = PHOTO | {
    "phase": "start",
    "href": f"/v1/braunschweig/bookings/01890a5d-ac96-774b-bcce-b302099a8057/photos/{DIGEST}",
}
