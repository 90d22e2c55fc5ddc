"""Who is told by mail of a lease's steps and of what comes near: each once, whatever crashes, and never a PIN."""

from datetime import datetime
from uuid import UUID

import pytest

from adapters.database.bike_leasing.letters import SqlLeaseLetters, due_leases
from adapters.http.bike_leasing.upkeep import INVOICE
from adapters.mail.lease_letters import WORDS, lease_composer
from domain.bike_leasing.contracts.acts import Act
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.reminding import Occasion
from infra.clock import now
from infra.ids import new_id
from services.bike_leasing.letters import tell_of_reminder, tell_of_step
from services.notices.ports import Message, NoMailbox
from tests.adapters.http.bike_leasing.test_leases import office
from tests.adapters.http.leasing_office import Office, handed
from tests.adapters.http.settled import settled

__all__ = ["office"]
pytestmark = pytest.mark.database

STEPS = "SELECT id, kind, subject_id FROM outbox WHERE city = :city AND kind LIKE 'bike_leasing.lease_%' ORDER BY id"
LOOK = "SELECT look_on FROM lease_looks WHERE city = :city AND lease_id = :id"


class Post:
    """What the worker does with a lease's entries of the outbox, by a clock that is set."""

    def __init__(self, office: Office) -> None:
        self.office, self.sent, self.time = office, dict[UUID, Message](), now()
        self.gone = ""
        self.books = SqlLeaseLetters(office.database.app.transactions, lambda: self.time, new_id, lambda: None)

    async def send(self, message: Message) -> None:
        if message.to == self.gone:
            raise NoMailbox
        self.sent[message.id] = message

    async def work(self) -> list[tuple[str, str]]:
        """Each entry twice, as after a crash; whom the letters went to, and of what."""
        self.sent.clear()
        about = {"books": self.books, "compose": lease_composer(), "mailer": self}
        for entry, kind, subject in await self.office.database.rows(self.office.city, STEPS):
            act = kind.removeprefix("bike_leasing.lease_")
            for _ in range(2):
                if act == "reminded":
                    await tell_of_reminder(self.office.city, subject, entry, self.time, **about)  # type: ignore[arg-type]
                else:
                    await tell_of_step(Act(act), self.office.city, subject, entry, self.time, **about)  # type: ignore[arg-type]
        return sorted((message.to, message.subject) for message in self.sent.values())

    async def look_again(self, lease: str) -> datetime:
        """Until the day on which somebody is to look next, and then look, twice."""
        ((day,),) = await self.office.database.rows(self.office.city, LOOK, id=UUID(lease))
        self.time = datetime.combine(day, now().timetz()).replace(hour=12)
        found = await due_leases(self.office.database.relay.transactions, self.time, 500)
        assert (self.office.city, UUID(lease)) in found
        for _ in range(2):
            await self.books.look(self.office.city, LeaseId(UUID(lease)))
        return self.time


async def test_each_side_is_told_of_what_it_has_to_do_while_it_is_so(office: Office) -> None:
    await settled(office.database, office.city)
    grant = """WITH p AS (INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now()) RETURNING city, id)
        INSERT INTO role_grants (city, person_id, role, party_id, granted_at) SELECT city, id, :role, :party, now() FROM p RETURNING role"""
    for role, party in (("hr", "stadtwerke"), ("dealer", "radhaus"), ("lessor", "leasing-ag"), ("hr", "wasserwerke")):
        await office.database.rows(
            office.city, grant, id=new_id(), email=f"{role}@{party}.example", role=role, party=party
        )
    ada, post = f"{office.ada}@example.org", Post(office)
    lease = await office.offered()
    assert await post.work() == [(ada, "Angebot zum Fahrradleasing: Stadtrad 9")]
    await office.approved(lease)
    approved = [
        (ada, "Ihr Antrag auf Fahrradleasing ist genehmigt"),
        ("lessor@leasing-ag.example", "Ein Leasing ist vom Arbeitgeber genehmigt"),
    ]
    assert await post.work() == approved
    post.gone = ada
    assert await post.work() == approved[1:], "a mailbox that is gone keeps nobody else's letter"
    post.gone = ""
    await office.ordered(lease)
    await office.done("dealer", "pickups", {"lease_id": lease, "serial_number": "SN-4711"})
    assert await post.work() == [(ada, "Ihr Fahrrad steht bereit: Stadtrad 9")]
    pin = (await office.seen("ada", lease))["pin"]
    assert all(pin not in message.text + message.subject for message in post.sent.values())
    await office.done("dealer", "handovers", handed(lease, pin))
    assert [to for to, _ in await post.work()] == sorted([ada, "hr@stadtwerke.example"])
    declined = await office.offered()
    await office.done("ada", "cancellations", {"lease_id": declined})
    told = {to for to, subject in await post.work() if subject == "Ein Leasing wurde storniert"}
    assert told == {ada, "dealer@radhaus.example", "lessor@leasing-ag.example"}, "her employer has heard of no offer"


async def test_what_comes_near_is_told_once_also_after_a_crash_and_by_no_job_twice(office: Office) -> None:
    await settled(office.database, office.city)
    post, (lease, pin) = Post(office), await office.ready()
    await post.work()
    await post.look_again(lease)
    reminded = [message for message in await post.work() if "holen Sie" in message[1]]
    assert len(reminded) == 1
    begun = await office.done("dealer", "handovers", handed(lease, pin))
    post.time = now()
    await post.books.look(office.city, LeaseId(UUID(lease)))
    bill = INVOICE | {"lease_id": lease, "issued_on": begun["handed_over_on"], "serviced_on": begun["handed_over_on"]}
    await office.done("dealer", "service-invoices", bill)
    seen, texts = [], list[str]()
    for _ in range(4):
        at = await post.look_again(lease)
        letters = [subject for _, subject in await post.work() if "Jährliche" in subject or "endet am" in subject]
        texts += [" ".join(message.text.split()) for message in post.sent.values() if "Jährliche" in message.subject]
        seen.append((at.year - now().year, letters[0].split(":")[0].split(" am ")[0], len(letters)))
        if not await office.database.rows(office.city, LOOK, id=UUID(lease)):
            break
    assert [each[1:] for each in seen][:2] == [("Jährliche Inspektion", 1)] * 2
    assert ("Ihr Leasing endet", 1) in [each[1:] for each in seen]
    # 83.30 a year carry over, and 41.65 of them are spent in the first.
    assert ["noch 41,65 Euro" in texts[0], "noch 124,95 Euro" in texts[1]] == [True, True]
    counted = "SELECT count(*), count(DISTINCT (occasion, about)) FROM lease_letters WHERE city = :city"
    ((all_letters, different),) = await office.database.rows(office.city, counted)
    assert all_letters == different


def test_every_occasion_is_told_in_both_languages() -> None:
    assert WORDS["de"].keys() == WORDS["en"].keys()
    assert {each if isinstance(each, Occasion) else each[0] for each in WORDS["de"]} == set(Occasion)
