"""Prices at which a curve of costs reaches a cost: both directions, jumps, and curves of which parts are unknown."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from optimizer.analysis.price_interval import MOST
from optimizer.analysis.price_relaxation import FREE, _enclose, _first_at, _last_below

Curve = Callable[[float], float | None]
NEAR = 1.0005  # ratio of prices that are not told apart
MOST_PRICES = 2 + 2 * 15  # two ends, and two for each half of a factor of a million: 2 ** 15 is ln 1e6 / ln 1.0005


def line(price: float) -> float:
    """3000 at the price; 10,000 at ten thirds of it, 1500 at half."""
    return 3000 * price


def step(price: float) -> float:
    """A jump at 2.5 times the price."""
    return 5000 if price < 2.5 else 1e9


def wall(price: float) -> float:
    """What no plan can pay from a fifth more on."""
    return 3000 * price if price < 1.2 else math.inf


def bend(price: float) -> float:
    """Steep to twice the price, then flat."""
    return min(4000 * price, 8000 + (price - 2))


def noted(curve: Curve, at: list[float]) -> Curve:
    """The curve, which notes the prices."""

    def noting(price: float) -> float | None:
        at.append(price)
        return curve(price)

    return noting


CASES: list[tuple[Curve, float, float]] = [
    (line, 10_000, 10 / 3),
    (line, 1500, 0.5),
    (line, 3, 0.001),
    (line, 299_000, 299 / 3),
    (step, 10_000, 2.5),
    (wall, 10_000, 1.2),
    (bend, 8010, 12),
    (bend, 7999, 7999 / 4000),
]


@pytest.mark.parametrize(("curve", "cost", "price"), CASES)
def test_a_cost_is_reached_at_a_price(curve: Curve, cost: float, price: float) -> None:
    """Tests that the ends are on their sides of the exact price, within 0.05 %, after few prices."""
    at: list[float] = []
    assert price * (1 - 1e-12) <= _first_at(noted(curve, at), cost) <= price * NEAR
    assert len(at) <= MOST_PRICES
    for start in (0.2, 1.0, price, 30.0):
        at.clear()
        assert price / NEAR <= _last_below(noted(curve, at), cost, start) <= price * (1 + 1e-12)
        assert at[0] == start
        assert len(at) <= MOST_PRICES


def test_a_line_is_reached_at_once() -> None:
    """Tests that false position finds the price of a line, and that its other side takes three more prices."""
    at: list[float] = []
    _first_at(noted(line, at), 10_000)
    assert at[:4] == [1.0, MOST, pytest.approx(10 / 3), pytest.approx(math.sqrt(10 / 3))]
    assert len(at) == 5
    assert at[-1] == pytest.approx(10 / 3, rel=NEAR - 1)
    at.clear()
    # 5 % more, then 10.25 %, 21.6 %, 47.7 % and 118 %, until it is above: 3 at the price and 3.15 five percent above.
    _last_below(noted(line, at), 3200, 1.0)
    assert at[:3] == [1.0, pytest.approx(1.05), pytest.approx(1.05**2)]
    assert at[3] == pytest.approx(3200 / 3000)
    at.clear()
    _last_below(noted(line, at), 2800, 1.0)
    assert at[:3] == [1.0, pytest.approx(1 / 1.05), pytest.approx(1.05**-2)]


@pytest.mark.parametrize(
    ("curve", "cost", "first", "last"),
    [
        (line, 300_001, math.inf, MOST),  # never reached: below it up to a hundred times the price
        (line, 300_000, MOST, MOST),
        (line, 0.003, FREE, 0),  # reached for a millionth of the price, never below
        (line, 0.0, FREE, 0),
        (lambda price: None, 10_000, math.inf, 0),
        (lambda price: None if price > 1 else 3000 * price, 10_000, math.inf, 1.0),
        (lambda price: None if price > 1 else 3000 * price, 3000, 1.0, 1.0),
        (lambda price: None if price < 1 else 3000 * price, 3000, 1.0, 0),
        (lambda price: None if price < 1 else 3000 * price, 10_000, 10 / 3, 10 / 3),
    ],
)
def test_ends_of_the_curve(curve: Curve, cost: float, first: float, last: float) -> None:
    """Tests costs that are reached nowhere or everywhere, and curves that are known on one side only."""
    assert _first_at(curve, cost) == pytest.approx(first, rel=5e-4)
    assert _last_below(curve, cost, 1.0) == pytest.approx(last, rel=5e-4)


def test_what_is_unknown_between_two_prices_ends_the_search() -> None:
    """Tests that both ends stay as they are known."""
    assert _enclose(lambda price: None, 10_000, (1.0, 3000), (100.0, 300_000)) == (1.0, 100.0)
    assert _enclose(line, 10_000, (3.333, 9999), (3.334, 10_002)) == (3.333, 3.334)  # near enough
