"""The live curve of a search: incumbent and bound as points of a drawing of 600 by 160."""

from __future__ import annotations

import pytest

from optimizer.service.curve import HEIGHT, WIDTH, draw


def reports(*rows: tuple[float, float | None, float | None]) -> list[dict[str, float | None]]:
    """Progress reports: seconds, incumbent, bound."""
    return [{"elapsed": seconds, "incumbent": incumbent, "bound": bound} for seconds, incumbent, bound in rows]


def points(text: str) -> list[tuple[float, float]]:
    """Points of a line."""
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x), float(y)) for x, y in pairs]


@pytest.mark.parametrize("events", [[], reports((1.0, None, 5.0)), reports((1.0, float("inf"), 5.0))])
def test_there_is_no_curve_before_the_first_incumbent(events: list[dict[str, float | None]]) -> None:
    """Tests that bounds alone, and an incumbent that is not finite, draw nothing."""
    assert draw(events) is None


def test_values_hold_until_the_next_one() -> None:
    """Tests steps: the incumbent falls from 110 to 100 after half of the time, above a bound of 90.

    The gap at the end is 10, so that 40 below the bound and above the incumbent would still be shown: the range is 90
    to 110, and a twentieth of these 40 on each side: 88 to 112. 110 is at 160 x 2/24 = 13.3, 100 at 80, 90 at 146.7.
    """
    curve = draw(reports((0.0, 110.0, 90.0), (5.0, 100.0, 90.0), (10.0, 100.0, 90.0)))
    assert curve is not None
    assert (curve.least, curve.most, curve.seconds) == (88.0, 112.0, 10.0)
    assert points(curve.incumbent) == [(0, 13.3), (300, 13.3), (300, 80), (600, 80), (600, 80)]
    assert {y for _, y in points(curve.bound)} == {146.7}


def test_early_bounds_do_not_flatten_the_rest() -> None:
    """Tests that a bound of -1 million at the start is drawn at the lower edge, and the end keeps its height.

    The last gap is 10: nothing more than 40 below the last bound is shown, so the range is 50 - 2 to 100 + 2.
    """
    curve = draw(reports((0.0, 100.0, -1e6), (1.0, 100.0, 90.0)))
    assert curve is not None
    assert (curve.least, curve.most) == (48.0, 102.0)
    assert points(curve.bound)[0] == (0, HEIGHT)
    assert points(curve.bound)[-1] == (WIDTH, round(160 * 12 / 54, 1))


def test_long_searches_have_few_points_and_their_last_value() -> None:
    """Tests that of 10,000 reports about 400 are drawn, the last one among them."""
    curve = draw(reports(*((float(n), 20_000.0 - n, 1.0) for n in range(10_000))))
    assert curve is not None
    assert 2 * 380 < len(points(curve.incumbent)) < 2 * 420
    assert points(curve.incumbent)[-1][0] == WIDTH
    assert points(curve.incumbent)[-1][1] == max(y for _, y in points(curve.incumbent))
