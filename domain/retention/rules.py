"""How long what is kept for how long: records by class, each with its period, where that begins, and the law that says so.

A period begins at the end of the calendar year, in the city's zone, in which the last thing happened to the record (§ 147
Abs. 4 AO). What the law says today counts for what is there today: BEG IV shortened vouchers from ten years to eight for all
whose time was not over on 1 January 2025 (Art. 97 § 19a EGAO).
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct


class Record(StrEnum):
    """What is kept, and goes, as one.

    `bookings` are files of vouchers: a booking with its payments, invoices, credit notes, their documents, and what was
    reported of it; the youngest of it counts. `statements` are lines of bank statements: who paid, and in which words,
    goes; what was paid stays among the books. `declarations` are withdrawals that were received, `letters` what was sent
    and is kept as files, `damages` what was written of a vehicle's damages, by whom, and their photos, which go; the damage
    stays. `use_photos` are those of the start and the end of a use. `leases` are files like bookings: a lease with its steps, sheets,
    contracts and who said yes to them, its instalments, and what was charged and collected for them. `payment_orders` are
    orders to pay dealers, the last transfer of which went with its lease; `employers_reminders` those of what an employer owes
    for all its leases, with what was charged for them; `party_accounts` where a dealer is paid who has no more to do with the
    city. What parties have agreed on, `frameworks` with employers, `consumer_terms`, `accreditations` of dealers, goes once it is over and no
    lease goes by it; `personnel_numbers`, by which payroll knows somebody, with the last month that her pay was converted for;
    `payroll_layouts` and `party_names` when nothing that is kept is about the party. `audit` is the trail of who did what, by which the books are understood. `persons` are what is left of somebody who was
    erased: an id, what she accepted, her number as a debtor.
    """

    BOOKINGS = "bookings"
    STATEMENTS = "statements"
    DECLARATIONS = "declarations"
    LETTERS = "letters"
    DAMAGES = "damages"
    USE_PHOTOS = "use_photos"
    LEASES = "leases"
    PAYMENT_ORDERS = "payment_orders"
    EMPLOYERS_REMINDERS = "employers_reminders"
    PARTY_ACCOUNTS = "party_accounts"
    PERSONNEL_NUMBERS = "personnel_numbers"
    FRAMEWORKS = "frameworks"
    CONSUMER_TERMS = "consumer_terms"
    ACCREDITATIONS = "accreditations"
    PAYROLL_LAYOUTS = "payroll_layouts"
    PARTY_NAMES = "party_names"
    AUDIT = "audit"
    PERSONS = "persons"


class Rule(Struct, frozen=True):
    """So many whole years after the year in which the record was last touched; as the law has it `since` a day."""

    years: int
    since: date
    source: str

    @property
    def words(self) -> str:
        return f"{self.years} years, {self.source}"


VOUCHERS = (
    Rule(10, date(1977, 1, 1), "§ 147 Abs. 1 Nr. 4, Abs. 3 AO before BEG IV"),
    Rule(8, date(2025, 1, 1), "§ 147 Abs. 1 Nr. 4, Abs. 3 AO, § 14b UStG"),
)
# Vouchers of the books that are no invoices; a reminder is one by its fee, which is posted with it, and what was agreed by what is posted
# month after month as it says.
POSTED = (
    Rule(10, date(1977, 1, 1), "§ 147 Abs. 1 Nr. 4, Abs. 3 AO, § 257 Abs. 1 Nr. 4, Abs. 4 HGB before BEG IV"),
    Rule(8, date(2025, 1, 1), "§ 147 Abs. 1 Nr. 4, Abs. 3 AO, § 257 Abs. 1 Nr. 4, Abs. 4 HGB"),
)
# Of importance to taxes, and of nobody's use any more: data protection wants it gone with the last day.
OTHER_DOCUMENTS = (Rule(6, date(1977, 1, 1), "§ 147 Abs. 1 Nr. 5, Abs. 3 AO, Art. 5 Abs. 1 lit. e GDPR"),)
BUSINESS_LETTERS = (Rule(6, date(1977, 1, 1), "§ 147 Abs. 1 Nr. 2 and 3, Abs. 3 AO"),)
BOOKS = (Rule(10, date(1977, 1, 1), "§ 147 Abs. 1 Nr. 1, Abs. 3 AO"),)
# Whose pay a month's conversion was taken from is part of what her payroll account (Lohnkonto) rests on.
OF_PAYROLL = (Rule(6, date(1977, 1, 1), "§ 41 Abs. 1 Satz 9 EStG, Art. 5 Abs. 1 lit. e GDPR"),)

RULES: dict[Record, tuple[Rule, ...]] = {
    Record.BOOKINGS: VOUCHERS,
    Record.STATEMENTS: VOUCHERS,
    Record.DECLARATIONS: BUSINESS_LETTERS,
    Record.LETTERS: BUSINESS_LETTERS,
    Record.DAMAGES: BUSINESS_LETTERS,
    Record.USE_PHOTOS: BUSINESS_LETTERS,
    Record.LEASES: VOUCHERS,
    Record.PAYMENT_ORDERS: POSTED,
    Record.EMPLOYERS_REMINDERS: POSTED,
    Record.PARTY_ACCOUNTS: OTHER_DOCUMENTS,
    Record.PERSONNEL_NUMBERS: OF_PAYROLL,
    Record.FRAMEWORKS: POSTED,
    Record.CONSUMER_TERMS: POSTED,
    Record.ACCREDITATIONS: BUSINESS_LETTERS,
    Record.PAYROLL_LAYOUTS: BOOKS,
    Record.PARTY_NAMES: OTHER_DOCUMENTS,
    Record.AUDIT: BOOKS,
    Record.PERSONS: BOOKS,
}


class Due(Struct, frozen=True):
    """All of a record that was last touched before an instant, by that day in the city, may go, and by which rule."""

    record: Record
    rule: Rule
    before: datetime
    touched_by: date


def rule_for(record: Record, on: date, rules: Sequence[Rule] | None = None) -> Rule:
    """As the law has it on that day. Raises ValueError for a day before all of them."""
    in_force = [rule for rule in (RULES[record] if rules is None else rules) if rule.since <= on]
    if not in_force:
        raise ValueError(f"no rule about {record} is known for {on}")
    return max(in_force, key=lambda rule: rule.since)


def kept_until(rule: Rule, touched: datetime, time_zone: str) -> date:
    """The last day on which it is kept: a 31 December."""
    return date(touched.astimezone(ZoneInfo(time_zone)).year + rule.years, 12, 31)


def due(record: Record, now: datetime, time_zone: str) -> Due:
    """What of the record may go now: all whose last day is over in the city."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    rule = rule_for(record, today)
    before = datetime(today.year - rule.years, 1, 1, tzinfo=zone).astimezone(UTC)
    return Due(record, rule, before, date(today.year - rule.years - 1, 12, 31))
