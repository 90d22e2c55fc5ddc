"""What a pool's rules look at, of a booking that is made or grows."""

from datetime import datetime
from typing import Any

import msgspec

from domain.booking.approval_rules import Facts
from domain.booking.bookings import Payer
from domain.periods import Period
from domain.pricing.quotes import LineKind, Quote, Usage, measured, price
from domain.pricing.tariffs import Tariff

# What somebody who pays herself is up to is told to nobody else, and looked at by no rule.
OWN_AFFAIR = frozenset({"purpose", "destination"})

_options = msgspec.json.Decoder(dict[str, Any])


def facts_of(
    period: Period, payer: Payer, options: msgspec.Raw, quote: Quote, sold_by: tuple[Tariff, str], *, made_at: datetime
) -> Facts:
    """`quote` is what is paid for it; `sold_by` are the tariff and the zone of the city by which its use has a price where a
    cost centre is charged internally and nothing is paid here."""
    total = quote.total
    if payer is Payer.COST_CENTRE:
        tariff, zone = sold_by
        energy, distance = measured(quote, LineKind.ENERGY), measured(quote, LineKind.DISTANCE)
        total = price(tariff, Usage(period, zone, energy_kwh=energy, distance_km=distance)).total
    unseen = OWN_AFFAIR if payer is Payer.SELF else frozenset()
    written = _options.decode(options or b"{}").items()
    said = " ".join(each for name, each in written if isinstance(each, str) and name not in unseen)
    return Facts(total, period, made_at, said, payer is Payer.COST_CENTRE)
