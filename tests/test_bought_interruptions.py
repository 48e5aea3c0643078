"""Commands that buy pictures and are stopped, killed, or run beside each other."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from clavilux.documents import write_spec
from providers.fakes.__main__ import fake_of
from providers.fakes.server import Fake
from providers.market import (
    DOLLAR,
    books,
    check_books,
    environment_of,
    posts,
    settings_in,
    wait_until,
)
from workshop import Answer, changed, command, spec_of

pytestmark = [
    pytest.mark.usefixtures("plain_scene"),
    pytest.mark.skipif(os.name != "posix", reason="signals are sent as on Unix"),
]

SECTIONS = 5


class Shop:
    """A folder with a spec and a cache, and commands that render it with pictures of a fake."""

    def __init__(self, folder: Path, song: Path, fake: Fake) -> None:
        self.folder, self.fake = folder, fake
        self.work = folder / "work"
        self.work.mkdir()
        spec = spec_of(song, range(0, 2 * SECTIONS + 1, 2), tier=2, stills=1)
        for n in range(SECTIONS):
            spec = changed(spec, f"part_{n + 1}", prompt=f"bands {n}", theme=f"bands {n}")
        self.spec = self.work / "song.yaml"
        self.spec.write_text(write_spec(spec, name="song.yaml"))
        self.settings = settings_in(folder / "cache")

    def start(self, *, budget: float = 5.0, output: str = "song.mp4", **more: Any) -> Any:
        arguments = command(
            "render", self.spec, "-o", self.work / output, "--images", self.fake.name, "--budget",
            budget, "--preset", "preview", "--fps", 1, "--workers", 1, "--json",
        )  # fmt: skip
        environment = {
            **os.environ, **environment_of(self.fake.name, self.fake.url),
            "CLAVILUX_CACHE": str(self.folder / "cache"),
        }  # fmt: skip
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            arguments, env=environment, text=True, start_new_session=True, **pipes
        )

    def finish(self, process: Any = None, **said: Any) -> Answer:
        process = process or self.start(**said)
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
        return Answer(process.returncode, out, err)


@contextmanager
def shop_of(seller: str, folder: Path, song: Path, **said: Any) -> Iterator[Shop]:
    with fake_of(seller)(**said) as fake:
        yield Shop(folder, song, fake)


def sold_of_each(fake: Fake) -> Counter[str]:
    return Counter(sale.prompt for sale in fake.sales)


@pytest.mark.parametrize("moment", range(3))
@pytest.mark.parametrize("seller", ["stability", "openai", "bfl"])
def test_after_a_kill_nothing_is_bought_twice(
    tmp_path: Path, clicks_wav: Path, seller: str, moment: int
) -> None:
    chance = random.Random(f"{seller} {moment}")
    with shop_of(seller, tmp_path, clicks_wav, seconds=0.15) as shop:
        fake, process = shop.fake, shop.start()
        begun = chance.randrange(1, SECTIONS)
        wait_until(lambda: posts(fake) >= begun or process.poll() is not None)
        time.sleep(chance.uniform(0, 0.4))
        process.kill()
        process.communicate()
        wait_until(lambda: fake._at_once == 0)

        answer = shop.finish()
        assert answer.code == 0, answer.err
        report = answer.json
        assert report["sync"]["frames"] == report["sync"]["expected_frames"] == 12
        assert max(sold_of_each(fake).values()) == 1, "sold twice"
        check_books(shop.settings, fake, cap=5 * DOLLAR)
        doubtful = books(shop.settings).in_doubt > 0
        lost = [one for one in report["pictures"] if not one["provider"]]
        assert bool(lost) <= doubtful
        told = [line for line in report["notices"] if "AI image generation failed" in line]
        assert len(told) == len(lost) and all("may have been paid already" in line for line in told)


def test_jobs_that_were_under_way_at_a_kill_are_collected(tmp_path: Path, clicks_wav: Path) -> None:
    with shop_of("bfl", tmp_path, clicks_wav, seconds=30) as shop:
        process = shop.start()
        wait_until(lambda: sum(call.method == "GET" for call in shop.fake.calls) >= SECTIONS)
        process.kill()
        process.communicate()
        for job in shop.fake.jobs.values():
            job.ready = 0.0
        answer = shop.finish()
        assert answer.code == 0 and posts(shop.fake) == SECTIONS
        assert all(one["provider"] == "bfl" for one in answer.json["pictures"])
        totals = books(shop.settings)
        assert (totals.spent, totals.in_doubt, totals.reserved) == (shop.fake.bill, 0, 0)


def test_ctrl_c_waits_for_what_is_in_flight_and_keeps_it(tmp_path: Path, clicks_wav: Path) -> None:
    with shop_of("stability", tmp_path, clicks_wav, seconds=0.6) as shop:
        process = shop.start()
        wait_until(lambda: posts(shop.fake) >= 4)
        os.killpg(process.pid, signal.SIGINT)
        stopped = shop.finish(process)
        assert stopped.code == 130, stopped.err
        assert stopped.err.splitlines()[-1] == "stopped; run the same command again to continue"
        assert posts(shop.fake) == 4 and len(shop.fake.sales) == 4
        totals = books(shop.settings)
        assert (totals.spent, totals.in_doubt) == (shop.fake.bill, 0)
        assert list(shop.work.iterdir()) == [shop.spec], "something half-written is left"

        shop.fake.seconds = 0.0
        assert shop.finish().code == 0
        assert max(sold_of_each(shop.fake).values()) == 1 and len(shop.fake.sales) == SECTIONS


def test_a_second_ctrl_c_leaves_at_once(tmp_path: Path, clicks_wav: Path) -> None:
    with shop_of("stability", tmp_path, clicks_wav, seconds=60) as shop:
        process = shop.start()
        wait_until(lambda: posts(shop.fake) >= 4)
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None, "the first one waits"
        began = time.monotonic()
        while process.poll() is None and time.monotonic() < began + 20:
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.2)
        assert process.poll() == 130
        process.communicate()
        totals = books(shop.settings)
        assert totals.spent == 0 and totals.in_doubt == 4 * 80_000
        assert list(shop.work.iterdir()) == [shop.spec]


@pytest.mark.parametrize("seller", ["stability", "openai", "fal"])
def test_two_commands_at_once_share_pictures_and_the_cap(
    tmp_path: Path, clicks_wav: Path, seller: str
) -> None:
    caps = {"stability": 0.25, "openai": 0.08, "fal": 0.05}
    with shop_of(seller, tmp_path, clicks_wav, seconds=0.2) as shop:
        cap = caps[seller]
        both = [shop.start(budget=cap, output=f"{name}.mp4") for name in "ab"]
        answers = [shop.finish(process) for process in both]
        assert [answer.code for answer in answers] == [0, 0], answers[0].err + answers[1].err
        assert max(sold_of_each(shop.fake).values()) == 1
        totals = books(shop.settings)
        assert totals.in_doubt == 0 and 0 < totals.spent == shop.fake.bill <= cap * DOLLAR
        assert 0 < len(shop.fake.sales) < SECTIONS
        for answer in answers:
            told = [line for line in answer.json["notices"] if "raise --budget" in line]
            assert len(told) == SECTIONS - answer.json["stills"] > 0
        paid = sum(answer.json["money"]["paid"] for answer in answers)
        assert paid == pytest.approx(totals.spent / DOLLAR)
