"""Everything that the doctor looks at, in order; what cannot be looked at is itself a finding."""

import asyncio
import os
from collections.abc import Mapping, Sequence

from adapters.database.charging.examining import stations_of
from adapters.database.connections import Transactions
from adapters.database.migrating import Standing
from adapters.database.operator import every_city
from adapters.database.payments.accounts import SqlAccounts
from adapters.database.reaching import Unusable, in_words
from adapters.jobs.redis_state import redis_state
from adapters.payments.accounts import StripeClients
from adapters.payments.looking import account_answers
from domain.cities.settings import CitySettings
from domain.identity import City
from infra.clock import now
from infra.database import addresses
from infra.doctor.central import certificate_findings, port_findings, station_findings
from infra.doctor.database import database_findings, examined
from infra.doctor.findings import Finding, State, judged
from infra.doctor.keys import key_findings
from infra.doctor.mail import mail_finding
from infra.doctor.surroundings import city_findings, folder_findings, redis_findings
from infra.embedded import DataFolder
from infra.embedded.redis import SOCKET
from infra.secrets import SecretMissing, resolved
from infra.settings import Settings


def examine(settings: Settings, *, online: bool, stations_call: Sequence[str] = ()) -> list[Finding]:
    """The settings name a database; `stations_call` are the addresses of the central system, if it is to be asked."""
    asked = asyncio.run(_asked(settings, stations_call, online=online))
    return [*key_findings(settings), *folder_findings(settings), *asked]


async def _asked(settings: Settings, stations_call: Sequence[str], *, online: bool) -> list[Finding]:
    url = settings.redis_url or _own_redis(settings)
    findings = [await mail_finding(settings), *redis_findings(url, await redis_state(url) if url else None)]
    findings += await port_findings(stations_call)
    try:
        with in_words():
            seen = await examined(addresses(settings))
            findings += database_findings(seen)
            if seen.standing in {Standing.BEHIND, Standing.BEYOND}:
                return findings
            return findings + await _of_the_cities(settings, online=online)
    except Unusable as problem:
        remedy = "start it, or mend KOMMOBIL_DATABASE_URL; nothing works without it"
        return [*findings, Finding("postgres", State.FAILED, str(problem), remedy)]


def _own_redis(settings: Settings) -> str | None:
    """The embedded one, where `up` runs it at this moment."""
    if not (settings.data / "redis").is_dir():
        return None
    path = DataFolder(settings.data).socket_folder("redis", SOCKET) / SOCKET
    return f"unix://{path}" if path.is_socket() else None


async def _of_the_cities(settings: Settings, *, online: bool) -> list[Finding]:
    transactions = Transactions(addresses(settings).app, 1)
    try:
        cities = await every_city(transactions)
        stations = [
            each for city in (*cities.settings, *cities.unreadable) for each in await stations_of(transactions, city)
        ]
        wanted = frozenset(each.profile for each in stations)
        findings = city_findings(settings, cities) + certificate_findings(settings, wanted, now())
        findings += station_findings(stations, now())
        return findings + (await _online(settings, cities.settings, transactions) if online else [])
    finally:
        await transactions.close()


async def _online(settings: Settings, cities: Mapping[City, CitySettings], transactions: Transactions) -> list[Finding]:
    """Ask Stripe for each city's balance."""

    def secret(reference: str) -> str | None:
        try:
            return resolved(reference, settings.data, os.environ)
        except SecretMissing:
            return None

    clients = StripeClients(SqlAccounts(transactions), secret, settings.stripe_url)
    try:
        said = {city: await account_answers(clients, city) for city, told in cities.items() if told.stripe}
    finally:
        await clients.close()
    return [
        judged(f"stripe answers {city}", fault is not None, fault or "its key is taken",
               "look at the city's secret_key, KOMMOBIL_STRIPE_URL and the way out of this network")
        for city, fault in said.items()
    ]  # fmt: skip
