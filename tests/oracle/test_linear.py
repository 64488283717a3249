"""The oracle's own linear expressions."""

from __future__ import annotations

from tests.oracle.linear import Program, quicksum


def test_expressions_add_up() -> None:
    """Tests sums, differences and factors of variables, expressions and numbers; what comes twice is merged."""
    program = Program()
    x, y = (program.add_variable(name, False, 1.0) for name in "xy")
    # 3 (2 x + 1 - y) - (x + y) + 4 - x = 4 x - 4 y + 7
    found = (3 * (2 * x + 1 - y) - (x + y) + (4 - x)).merged()
    assert dict(zip(found.indices.tolist(), found.values.tolist(), strict=True)) == {0: 4.0, 1: -4.0}
    assert found.constant == 7.0
    assert not len(quicksum([]).indices)
    assert quicksum([1, 2]).constant == 3.0
