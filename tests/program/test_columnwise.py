import numpy as np
import pytest
from scipy.sparse import coo_array

from optimizer.program.columnwise import by_column


def test_terms_of_a_row_with_the_same_column_are_added_up() -> None:
    rows, columns = np.array([[0, 0, 0, 1, 1, 2], [2, 0, 2, 0, 3, 2]], dtype=np.int32)
    starts, indices, values = by_column(rows, columns, np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]), 5)
    assert starts.tolist() == [0, 2, 2, 4, 5, 5]
    assert indices.tolist() == [0, 1, 0, 2, 1]
    assert values.tolist() == [2.0, 8.0, 5.0, 32.0, 16.0]


def test_without_terms_no_column_has_any() -> None:
    none = np.zeros(0, dtype=np.int32)
    starts, indices, values = by_column(none, none, np.zeros(0), 3)
    assert starts.tolist() == [0, 0, 0, 0]
    assert (len(indices), len(values)) == (0, 0)


@pytest.mark.parametrize("count", [1, 50, 1 << 16, (1 << 16) + 1, 200_000])
def test_as_scipy_does_it(count: int) -> None:
    random = np.random.default_rng(count)
    rows = np.sort(random.integers(0, 400, 30_000, dtype=np.int32))
    columns = random.integers(0, count, len(rows), dtype=np.int32)
    values = random.random(len(rows))
    starts, indices, found = by_column(rows, columns, values, count)
    expected = coo_array((values, (rows, columns)), shape=(400, count)).tocsc()
    expected.sum_duplicates()
    assert np.array_equal(starts, expected.indptr)
    assert np.array_equal(indices, expected.indices)
    assert np.allclose(found, expected.data, rtol=1e-13, atol=0)  # many are added up where there is one column
