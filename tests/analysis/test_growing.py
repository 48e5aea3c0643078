"""Rows of any shape come out as they went in."""

from __future__ import annotations

import numpy as np
import pytest

from clavilux.analysis.growing import Growing


@pytest.mark.parametrize("shape", [(), (3,), (2, 5)])
@pytest.mark.parametrize("sizes", [[0], [1], [5000, 1, 0, 9000], [100] * 300])
def test_rows_are_joined_in_order(shape: tuple[int, ...], sizes: list[int]) -> None:
    rng = np.random.default_rng(1)
    blocks = [rng.integers(0, 255, (size, *shape)).astype(np.uint8) for size in sizes]
    rows = Growing()
    for block in blocks:
        given = block.copy()
        rows.append(given)
        given[:] = 0  # whoever reuses a block does no harm
    joined = rows.finish()
    np.testing.assert_array_equal(joined, np.concatenate(blocks))
    assert joined.dtype == np.uint8


def test_no_rows_are_an_error() -> None:
    with pytest.raises(ValueError, match="no rows"):
        Growing().finish()
