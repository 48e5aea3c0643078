"""A video with bought pictures, from end to end: whatever the sellers do, it is finished, nothing
costs more than was allowed, and the report is true."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest

from clavilux import pipeline
from clavilux.documents import write_spec
from clavilux.model.errors import InputError
from clavilux.model.report import RenderReport
from clavilux.model.spec import RenderSpec
from clavilux.pipeline import RenderOptions
from clavilux.providers.shop import Shop
from clavilux.settings import Settings
from clavilux.storage import Store
from providers.market import (
    DOLLAR,
    NAMES,
    Stall,
    books,
    check_books,
    faults_of,
    hurried,
    selling,
    settings_in,
)
from support import PlainScene, add_plugins
from workshop import changed, render, spec_of, tiny

pytestmark = pytest.mark.usefixtures("plain_scene")

NOTICE = (
    "AI image generation failed for {}. Using procedural visuals as fallback. "
    "You can retry or provide a different prompt."
)
EDGES = (0, 3, 6, 9, 12)
FRAMES = 12 * 4


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried(monkeypatch)


@pytest.fixture
def spec(clicks_wav: Path) -> RenderSpec:
    """Three sections of one picture each between two scenes."""
    spec = spec_of(clicks_wav, EDGES, tier=2, stills=1)
    for number in range(1, 5):
        spec = changed(spec, f"part_{number}", prompt=f"bands {number}", theme=f"bands {number}")
    return changed(spec, "part_4", tier=1)


def make(
    spec: RenderSpec,
    folder: Path,
    *names: str,
    budget: float | None = 5.0,
    name: str = "a",
    store: str = "cache",
    **options: Any,
) -> RenderReport:
    """A tiny render with these sellers; the fakes' addresses are in the environment."""
    folder.mkdir(exist_ok=True)
    cap = None if budget is None else round(budget * DOLLAR)
    again = options.pop("again", frozenset())
    shop = Shop(names, settings_of(folder, **options.pop("providers", {})), cap, again)
    report = render(
        spec, folder / f"{name}.mp4", preset=tiny(rate=4), store=Store(folder / store), shop=shop,
        **options,
    )  # fmt: skip
    check_report(report, spec)
    return report


def settings_of(folder: Path, **providers: Any) -> Settings:
    usual = {name: {"timeout": 5} for name in NAMES}
    return settings_in(folder / "data", **{**usual, **providers})


def check_report(report: RenderReport, spec: RenderSpec) -> None:
    """What must hold however a render went."""
    assert report.sync.frames == report.sync.expected_frames == FRAMES
    lost = {p.section for p in report.pictures} - {p.section for p in report.pictures if p.provider}
    for section in report.sections:
        is_scene = section.label in lost or section.label == "part_4"
        assert section.drawn_tier == (1 if is_scene else 2)
        told = [line for line in report.notices if line.startswith(NOTICE.format(section.label))]
        assert len(told) == (section.label in lost), report.notices
        assert section.why == (told[0] if told else "as asked")
    if report.money is not None:
        paid = sum(picture.cost for picture in report.pictures)
        assert report.money.paid == pytest.approx(paid)


# --- When all goes well ----------------------------------------------------------------------


@pytest.mark.parametrize("seller", NAMES)
def test_a_second_render_buys_nothing_and_calls_nobody(
    spec: RenderSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seller: str
) -> None:
    with selling(monkeypatch, seller) as fake:
        first = make(spec, tmp_path, seller)
        assert len(fake.sales) == 3 and first.money is not None
        totals = books(settings_of(tmp_path))
        assert (totals.spent, totals.in_doubt, totals.reserved) == (fake.bill, 0, 0)
        assert first.money.paid == first.money.spent == pytest.approx(fake.bill / DOLLAR)
        assert not [line for line in first.notices if "part" in line], first.notices
        assert all(p.provider == seller and p.prompt and not p.reused for p in first.pictures)
        assert first.consistency is not None
        calls = len(fake.calls)

        again = make(spec, tmp_path, seller, name="b", store="elsewhere", budget=0.0)
        assert len(fake.calls) == calls and again.stills_reused == 3
        assert again.money is not None and again.money.paid == 0
        assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize("seller", ["openai", "stability"])
@pytest.mark.parametrize("changed_part", ["part_1", "part_3"])
def test_another_prompt_for_a_section_buys_that_section_alone(
    spec: RenderSpec,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seller: str,
    changed_part: str,
) -> None:
    spec = changed(spec, "part_3", hero=True, energy=1.0)  # what OpenAI's others refer to
    with selling(monkeypatch, seller) as fake:
        make(spec, tmp_path, seller)
        edited = changed(spec, changed_part, prompt="quite other bands")
        report = make(edited, tmp_path, seller, name="b")
        assert len(fake.sales) == 4 and "quite other bands" in fake.sales[-1].prompt
        assert [p.section for p in report.pictures if not p.reused] == [changed_part]
        check_books(settings_of(tmp_path), fake)


