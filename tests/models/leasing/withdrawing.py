"""A consumer withdraws: before her bike is there, while she has it and nothing is owed yet, or when she pays for it already."""

from datetime import UTC, date, datetime

from services.bike_leasing.contracts.finishing import take_bike_back
from tests.models.leasing.life import Life
from tests.models.leasing.lives import Lives
from tests.models.leasing.reckoning import right_lasts_until

CONCLUDED = {
    *("ordered", "ready_for_pickup", "handed_over", "active", "incident", "total_loss", "terminating"),
    *("ending", "purchase_offered", "return_scheduled"),
}
MOVED_AT_MOST = 5  # days: by Christmas with a weekend, or from Good Friday to Easter Monday, and one more
ON_ITS_WAY = 60
RARELY_THERE = {"incident", "terminating"}  # while she can still withdraw; each seed is to see it
OFTENER = 8


async def may_withdraw(lives: Lives, life: Life) -> bool:
    """Now and then somebody says so: in time, or so late that she sent it in time all the same, or in vain. Whether it counted."""
    if lives.dice.random() >= lives.often.withdraws * (OFTENER if life.state in RARELY_THERE else 1):
        return False
    now = lives.town.now
    if not life.is_consumers or life.state not in CONCLUDED:
        return await _in_vain(lives, life)
    last = _last(life)
    late = (now.date() - last).days
    if late <= 0:
        return await _withdraw(lives, life, now)
    if late <= MOVED_AT_MOST:
        return False  # a weekend or holidays say whether it is still time
    if late <= ON_ITS_WAY:
        lives.seen["withdrawn in time, read late"] += 1
        return await _withdraw(lives, life, datetime(last.year, last.month, last.day, 12, tzinfo=UTC))
    return await _in_vain(lives, life)


async def _withdraw(lives: Lives, life: Life, sent: datetime) -> bool:
    """Of what was planned nothing is owed any more, and what was charged is taken back, as the bike is. Whoever says so twice has said
    it once."""
    before = life.state
    for _ in range(2):
        assert await lives.town.withdraw(life.id, life.holder, sent), (life.acts, sent)
    lives.did(life, "withdraw", "withdrawn")
    lives.seen[f"withdrawn when {before}"] += 1
    if life.money is not None:
        life.money.undo()
        lives.took_back(life.money)
        await lives.do(life, "take_back", "withdrawn", take_bike_back, life.id, lives.town.lessor)
    return True


async def _in_vain(lives: Lives, life: Life) -> bool:
    """An employer's lease, one that is not concluded or over, or her right is over."""
    assert not await lives.town.withdraw(life.id, life.holder, lives.town.now), life.acts
    lives.seen["withdrawn in vain"] += 1
    return False


def _last(life: Life) -> date:
    assert life.concluded_on is not None
    return right_lasts_until(life.concluded_on, told=life.told)
