"""Groups of workloads that are merged where several kinds of them stand in a program, in mixed order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.solver.merged_workloads import merge_workloads
from tests.solver.programs import INF, program


def test_each_kind_of_workload_is_a_group() -> None:
    """Tests rows and columns of groups that differ in cost, in yield, in pools or in number of pools alone.

    Kinds of workloads, by cost, yield and pools: A (1, 2, p), B (3, 2, p), C (1, 4, p), D (1, 2, q), E (1, 2, both).
    F has the terms of A but a row of enough work rather than of equal. Rows of work in the order ABCDEFABCDEFA; column
    for column, A to D and F have one, E two. Their rows are 0 to 12, those of the pools 13 and 14.
    """
    kinds = {
        "A": (1, 2, "p"),
        "B": (3, 2, "p"),
        "C": (1, 4, "p"),
        "D": (1, 2, "q"),
        "E": (1, 2, "pq"),
        "F": (1, 2, "p"),
    }
    order = "ABCDEFABCDEFA"
    terms = [(row, *kinds[kind][:2], pool) for row, kind in enumerate(order) for pool in kinds[kind][2]]
    matrix = np.zeros((len(order) + 2, len(terms)))
    for column, (row, _, amount, pool) in enumerate(terms):
        matrix[row, column], matrix[len(order) + "pq".index(pool), column] = amount, 1
    work = np.arange(1.0, 14.0)
    high = np.where(np.array(list(order)) == "F", INF, work)
    made = program([cost for _, cost, *_ in terms], matrix, [*work, -INF, -INF], [*high, 50, 60])
    rows = [("demand_met", (kind, row)) for row, kind in enumerate(order)] + [("pool_use", (pool, 0)) for pool in "pq"]
    merged = merge_workloads(replace(made, rows=tuple(rows)), least_columns=0, least_share=0.0)
    assert merged is not None
    # Columns: A 0, B 1, C 2, D 3, E 4 5, F 6, then A 7, B 8, C 9, D 10, E 11 12, F 13, A 14.
    found = {tuple(rows.tolist()): columns.tolist() for rows, columns in merged.groups}
    assert found == {
        (0, 6, 12): [[0], [7], [14]],
        (1, 7): [[1], [8]],
        (2, 8): [[2], [9]],
        (3, 9): [[3], [10]],
        (4, 10): [[4, 5], [11, 12]],
        (5, 11): [[6], [13]],
    }
    assert merged.row.tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 6, 7]
    assert merged.column.tolist() == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0]
    # Work adds up: A 1 + 7 + 13, B 2 + 8, C 3 + 9, D 4 + 10, E 5 + 11, F 6 + 12; pools stay.
    assert merged.arrays.row_lower.tolist() == [21, 10, 12, 14, 16, 18, -INF, -INF]
    assert merged.arrays.row_upper.tolist() == [21, 10, 12, 14, 16, INF, 50, 60]
    assert merged.arrays.cost.tolist() == [1, 3, 1, 1, 1, 1, 1]
    dense = np.zeros((8, 7))
    dense[merged.arrays.indices, merged.arrays.term_columns] = merged.arrays.values
    assert dense.tolist() == [
        [2, 0, 0, 0, 0, 0, 0],
        [0, 2, 0, 0, 0, 0, 0],
        [0, 0, 4, 0, 0, 0, 0],
        [0, 0, 0, 2, 0, 0, 0],
        [0, 0, 0, 0, 2, 2, 0],
        [0, 0, 0, 0, 0, 0, 2],
        [1, 1, 1, 0, 1, 0, 1],
        [0, 0, 0, 1, 0, 1, 0],
    ]
    assert merged.arrays.rows == tuple(rows[place] for place in (0, 1, 2, 3, 4, 5, 13, 14))
    assert merged.arrays.columns == (0, 1, 2, 3, 4, 5, 6)
    # 8 accelerators of p do 16 units for the As: 1 of the first, 7 of the next, 8 of the last; F: 6 of 22, 16 left.
    values = merged.original_values(np.array([8, 0, 0, 0, 2, 6, 11.0]))
    assert values[[0, 7, 14]].tolist() == [0.5, 3.5, 4.0]
    assert values[[6, 13]].tolist() == [3.0, 8.0]
    # E: 2 accelerators of p do 4 and 6 of q 12; 5 of the first are 2 of p and half of q, the last has the other 11.
    assert values[[4, 5, 11, 12]].tolist() == [2.0, 0.5, 0.0, 5.5]
    assert merged.merged_values(values).tolist() == [8, 0, 0, 0, 2, 6, 11]