# --- Faults ----------------------------------------------------------------------------------


@pytest.mark.parametrize("chance", [0.3, 1.0])
@pytest.mark.parametrize("seller", NAMES)
def test_whatever_goes_wrong_the_video_is_finished_and_the_books_are_right(
    spec: RenderSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seller: str, chance: float
) -> None:
    with selling(monkeypatch, seller) as fake:
        fake.chaos(chance, *faults_of(seller), seed=4)
        report = make(spec, tmp_path, seller)
        check_books(settings_of(tmp_path), fake, cap=5 * DOLLAR)
        assert report.money is not None
        totals = books(settings_of(tmp_path))
        assert report.money.spent == pytest.approx(totals.spent / DOLLAR)
        assert report.money.in_doubt == pytest.approx(totals.in_doubt / DOLLAR)


def test_a_lost_section_is_told_of_in_the_words_of_the_seed_everywhere(
    spec: RenderSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, chat = list[str](), list[str]()
    with selling(monkeypatch, "stability") as fake:
        fake.script(*["moderated"] * 6)
        shop = Shop(("stability",), settings_of(tmp_path), DOLLAR, on_notice=told.append)
        path = tmp_path / "a.yaml"
        path.write_text(write_spec(spec, name=path.name))
        options = RenderOptions(preset=tiny(rate=4), shop=shop)
        report = pipeline.render(
            path, tmp_path / "a.mp4", options, Store(tmp_path / "cache"), on_notice=chat.append
        )
    check_report(report, spec)
    assert sorted(report.notices) == sorted(told) == sorted(chat) and len(told) == 3
    for number, line in enumerate(report.notices, 1):
        assert line.startswith(NOTICE.format(f"part_{number}")) and "moderation" in line
    assert all(section.drawn_tier == 1 for section in report.sections)
    assert all("moderation" in picture.notes[0] for picture in report.pictures)


def test_a_section_that_loses_one_of_its_pictures_shows_the_others(
    clicks_wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of(clicks_wav, [0, 12], tier=2, stills=3)
    with selling(monkeypatch, "stability", seconds=0.05) as fake:
        report = make(spec, tmp_path, "stability", budget=0.25)
        assert len(fake.sales) == 3  # the third is a sale of the ledger's last 8 cents
        report = make(spec, tmp_path / "less", "stability", budget=0.17)
        assert len(fake.sales) == 5
    (notice,) = report.notices
    assert notice.startswith("A picture for part_1 could not be made; the section shows its others")
    assert "raise --budget" in notice
    assert [section.drawn_tier for section in report.sections] == [2]
    assert [bool(picture.provider) for picture in report.pictures].count(False) == 1


def test_scenes_are_drawn_while_pictures_are_still_to_come(
    spec: RenderSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = threading.Event()
    usual = PlainScene.draw

    def draw(self: PlainScene, *said: Any, **more: Any) -> None:
        drawn.set()
        usual(self, *said, **more)

    monkeypatch.setattr(PlainScene, "draw", draw)
    with selling(monkeypatch, "stability") as fake:
        fake.wait = lambda: None if drawn.wait(20) else pytest.fail("nothing was drawn")
        report = make(spec, tmp_path, "stability")
        assert drawn.is_set() and len(fake.sales) == 3
    assert report.notices == ()


def test_news_of_the_model_is_in_the_report(
    spec: RenderSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with selling(monkeypatch) as fake:
        fake.shutdown_dates = {"gpt-image-2.5-flare": "2031-01-01"}
        report = make(spec, tmp_path, "openai")
        assert any("2031-01-01" in line for line in report.notices)


@pytest.mark.parametrize("verb", ["order", "price", "submit"])
@pytest.mark.parametrize(
    "error", [ValueError("odd"), SystemExit(1), CancelledError(), InputError("odd"), KeyError()],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_no_exception_of_a_plugin_stops_a_render(
    spec: RenderSpec,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    verb: str,
) -> None:
    class Seller(Stall):
        name = "odd"

        def order(self, *said: Any, **more: Any) -> Any:
            if verb == "order":
                raise error
            return super().order(*said, **more)

        def price(self, order: Any) -> Any:
            if verb == "price":
                raise error
            return super().price(order)

        def submit(self, *said: Any, **more: Any) -> Any:
            raise error

    add_plugins(monkeypatch, "providers", odd=Seller())
    report = make(spec, tmp_path, "odd")
    assert len([line for line in report.notices if "AI image generation failed" in line]) == 3
    assert books(settings_of(tmp_path)).spent == 0
