"""What a language has to bring along to write letters in: how it writes amounts and times, and what it says."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from domain.booking.resources import Service
from domain.money import Money
from domain.notices.occasions import Occasion


class Texts(Struct, frozen=True, kw_only=True):
    """Templates for `str.format`; the names in braces are the same in every language."""

    greeting: str
    closing: str
    sender: str
    terms: str
    documents: str
    calendar_added: str
    calendar_removed: str

    things: dict[Service, str]
    place: str
    time: str
    price: str
    booking: str

    price_with_vat: str
    price_nothing: str
    price_cost_centre: str

    confirmed_subject: str
    confirmed: str
    instalment_due: str
    instalment_paid: str
    debited: str
    debit_on: str
    debit_soon: str
    amount_held: str
    card_saved: str
    amount_paid: str
    nothing_to_pay: str
    cancel_always_free: str
    cancel_only_for_fee: str
    cancel_ways: str
    cancel_free_until: str
    cancel_for_fee_until: str
    cancel_afterwards: str
    withdrawal: str

    cancelled_subject: str
    cancelled: str
    cancelled_by_us: str
    cancelled_unpaid: str
    cancelled_series_subject: str
    cancelled_series: str
    cancelled_series_by_us: str
    rejected_series: str
    rejected_series_because: str
    calendar_series_removed: str
    confirmed_series_subject: str
    confirmed_series: str
    provisional_series: str
    cancel_series: str
    calendar_series_added: str
    other_plug_subject: str
    other_plug: str
    no_plug: str
    no_plug_instead: str
    no_plug_nothing_instead: str
    rejected: str
    rejected_because: str
    provisional: str
    assigned_subject: str
    assigned: str
    approved_subject: str
    approved: str
    not_approved_subject: str
    not_approved: str
    not_approved_series_subject: str
    not_approved_series: str
    approval_subjects: dict[Occasion, str]
    approval_asked: str
    approval_more: str
    approval_unanswered: str
    approval_why: str
    approval_decide: str
    approval_here: str
    approval_series_subjects: dict[Occasion, str]
    approval_series_asked: str
    approval_series_decide: str
    more_approved_subject: str
    more_approved: str
    more_not_approved_subject: str
    more_rejected: str
    more_rejected_because: str
    more_missed: str
    cancelling_is_free: str
    cancelling_costs: str
    hold_lifted: str
    paid_back: str
    fee_from_hold: str
    fee_from_payment: str
    fee_is_hold: str
    fee_is_payment: str
    fee_from_card: str

    withdrawn_subject: str
    withdrawn: str
    withdrawn_is_free: str
    withdrawn_owes: str

    not_held_subject: str
    not_held: str
    not_held_pay_until: str
    no_deposit_subject: str
    no_deposit: str
    no_deposit_pay: str
    not_taken_subject: str
    not_taken: str
    not_taken_contact: str
    not_debited: str
    not_debited_pay: str

    too_late_subject: str
    too_late: str
    too_late_is_free: str

    changed_subject: str
    changed: str
    changed_kept: str
    calendar_changed: str
    more_too_late_subject: str
    more_too_late: str
    swapped_subject: str
    swapped: str
    start_near_subject: str
    start_near: str
    end_near_subject: str
    end_near: str
    extend: str
    extend_here: str
    late_subject: str
    late: str
    late_waits: str
    not_begun_subject: str
    not_begun: str
    given_up: str
    given_up_is_free: str
    charged_subject: str
    charged: str
    charged_costs: str
    optional: str
    delayed_subject: str
    delayed: str
    delayed_instead: str
    delayed_nothing_instead: str
    delayed_cancel: str
    stranded_subject: str
    stranded: str
    stranded_instead: str
    stranded_nothing_instead: str
    stranded_cancel: str

    not_used_subject: str
    not_used: str
    not_used_is_free: str
    not_used_costs: str
    reminded_subject: str
    reminded: str
    reminded_fees: str
    reminded_invoice: str
    reminded_pay: str
    reminded_reference: str
    reminded_booking: str
    reminded_last: str
    fee_is_taxed: str
    fee_is_damages: str


class Language(Struct, frozen=True):
    """Times come in the city's zone. `period` is from one to the other, written once where the day is the same."""

    code: str
    texts: Texts
    money: Callable[[Money], str]
    percent: Callable[[Decimal], str]
    instant: Callable[[datetime], str]
    period: Callable[[datetime, datetime], str]
    day: Callable[[date], str]


def on_one_day(start: datetime, end: datetime) -> bool:
    """On the same date, and not across a change of the clocks."""
    return start.date() == end.date() and start.tzname() == end.tzname()
