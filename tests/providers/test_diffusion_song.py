"""Whole videos whose pictures a tiny diffusion model makes on this machine."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest

from clavilux.interfaces import Step
from clavilux.model.errors import InputError
from clavilux.model.report import RenderReport
from clavilux.model.request import ImageRequest
from clavilux.model.spec import RenderSpec
from clavilux.providers.diffusers import Diffusers
from clavilux.providers.diffusion import engine, extra
from clavilux.providers.ledger import Ledger
from clavilux.providers.shop import Shop
from clavilux.settings import Settings
from clavilux.storage import Store
from providers.shopping import request
from workshop import changed, render, spec_of, tiny

pytestmark = [
    pytest.mark.usefixtures("plain_scene"),
    pytest.mark.skipif(bool(extra.missing()), reason="the extra is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from providers import tiny_diffusion as tiny_models

    folder = tmp_path_factory.mktemp("models")
    tiny_models.save_sdxl(folder / "sdxl")
    tiny_models.save_flux(folder / "flux")
    tiny_models.save_controlnet(folder / "controlnet")
    return folder


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    usual = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            raise AssertionError(f"it called {address}")
        usual(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield
    engine.forget()


@pytest.fixture
def spec(clicks_wav: Path) -> RenderSpec:
    """Three sections with two pictures each."""
    spec = spec_of(clicks_wav, (0, 4, 8, 12), tier=2, stills=2)
    for number in (1, 2, 3):
        spec = changed(spec, f"part_{number}", prompt=f"bands {number}", theme=f"bands {number}")
    return spec


def settings(folder: Path, model: Path, **options: Any) -> Settings:
    said = {
        "model": str(model), "size": "448x256", "options": {"steps": 2, "device": "cpu", **options}
    }  # fmt: skip
    return Settings(cache=folder, workers=1, data=folder, providers={"diffusers": said})


def make(
    spec: RenderSpec, folder: Path, said: Settings, *names: str, name: str = "a.mp4"
) -> RenderReport:
    shop = Shop(names or ("diffusers",), said)
    store = Store(folder / "cache")
    return render(spec, folder / name, preset=tiny(rate=4), store=store, shop=shop)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("sdxl", {}),
        ("flux", {"batch": 3}),
        ("sdxl", {"control": "canny"}),
        ("sdxl", {"change": 0.6}),
    ],
)
def test_a_song_is_rendered_with_one_model(
    models: Path, spec: RenderSpec, tmp_path: Path, model: str, options: dict[str, Any]
) -> None:
    if "control" in options:
        options = {**options, "control_model": str(models / "controlnet")}
    said = settings(tmp_path, models / model, **options)
    report = make(spec, tmp_path, said)
    assert report.sync.frames == report.sync.expected_frames == 48
    assert [s.drawn_tier for s in report.sections] == [2, 2, 2]
    assert (report.stills, report.stills_reused, report.money) == (6, 0, None)
    assert {p.provider for p in report.pictures} == {"diffusers"}
    rows = Ledger(said.ledger).rows()
    assert len(rows) == 6 and {(row.state, row.cost) for row in rows} == {("settled", 0)}
    assert all("s a picture on cpu" in row.usage and 0 < row.seconds < 60 for row in rows)
    referring = sum(bool(row.what().references) for row in rows)
    assert referring == (0 if not options or "batch" in options else 5)

    shutil.rmtree(tmp_path / "cache")  # what was made is kept as what is bought
    again = make(spec, tmp_path, said, name="b.mp4")
    assert (again.stills, again.stills_reused) == (6, 6)
    assert len(Ledger(said.ledger).rows()) == 6


def test_what_was_lost_or_broken_off_is_made_again(
    models: Path, spec: RenderSpec, tmp_path: Path
) -> None:
    said = settings(tmp_path, models / "flux")
    make(spec, tmp_path, said)
    shutil.rmtree(tmp_path / "cache")
    shutil.rmtree(said.picture_folder)
    report = make(spec, tmp_path, said, name="b.mp4")
    assert (report.stills, report.stills_reused, report.notices) == (6, 0, ())
    assert len(Ledger(said.ledger).rows()) == 12


def test_a_model_that_is_not_there_is_said_before_anything_is_drawn(
    models: Path, spec: RenderSpec, tmp_path: Path
) -> None:
    said = settings(tmp_path, models / "nowhere")
    with pytest.raises(InputError, match="there is no folder"):
        make(spec, tmp_path, said)
    report = make(spec, tmp_path, said, "diffusers", "painter")
    assert {p.provider for p in report.pictures} == {"painter"}
    assert [s.drawn_tier for s in report.sections] == [2, 2, 2]


def test_a_model_that_cannot_be_loaded_costs_the_stills_and_not_the_video(
    models: Path, spec: RenderSpec, tmp_path: Path
) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(models / "sdxl", folder)
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"\x00" * 64)
    report = make(spec, tmp_path, settings(tmp_path, folder))
    assert report.sync.frames == report.sync.expected_frames
    assert [s.drawn_tier for s in report.sections] == [1, 1, 1]
    assert all("damaged cannot be loaded" in line for line in report.notices)
    assert len(report.notices) == 3


def test_one_section_that_fails_falls_back_alone(
    models: Path, spec: RenderSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import diffusers

    usual = diffusers.StableDiffusionXLPipeline.encode_prompt

    def fickle(self: Any, prompt: Any, **said: Any) -> Any:
        if "bands 2" in str(prompt):
            raise RuntimeError("device-side assert\n  triggered")
        return usual(self, prompt=prompt, **said)

    monkeypatch.setattr(diffusers.StableDiffusionXLPipeline, "encode_prompt", fickle)
    report = make(spec, tmp_path, settings(tmp_path, models / "sdxl"))
    assert [s.drawn_tier for s in report.sections] == [2, 1, 2]
    (notice,) = report.notices
    assert "part_2" in notice and "device-side assert triggered" in notice


def test_a_render_that_is_stopped_stops_the_model(models: Path, tmp_path: Path) -> None:
    said = settings(tmp_path, models / "flux", steps=200)
    stop, steps = threading.Event(), []
    shop = Shop(("diffusers",), said)
    one = Diffusers.configured(said.provider("diffusers"))
    wanted = request()

    def watch(of: ImageRequest, step: Step) -> None:
        steps.append((of, step.done))
        if step.done:
            stop.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clavilux.providers.shop.open_provider", lambda *_: one)
        (maker,) = shop.makers(
            [wanted], Store(tmp_path / "s"), account="song", workers=1, stop=stop, on_step=watch
        )
    with pytest.raises(CancelledError):
        maker.make(wanted)
    assert steps == [(wanted, 0), (wanted, 0), (wanted, 1)]
