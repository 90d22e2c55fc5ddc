"""Who is given a vehicle's key: nobody whose licence nobody has seen in time (§ 21 StVG)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.booking.events import NotPossible
from domain.proofs import Proof, ProofKind
from domain.refusals import Refusal

CARS = "B"
"""The class for motor vehicles up to 3.5 t (§ 6 Abs. 1 FeV); whoever has a higher one has this as well."""


class Shown(Proof, frozen=True):
    """A proof, with the classes of a licence. `ends` is the last day of the licence itself, None where none is known: the proof
    counts less long where somebody has to look at it again before."""

    classes: tuple[str, ...] = ()
    ends: date | None = None


class Handover(Struct, frozen=True):
    """What is handed over, and what its holder has shown: `licensed` where it takes a licence to drive it; `required` is what
    the city wants to have seen besides."""

    licensed: bool
    required: tuple[ProofKind, ...]
    shown: tuple[Shown, ...]

    def counting(self, kind: ProofKind, day: date) -> Shown | None:
        return next((each for each in self.shown if each.kind is kind and each.counts_on(day)), None)


def no_key(handover: Handover | None, time_zone: str, now: datetime, end: datetime) -> Refusal[NotPossible] | None:
    """Why the holder does not get the key on this day in the city, for a use until `end`; None where she does. Another look at
    her licence may be due on the way; the licence itself has to last."""
    if handover is None:
        return None
    today = now.astimezone(ZoneInfo(time_zone)).date()
    if handover.licensed:
        licence = handover.counting(ProofKind.LICENCE, today)
        if licence is None:
            return Refusal(NotPossible.LICENCE_NOT_VALID, missing=(ProofKind.LICENCE,))
        if CARS not in licence.classes:
            return Refusal(NotPossible.LICENCE_CLASS_MISSING, missing=(ProofKind.LICENCE,))
        if refusal := lasts(handover, time_zone, end):
            return refusal
    if ProofKind.BRIEFING in handover.required and handover.counting(ProofKind.BRIEFING, today) is None:
        return Refusal(NotPossible.BRIEFING_MISSING, missing=(ProofKind.BRIEFING,))
    return None


def lasts(handover: Handover | None, time_zone: str, end: datetime) -> Refusal[NotPossible] | None:
    """Why a use that takes a licence cannot last until `end`: the holder's ends before, at midnight in the city; None where it
    does not."""
    if handover is None or not handover.licensed:
        return None
    last_day = (end - timedelta(microseconds=1)).astimezone(ZoneInfo(time_zone)).date()
    if any(
        each.kind is ProofKind.LICENCE and each.ends is not None and each.ends < last_day for each in handover.shown
    ):
        return Refusal(NotPossible.LICENCE_NOT_VALID, missing=(ProofKind.LICENCE,))
    return None
