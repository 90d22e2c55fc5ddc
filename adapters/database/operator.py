"""The operator's books in PostgreSQL: cities, tariffs, people and their roles."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text

from adapters.database.connections import Transactions
from adapters.database.sessions import SqlSessions
from adapters.database.sheets import Sheet, as_json
from domain.booking.publishing import Published
from domain.cities.settings import CitySettings
from domain.grants import Grant
from domain.identity import City, PersonId, PoolId, Role
from domain.places import Location, Plane
from domain.pricing.tariffs import TariffId
from services.operator.ports import GrantMark, HeldGrant, StaffGrant, Stated, TariffMark


class SqlCityBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def settings(self) -> CitySettings | None:
        rows = await self._sheet.rows("SELECT settings FROM cities WHERE city = :city")
        return msgspec.convert(rows[0].settings, CitySettings) if rows else None

    async def stated(self, *, locked: bool = False) -> Stated | None:
        lock = " FOR NO KEY UPDATE" if locked else ""
        rows = await self._sheet.rows(f"SELECT settings, version FROM cities WHERE city = :city{lock}")
        return Stated(msgspec.convert(rows[0].settings, CitySettings), rows[0].version) if rows else None

    async def time_zone(self) -> str:
        return str((await self._sheet.rows("SELECT time_zone FROM cities WHERE city = :city"))[0].time_zone)

    async def has_payments(self) -> bool:
        return bool(await self._sheet.rows("SELECT 1 FROM payments WHERE city = :city LIMIT 1"))

    async def shares(self, account: str) -> bool:
        return bool(
            await self._sheet.rows(
                "SELECT 1 FROM cities WHERE stripe_account = :account AND city <> :city", account=account
            )
        )

    async def open(self, settings: CitySettings) -> bool:
        written = await self._sheet.write(
            "INSERT INTO cities (city, name, time_zone, settings, stripe_account, updated_at)"
            " VALUES (:city, :name, :time_zone, cast(:settings AS jsonb), :stripe_account, :now)"
            " ON CONFLICT (city) DO NOTHING",
            **_row(settings),
        )
        if written:
            await self._sheet.note("operator.city_opened", self._sheet.named())
        return bool(written)

    async def change(self, settings: CitySettings) -> None:
        await self._sheet.write(
            "UPDATE cities SET name = :name, time_zone = :time_zone, settings = cast(:settings AS jsonb),"
            " stripe_account = :stripe_account, version = version + 1, updated_at = :now WHERE city = :city",
            **_row(settings),
        )
        await self._place(Plane(settings.center.lat))
        await self._sheet.note("operator.city_set", self._sheet.named())

    async def _place(self, plane: Plane) -> None:
        """Lay the resources out on the plane anew; it is linear, so one degree each way says all."""
        x, y = plane.metres(Location(1, 1))
        await self._sheet.write(
            "UPDATE resources r SET position = p.position FROM ("
            "SELECT id, point(lon * cast(:x AS float8), lat * cast(:y AS float8)) AS position FROM stations"
            " WHERE city = :city) p WHERE r.city = :city AND r.station_id = p.id AND NOT r.position ~= p.position",
            x=x,
            y=y,
        )


class SqlTariffBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def latest(self, tariff_id: TariffId) -> Published | None:
        await self._sheet.rows("SELECT 1 FROM cities WHERE city = :city FOR NO KEY UPDATE")
        rows = await self._sheet.rows(
            "SELECT tariff, policy FROM tariffs WHERE city = :city AND id = :id ORDER BY version DESC LIMIT 1",
            id=tariff_id,
        )
        return _published(rows[0]) if rows else None

    async def publish(self, published: Published) -> None:
        tariff = published.tariff
        await self._sheet.write(
            "INSERT INTO tariffs (city, id, version, valid_from, tariff, policy)"
            " VALUES (:city, :id, :version, :valid_from, cast(:tariff AS json), cast(:policy AS json))",
            id=tariff.id,
            version=tariff.version,
            valid_from=tariff.valid_from,
            tariff=as_json(tariff),
            policy=as_json(published.policy),
        )
        await self._sheet.note(
            "operator.tariff_published", self._sheet.named("tariffs", tariff.id, str(tariff.version))
        )

    async def versions(self) -> Sequence[Published]:
        rows = await self._sheet.rows("SELECT tariff, policy FROM tariffs WHERE city = :city ORDER BY id, version")
        return [_published(row) for row in rows]

    async def page(self, after: TariffMark | None, limit: int) -> Sequence[Published]:
        mark = after or TariffMark(TariffId(""), 0)
        rows = await self._sheet.rows(
            "SELECT tariff, policy FROM tariffs WHERE city = :city AND (id, version) > (:id, :version)"
            " ORDER BY id, version LIMIT :limit",
            id=mark.id,
            version=mark.version,
            limit=limit,
        )
        return [_published(row) for row in rows]


class SqlPeopleBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def find(self, email: str) -> PersonId | None:
        rows = await self._sheet.rows("SELECT id FROM persons WHERE city = :city AND email = :email", email=email)
        return PersonId(rows[0].id) if rows else None

    async def knows(self, person_id: PersonId) -> bool:
        return bool(
            await self._sheet.rows(
                "SELECT 1 FROM persons WHERE city = :city AND id = :id AND erased_at IS NULL", id=person_id
            )
        )

    async def enter(self, email: str, language: str) -> PersonId:
        """Whoever comes second in a race gets the person that the first has entered."""
        person_id = self._sheet.new_id()
        entered = await self._sheet.write(
            "INSERT INTO persons (city, id, email, language, made_at) VALUES (:city, :id, :email, :language, :now)"
            " ON CONFLICT (city, email) DO NOTHING",
            id=person_id,
            email=email,
            language=language,
        )
        if not entered:
            rows = await self._sheet.rows("SELECT id FROM persons WHERE city = :city AND email = :email", email=email)
            return PersonId(rows[0].id)
        await self._sheet.note("operator.person_entered", person_id)
        return PersonId(person_id)

    async def accept(self, person_id: PersonId, terms: dict[str, str]) -> None:
        for document, version in terms.items():
            await self._sheet.write(
                "INSERT INTO acceptances (city, person_id, document, version, accepted_at)"
                " VALUES (:city, :person_id, :document, :version, :now) ON CONFLICT DO NOTHING",
                person_id=person_id,
                document=document,
                version=version,
            )


class SqlStaffBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def pools(self) -> frozenset[PoolId]:
        rows = await self._sheet.rows("SELECT id FROM pools WHERE city = :city")
        return frozenset(PoolId(row.id) for row in rows)

    async def grant(self, person_id: PersonId, grant: Grant) -> bool:
        written = await self._sheet.write(
            "INSERT INTO role_grants (city, person_id, role, pool_id, party_id, granted_at)"
            " VALUES (:city, :person_id, :role, :pool, :party, :now) ON CONFLICT DO NOTHING",
            **_key(person_id, grant),
        )
        if written:
            await self._sheet.note(f"operator.role_granted:{grant.role.value}", person_id)
        return bool(written)

    async def revoke(self, person_id: PersonId, grant: Grant) -> bool:
        written = await self._sheet.write(
            "DELETE FROM role_grants WHERE city = :city AND person_id = :person_id AND role = :role"
            " AND pool_id = :pool AND party_id = :party",
            **_key(person_id, grant),
        )
        if written:
            await SqlSessions(self._sheet.connection, self._sheet.city, self._sheet.now).outdate(person_id)
            await self._sheet.note(f"operator.role_revoked:{grant.role.value}", person_id)
        return bool(written)

    async def page(self, after: GrantMark | None, limit: int) -> Sequence[StaffGrant]:
        mark = after or GrantMark("", "", "", "")
        rows = await self._sheet.rows(
            "SELECT p.id, p.email, g.role, g.pool_id, g.party_id, g.granted_at FROM role_grants g"
            " JOIN persons p ON p.city = g.city AND p.id = g.person_id WHERE g.city = :city"
            " AND (p.email, g.role, g.pool_id, g.party_id) > (:email, :role, :pool, :party)"
            " ORDER BY p.email, g.role, g.pool_id, g.party_id LIMIT :limit",
            email=mark.email,
            role=mark.role,
            pool=mark.pool,
            party=mark.party,
            limit=limit,
        )
        return [StaffGrant(PersonId(row.id), row.email, _grant(row), row.granted_at) for row in rows]

    async def grants(self) -> Sequence[HeldGrant]:
        rows = await self._sheet.rows(
            "SELECT p.email, g.role, g.pool_id, g.party_id, g.granted_at FROM role_grants g"
            " JOIN persons p ON p.city = g.city AND p.id = g.person_id WHERE g.city = :city"
            " ORDER BY p.email, g.role, g.pool_id, g.party_id"
        )
        return [HeldGrant(row.email, _grant(row), row.granted_at) for row in rows]


def _grant(row: Any) -> Grant:
    return Grant(Role(row.role), PoolId(row.pool_id) if row.pool_id else None, row.party_id or None)


class SqlDeadLetters:
    """The dead letters of one city, for whoever runs it."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def drop(self, letter: UUID, reason: str) -> bool:
        """Never deliver it; false where there is no such dead letter. The reason stays in the audit trail."""
        dropped = await self._sheet.write(
            "UPDATE outbox SET done_at = :now, dead_at = NULL, failure = :failure"
            " WHERE city = :city AND id = :id AND dead_at IS NOT NULL",
            id=letter,
            failure=f"dropped: {reason}",
        )
        if dropped:
            await self._sheet.note(f"operator.job_dropped:{reason}", letter)
        return bool(dropped)


