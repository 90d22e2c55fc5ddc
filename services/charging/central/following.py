"""Whoever had a station told something goes on by its answer."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from domain.charging.orders import OrderAnswered, OrderId
from domain.identity import City
from services.charging.central.ports import AnsweredOrders

Follower: TypeAlias = Callable[[City, OrderAnswered], Awaitable[object]]
"""Is told of every order, its own and others', and may be told twice."""


def following(orders: AnsweredOrders, followers: Sequence[Follower]) -> Callable[[City, OrderId], Awaitable[None]]:
    """Tell all of them of an answer; one that fails has all of them told again."""

    async def follow(city: City, order_id: OrderId) -> None:
        answered = await orders.find(city, order_id)
        if answered is not None:
            for told in followers:
                await told(city, answered)

    return follow
