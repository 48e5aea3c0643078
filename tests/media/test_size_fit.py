"""Aiming at a size: found in few passes, never finer than asked for, and honest about the rest."""

from __future__ import annotations

import math

import pytest

from clavilux.media.encode import EncoderSettings
from clavilux.media.encoders import SOFTWARE
from clavilux.media.mux import SizeError
from clavilux.media.size_fit import PASSES, Fitted, fit_size, sample_of
from clavilux.model.errors import InputError

REST = 2_000_000
LOSSY = [encoder for encoder in SOFTWARE if encoder.halving]


class Film:
    """A film whose picture takes 40 MB as asked for, and less along a curve of its own."""

    def __init__(
        self, asked: EncoderSettings, *, halving: float, bend: float = 0.0, sampled: float = 1.0
    ) -> None:
        self.asked, self.halving, self.bend, self.sampled = asked, halving, bend, sampled
        self.tried: list[float] = []
        self.probed = 0

    def video(self, settings: EncoderSettings) -> int:
        steps = (settings.crf - self.asked.crf) / self.halving
        return round(40e6 * 2.0 ** -(steps + self.bend * steps**2))

    def share(self, settings: EncoderSettings) -> float:
        """A sample that shrinks a little otherwise than the whole."""
        self.probed += 1
        return (self.video(settings) / 40e6) ** self.sampled

    def finish(self, settings: EncoderSettings) -> None:
        self.tried.append(settings.crf)
        size = self.video(settings) + REST
        if size > self.limit:
            raise SizeError(size)

    def fit(self, limit: int) -> Fitted:
        self.limit = limit
        return fit_size(
            self.asked, limit, size=40_000_000 + REST, video=40_000_000,
            share=self.share, finish=self.finish,
        )  # fmt: skip


@pytest.mark.parametrize("encoder", LOSSY, ids=lambda e: e.name)
@pytest.mark.parametrize("limit", [41_500_000, 25_000_000, 12_000_000, 8_000_000])
@pytest.mark.parametrize("bend", [-0.03, 0.0, 0.1])
def test_the_size_is_met_and_used(encoder, limit: int, bend: float) -> None:  # type: ignore[no-untyped-def]
    film = Film(EncoderSettings.at(encoder.name), halving=0.9 * encoder.halving, bend=bend)
    fitted = film.fit(limit)
    assert film.asked.crf < fitted.settings.crf <= encoder.coarsest
    assert fitted.settings.preset == film.asked.preset
    size = film.video(fitted.settings) + REST
    step = 2.0 ** (2 * encoder.step / encoder.halving)
    assert size <= limit and (size - REST) * step > 0.85 * (limit - REST)
    assert fitted.passes == 2 and film.probed <= 4


@pytest.mark.parametrize("sampled", [0.7, 0.9, 1.1])
def test_a_sample_that_misleads_costs_another_pass_but_never_the_limit(sampled: float) -> None:
    film = Film(EncoderSettings(), halving=5, sampled=1 / sampled)
    fitted = film.fit(10_000_000)
    assert film.video(fitted.settings) + REST <= 10_000_000
    assert len(film.tried) == fitted.passes - 1 <= PASSES
    assert film.tried == sorted(film.tried)


def test_the_impossible_is_refused_with_what_is_possible() -> None:
    film = Film(EncoderSettings(), halving=5)
    least = film.video(EncoderSettings(crf=42)) + REST
    with pytest.raises(
        InputError, match=r"--max-size: 2.5M is too small .* about (\S+) at"
    ) as said:
        film.fit(2_500_000)
    assert film.tried == []
    possible = float(str(said.value).partition("about ")[2].partition("M")[0]) * 1e6
    assert least <= possible < 1.1 * least
    assert film.fit(math.ceil(possible)).settings.crf <= 42
    with pytest.raises(InputError, match=r"--max-size: 900K is too small"):
        film.fit(900_000)  # the sound alone has more


def test_what_the_sample_promised_and_the_whole_did_not_keep_ends_in_an_error() -> None:
    film = Film(EncoderSettings(), halving=20, sampled=5)  # hardly shrinks at all
    with pytest.raises(InputError, match="is too small"):
        film.fit(12_000_000)
    assert 1 <= len(film.tried) <= PASSES


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 24, 200, 1000])
def test_a_sample_is_spread(count: int) -> None:
    numbers = sample_of(count)
    assert len(set(numbers)) == len(numbers) == min(count, max(4, min(-(-count // 10), 12)))
    assert min(numbers) >= 0 and max(numbers) < count
    assert abs(sum(numbers) / len(numbers) - (count - 1) / 2) <= 1
