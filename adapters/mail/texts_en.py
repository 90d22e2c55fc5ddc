"""English."""

from datetime import date, datetime
from decimal import Decimal

from adapters.mail.language import Language, Texts, on_one_day
from domain.booking.resources import Service
from domain.money import Money
from domain.notices.occasions import Occasion

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def money(amount: Money) -> str:
    whole, cents = divmod(amount.amount, 100)
    return f"{amount.currency} {whole:,}.{cents:02}"


def percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"


def instant(at: datetime) -> str:
    return f"{_day(at)}, {_clock(at)}"


def period(start: datetime, end: datetime) -> str:
    if on_one_day(start, end):
        return f"{_day(start)}, {start:%H:%M} to {_clock(end)}"
    return f"{instant(start)} to {instant(end)}"


def _day(at: date) -> str:
    return f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]} {at.year}"


def _clock(at: datetime) -> str:
    """With the zone's short name, which tells the two hours apart that the night in October has twice."""
    return f"{at:%H:%M} {at.tzname()}"


# Withdrawal: the consumer's right under §§ 312g, 355, 357, 357a of the German Civil Code (BGB).
TEXTS = Texts(
    greeting="Hello,",
    closing="Kind regards",
    sender="{entity}\n{address}\nVAT ID {vat_id}\nLegal notice: {imprint}",
    terms="The booking terms in their version {version} apply.",
    documents="The published texts were in force in these versions when you booked: {documents}.",
    calendar_added="The attached file adds the booking to your calendar.",
    calendar_removed="The attached file removes the booking from your calendar.",
    things={Service.CHARGING: "Charge point", Service.FLEET: "Vehicle", Service.BIKE_LEASING: "Bike"},
    place="Place",
    time="Time",
    price="Price",
    booking="Booking",
    price_with_vat="{total} including {vat} VAT ({rates})",
    price_nothing="free of charge",
    price_cost_centre="free of charge for you, charged to cost centre {centre}",
    confirmed_subject="Booking confirmed: {what}, {start}",
    confirmed="Your booking is confirmed.",
    instalment_due="The first instalment of {amount} is due now, the others follow month by month.",
    instalment_paid="The first instalment of {amount} is paid, the others follow month by month.",
    debited="{entity} debits the first instalment of {amount} from your account by SEPA direct debit, {when}. Mandate reference "
    "{mandate}, creditor identifier {creditor}. Please see to it that the account is in funds. The others follow month by month.",
    debit_on="on {day} or shortly after",
    debit_soon="within the next days",
    amount_held="{amount} is held on your card; you are charged after the use. If you use more than you booked, it costs "
    "accordingly more.",
    card_saved="Your card is saved. One day before the start we hold {amount} on it; you are charged after the use. "
    "If you use more than you booked, it costs accordingly more.",
    amount_paid="You have paid {amount}.",
    nothing_to_pay="There is nothing to pay for this booking.",
    cancel_always_free="As long as you have not started the booking, you can cancel it free of charge at any time.",
    cancel_only_for_fee="A cancellation costs {fee}, and likewise not using the booking.",
    cancel_ways="You can cancel the booking as long as you have not started it:",
    cancel_free_until="free of charge until {until}",
    cancel_for_fee_until="for {fee} until {until}",
    cancel_afterwards="for {fee} afterwards, and likewise if you do not use the booking",
    withdrawal="Right of withdrawal: until {until} you can withdraw from this contract without giving a reason. A clear "
    "statement to {entity}, {address}, by letter or e-mail for example, is enough, and so is cancelling your booking; "
    "it is in time if you send it before the period ends. We then pay everything back without delay, within 14 days at "
    "the latest, in the way in which you paid and at no cost to you. If at your request the use began before the end of "
    "the period, you owe a fair amount for that time.",
    cancelled_subject="Booking cancelled: {what}, {start}",
    cancelled="Your booking is cancelled as you asked.",
    cancelled_by_us="We are sorry that we had to cancel your booking.",
    cancelled_unpaid="We have cancelled your booking, because the price could not be held on your card and no other "
    "payment arrived until two hours before the start.",
    cancelled_series_subject="Series cancelled: {what}, from {start}",
    cancelled_series="These {count} bookings of your series are cancelled as you asked:",
    cancelled_series_by_us="We are sorry that we had to cancel these {count} bookings of your series:",
    rejected_series="We are sorry that these {count} bookings of your series were not approved:",
    rejected_series_because="We are sorry that these {count} bookings of your series were not approved. The reason: {reason}",
    confirmed_series_subject="Series confirmed: {what}, from {start}",
    confirmed_series="These {count} bookings of your series are confirmed:",
    provisional_series="What exactly you get is settled half an hour before each start; we write to you again then. Until then it may "
    "become something equal at the same place or of the same pool.",
    cancel_series="You can cancel each of them by itself, or what is left of the series at once. Of the first of them:",
    calendar_series_added="The attached file adds all of these bookings to your calendar.",
    calendar_series_removed="The attached files remove the bookings from your calendar.",
    other_plug_subject="Another charge point: {what}, {start}",
    other_plug="Your charge point cannot be had just now. Another one at the same site is kept for you; time and price stay the same:",
    no_plug="We are sorry: the charging station keeps no plug for you, and there is none at its site that is what you booked. "
    "We have therefore cancelled your booking.",
    no_plug_instead="Still free for your time at the same site: {names}.",
    no_plug_nothing_instead="The search shows you other charge points that are free nearby.",
    rejected="We are sorry that your booking was not approved.",
    rejected_because="We are sorry that your booking was not approved. The reason: {reason}",
    provisional="What exactly you get is settled half an hour before the start; we write to you again then. Until then it may "
    "become something equal at the same place or of the same pool.",
    assigned_subject="Ready for you: {what}, {start}",
    assigned="It is settled now what you get:",
    approved_subject="Booking approved, please pay: {what}, {start}",
    approved="Your booking is approved. Please pay {amount} until {until}, so that we can confirm it; otherwise it lapses, "
    "which costs you nothing.",
    not_approved_subject="Booking not approved: {what}, {start}",
    not_approved="We are sorry that nobody decided on your booking in time, so it has lapsed.",
    not_approved_series_subject="Series not approved: {what}, from {start}",
    not_approved_series="We are sorry that nobody decided on these {count} bookings of your series in time, so they have lapsed:",
    approval_series_subjects={
        Occasion.APPROVAL_ASKED: "Please approve a series: {what}, from {start}",
        Occasion.APPROVAL_REMINDED: "Reminder, please approve a series: {what}, from {start}",
        Occasion.APPROVAL_ESCALATED: "Nobody has decided, please approve a series: {what}, from {start}",
    },
    approval_series_asked="{who} asks for {count} bookings of a series that have to be approved:",
    approval_series_decide="Please decide by {until}, also where you stand in for somebody; then the requests lapse. You find them in the "
    "inbox for approvals, where you can decide on the series at once.",
    approval_subjects={
        Occasion.APPROVAL_ASKED: "Please approve: {what}, {start}",
        Occasion.APPROVAL_REMINDED: "Reminder, please approve: {what}, {start}",
        Occasion.APPROVAL_ESCALATED: "Nobody has decided, please approve: {what}, {start}",
    },
    approval_asked="{who} asks for a booking that has to be approved.",
    approval_more="{who} asks for more time, until {end}, which has to be approved.",
    approval_unanswered="Whoever decides on it otherwise has not answered.",
    approval_why="The reason: {why}",
    approval_decide="Please decide until {until}, also where you are somebody's deputy; then the request lapses. It is in the inbox for "
    "approvals.",
    approval_here="Please decide until {until}, also where you are somebody's deputy; then the request lapses:\n{link}",
    more_approved_subject="More time approved, please pay: {what}, {start}",
    more_approved="More time until {end} is approved. Please pay {amount} until {until}; otherwise the booking ends as before. If your card "
    "is known, we ask it by ourselves.",
    more_not_approved_subject="More time not approved: {what}, {start}",
    more_rejected="We are sorry that more time until {end} was not approved. The booking ends as before.",
    more_rejected_because="We are sorry that more time until {end} was not approved. The booking ends as before. The reason: {reason}",
    more_missed="We are sorry that nobody decided in time on more time until {end}. The booking ends as before.",
    cancelling_is_free="The cancellation is free of charge.",
    cancelling_costs="The cancellation costs {fee}.",
    hold_lifted="The hold of {amount} on your card is being released.",
    paid_back="We pay {amount} back to you in the way in which you paid.",
    fee_from_hold="We take this from the {amount} held on your card and release the rest.",
    fee_from_payment="Of the {amount} that you paid we give back {back}.",
    fee_is_hold="We take the {amount} held on your card for this.",
    fee_is_payment="This is set off against the {amount} that you paid.",
    fee_from_card="We charge this to the card that you saved.",
    withdrawn_subject="Withdrawal received: {what}, {start}",
    withdrawn="Your withdrawal from this contract reached us on {at}. The contract is thereby undone.",
    withdrawn_is_free="The withdrawal costs you nothing.",
    withdrawn_owes="Because the use began at your express wish before the withdrawal period was over, you pay {fee} for "
    "the time until the withdrawal.",
    not_held_subject="Please pay for your booking: {what}, {start}",
    not_held="We could not hold {amount} on the card that you saved.",
    no_deposit_subject="Please leave the deposit: {what}, {start}",
    no_deposit="We could not hold the deposit of {amount} on your card. Without it the use cannot begin.",
    no_deposit_pay="Please have it held yourself before the start, on another card if you like. Nothing of it is charged as "
    "long as nothing is damaged.",
    not_held_pay_until="Please pay for the booking until {until}, with another card if you like. If no payment arrives by "
    "then, we cancel the booking; that costs you nothing.",
    not_taken_subject="Payment outstanding: {what}, {start}",
    not_taken="Your card declined the charge of {amount} for this booking.",
    not_taken_contact="Please contact us, so that we can settle the outstanding amount together.",
    not_debited="Your bank did not pay the direct debit of {amount} for this booking (mandate {mandate}).",
    not_debited_pay="Please pay what is open as soon as you can, with a card or another account; otherwise we have to remind you.",
    too_late_subject="Booking not made: {what}, {start}",
    too_late="Your payment arrived after the time for it was over. Unfortunately the period has been given to somebody "
    "else meanwhile.",
    too_late_is_free="This costs you nothing.",
    changed_subject="Booking changed: {what}, {start}",
    changed="Your booking is changed as you asked. From now on this counts:",
    changed_kept="The price includes {fee} for time that you gave back.",
    calendar_changed="The attached file changes the booking in your calendar.",
    more_too_late_subject="Extension not possible: {what}, {start}",
    more_too_late="Your payment for the extension arrived after the time for it was over. Unfortunately the time after "
    "your booking has been given to somebody else meanwhile. Your booking stands as it was; the extension costs you "
    "nothing, and what was held on your card for it is being released.",
    swapped_subject="Another vehicle: {what}, {start}",
    swapped="Another vehicle than the one that we named last is ready for your booking. Time and price stay the same:",
    start_near_subject="Begins soon: {what}, {start}",
    start_near="Your booking begins soon:",
    end_near_subject="Ends soon: {what}, {end}",
    end_near="Your booking ends soon. Please end the use by {end}.",
    extend="Do you need more time? As long as nothing else is booked after it, you can extend the booking.",
    extend_here="Do you need more time? As long as nothing else is booked after it, you can extend the booking here:\n{link}",
    late_subject="Please give back: {what}, booked until {end}",
    late="Your booked time ended on {end}, and {what} has not been given back. Please end the use now.",
    late_waits="{what} is booked for somebody else right after.",
    not_begun_subject="Charging has not begun: {what}",
    not_begun="{what} has not begun to charge. Please see that the cable sits firmly at the vehicle and at the charger, and start again. "
    "Your booking still counts. If it fails again, please report a problem: then we name other chargers, and you may cancel for free.",
    given_up="{what} ({where}) has not begun to charge. We tried for a while, and have given up.",
    given_up_is_free="You pay nothing.",
    charged_subject="Charged: {what}",
    charged="Your vehicle takes no more energy at {what}. Please end the session and make room.",
    charged_costs="Once a vehicle has stood there for more than {minutes} minutes in all without charging, each further minute costs "
    "{per_minute}, {most} at most. Time in which the charger gives no power does not count.",
    optional="You can switch messages of this kind off in your profile.",
    delayed_subject="Delay possible: {what}, {start}",
    delayed="Whoever uses {what} right now has gone past the booked time. You may have to wait when your booking "
    "begins.",
    delayed_instead="Still free for your time at the same station: {names}.",
    delayed_nothing_instead="Unfortunately nothing alike is free for your time at the same station.",
    delayed_cancel="If you do not want to wait, please contact us: we cancel your booking free of charge.",
    stranded_subject="Not available: {what}, {start}",
    stranded="We are sorry: {what} broke down, and nothing that you asked for is free for your time. Your booking cannot be "
    "used as it is.",
    stranded_instead="Still free for your time at the same station, though something else: {names}. Please tell us if one of these will do.",
    stranded_nothing_instead="At the same station nothing else is free for your time either. Another time may be.",
    stranded_cancel="You can cancel the booking at any time; that costs you nothing, and neither does leaving it unused.",
    not_used_subject="Booking not used: {what}, {start}",
    not_used="Your booking was not begun by {until}. It has therefore ended.",
    not_used_is_free="This costs you nothing.",
    not_used_costs="For the booking that was not used we charge a fee of {fee}, as the booking terms say.",
    reminded_subject="Payment reminder: {what}, {start}",
    reminded="For your booking {owed} are still open. The payment did not succeed, or your bank returned it.",
    reminded_fees="To this come {fees} of dunning costs as damages for late payment; they bear no value added tax.",
    reminded_invoice="Invoice {number}, payment reference {reference}: {amount}",
    reminded_reference="the payment reference {reference}",
    reminded_booking="the number of your booking",
    reminded_pay="Please transfer {total} to the account {iban} and name {named}. If your payment and this "
    "letter have crossed, please disregard it.",
    reminded_last="This is the last reminder. After it the city decides how to pursue its claim.",
    fee_is_taxed="It is consideration and includes {vat} VAT ({rate}; {source}).",
    fee_is_damages="It is damages; no VAT is due on it ({source}).",
)
ENGLISH = Language("en", TEXTS, money, percent, instant, period, _day)
