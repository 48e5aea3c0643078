"""The running filters agree with scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, signal

from clavilux.analysis.filters import box_max, box_mean, one_pole, span_means

SHAPES = ((1,), (2,), (7,), (1000,), (500, 3))
SIZES = (1, 2, 3, 8, 31, 2001)


def curve(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32) * 5 + 2


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", SIZES)
def test_boxes(shape: tuple[int, ...], size: int) -> None:
    x = curve(shape)
    mean, top = box_mean(x, size), box_max(x, size)
    wide = ndimage.uniform_filter1d(x.astype(np.float64), size, axis=0, mode="nearest")
    assert mean.dtype == top.dtype == np.float32 and mean.shape == top.shape == shape
    np.testing.assert_allclose(mean, wide, atol=3e-6)
    np.testing.assert_array_equal(top, ndimage.maximum_filter1d(x, size, axis=0, mode="nearest"))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("decay", [0.0, 0.3, 0.9, 0.999])
def test_one_pole(shape: tuple[int, ...], decay: float) -> None:
    x = curve(shape)
    truth = signal.lfilter([1 - decay], [1, -decay], x.astype(np.float64), axis=0)
    found = one_pole(x, decay)
    assert found.dtype == np.float32 and found.shape == shape
    np.testing.assert_allclose(found, truth, atol=2e-5)


def test_nothing_stays_nothing_and_inputs_stay_as_they_were() -> None:
    assert len(box_mean(curve((0,)), 5)) == len(box_max(curve((0,)), 5)) == 0
    assert len(one_pole(curve((0,)), 0.5)) == 0
    x = curve((50,))
    for result in (box_mean(x, 1), box_max(x, 1), one_pole(x, 0.5)):
        result[:] = 0
    np.testing.assert_array_equal(x, curve((50,)))


def test_means_of_spans_that_overlap_or_end_at_the_end() -> None:
    rows = curve((50, 3))
    first, last = np.array([0, 10, 5, 49, 30]), np.array([10, 11, 40, 50, 50])
    truth = [rows[a:b].mean(axis=0, dtype=np.float64) for a, b in zip(first, last, strict=True)]
    np.testing.assert_allclose(span_means(rows, first, last), truth, rtol=1e-12)
