"""`/v1/{city}/damages/{damage_id}/photos`: photos of a damage, taken in and given away."""

from hashlib import sha256

from litestar.enums import HttpMethod

from adapters.http.endpoints import BOOKERS_AND_OPERATOR, Ask, Endpoint, Reply, answer
from adapters.http.fleet.damage_examples import PHOTO
from adapters.http.fleet.damage_views import DamagePhotoView, photo_view
from adapters.http.fleet.damages import damage_id
from adapters.http.photo_files import JPEG, LARGEST, TAKES, digest_in, photo_in
from services.calls import Answer
from services.fleet.damages import AddPhoto, Damages, PhotoAdded

PHOTOS = "/v1/{city:str}/damages/{damage_id:uuid}/photos"


def damage_photos(offered: Damages) -> tuple[Endpoint, ...]:
    async def add_photo(ask: Ask) -> Reply:
        of, raw = damage_id(ask), await ask.file()

        def told(added: PhotoAdded) -> Answer:
            (photo,) = [each for each in added.damage.photos if each.digest == added.digest]
            return answer(photo_view(photo, of, ask.city), 201)

        return await offered.add_photo(ask.call((of, sha256(raw).hexdigest()), told), AddPhoto(of, raw))

    async def get_photo(ask: Ask) -> Reply:
        return await photo_in(ask, lambda digest: offered.photo(ask.actor, damage_id(ask), digest))

    async def remove_photo(ask: Ask) -> Reply:
        digest = digest_in(ask)
        refused = await offered.remove_photo(ask.actor, ask.request_id, damage_id(ask), digest)
        return ask.refuse(refused) if refused else Answer(204, "", "")

    return (
        Endpoint(
            HttpMethod.POST,
            BOOKERS_AND_OPERATOR,
            PHOTOS,
            "addDamagePhoto",
            "fleet",
            "Add a photo of a damage, ten at most: JPEG, PNG or WebP by its content. The picture alone is kept; where, when and"
            " by what it was taken is not",
            add_photo,
            {201: DamagePhotoView},
            codes=("unknown_damage", "too_late_to_report", "too_many_photos", "photo_invalid", "photo_too_large"),
            keyed=True,
            takes=TAKES,
            largest=LARGEST,
            examples={201: PHOTO},
        ),
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            f"{PHOTOS}/{{digest:str}}",
            "getDamagePhoto",
            "fleet",
            "A photo: for whoever reported the damage or runs the vehicle, and, where it was there when that was last noted as known,"
            " for whoever has it booked",
            get_photo,
            {200: None, 304: None},
            codes=("unknown_photo",),
            media=JPEG,
        ),
        Endpoint(
            HttpMethod.DELETE,
            BOOKERS_AND_OPERATOR,
            f"{PHOTOS}/{{digest:str}}",
            "removeDamagePhoto",
            "fleet",
            "Take a photo away: one's own within a day, any by whoever runs the vehicle",
            remove_photo,
            {204: None},
            codes=("unknown_photo", "too_late_to_report"),
        ),
    )