def _row(settings: CitySettings) -> dict[str, Any]:
    return {
        "name": settings.name,
        "time_zone": settings.time_zone,
        "settings": as_json(settings),
        "stripe_account": settings.stripe.account if settings.stripe else None,
    }


def _published(row: Any) -> Published:
    return msgspec.convert({"tariff": row.tariff, "policy": row.policy}, Published)


def _key(person_id: PersonId, grant: Grant) -> dict[str, Any]:
    return {"person_id": person_id, "role": grant.role.value, "pool": grant.pool or "", "party": grant.party or ""}


class Cities(Struct, frozen=True):
    """The cities of an installation by name: how they are set, and what is wrong with settings that cannot be read."""

    settings: dict[City, CitySettings]
    unreadable: dict[City, str]


async def every_city(transactions: Transactions) -> Cities:
    """One city's settings that cannot be read, a hand's or a restored table's, do not hide the others'."""
    async with transactions.everywhere() as connection:
        rows = (await connection.execute(text("SELECT city, settings FROM cities ORDER BY city"))).all()
    cities = Cities({}, {})
    for row in rows:
        try:
            cities.settings[City(row.city)] = msgspec.convert(row.settings, CitySettings)
        except msgspec.ValidationError as fault:
            cities.unreadable[City(row.city)] = str(fault)
    return cities
