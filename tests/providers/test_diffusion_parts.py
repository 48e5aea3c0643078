"""Local diffusion without its packages: settings, files, batches, edges, orders."""

from __future__ import annotations

import importlib.util
import json
import pickle
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as some

from clavilux.interfaces import PictureSeller
from clavilux.model.errors import DEAD, InputError, ProviderError
from clavilux.model.settings import ProviderSettings
from clavilux.providers.diffusers import Diffusers
from clavilux.providers.diffusion import extra
from clavilux.providers.diffusion.batching import Batcher
from clavilux.providers.diffusion.choices import Choices
from clavilux.providers.diffusion.control import edges
from clavilux.providers.diffusion.devices import kept_in
from clavilux.providers.diffusion.families import FAMILIES, family_of
from clavilux.providers.diffusion.weights import check_pipeline, identity, locate, variant_of
from clavilux.testing import check_seller
from providers.shopping import request

GIB = 2**30
LCM = {"scheduler": ["diffusers", "LCMScheduler"]}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the packages were there: nothing here needs more of them than that."""
    monkeypatch.setattr(extra, "missing", lambda *_: "")


def save_model(
    folder: Path,
    kind: str = "StableDiffusionXLPipeline",
    *,
    parts: tuple[str, ...] = ("unet", "vae"),
    weights: str = "diffusion_pytorch_model.safetensors",
    **index: Any,
) -> Path:
    """The files of a model as far as they are looked at before it is loaded."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = {part: ["diffusers", "AutoencoderKL"] for part in parts}
    plain = {"_class_name": kind, "scheduler": ["diffusers", "EulerDiscreteScheduler"], **listed}
    (folder / "model_index.json").write_text(json.dumps({**plain, **index}))
    for part in parts:
        (folder / part).mkdir(exist_ok=True)
        (folder / part / weights).write_bytes(part.encode())
    return folder


def seller(model: Path | str = "", *, size: str = "", **options: Any) -> Diffusers:
    said = ProviderSettings(model=str(model), size=size, options=options)
    return Diffusers.configured(said)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(ProviderError) as caught:
        act()
    assert caught.value.trouble in DEAD and "\n" not in str(caught.value)
    return str(caught.value)


# --- What a user says ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stepps": 3}, "stepps: there is none; known: revision"),
        ({"steps": 0}, "steps"),
        ({"device": "tpu"}, "device"),
        ({"family": "dalle"}, "family: choose from sdxl, "),
        ({"control": "canny"}, "control_model"),
        ({"control": "depth", "control_model": "/m"}, "depth_model"),
        ({"control": "canny", "control_model": "/m", "change": 0.5}, "not both"),
        ({"adapter": "/a", "adapter_file": "a.bin"}, r"only \.safetensors"),
        ({"download": True, "revision": "main"}, "40 digits"),
        ({"model": "x"}, "above the options"),
    ],
)
def test_options_that_cannot_be_are_one_line(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        Diffusers.configured(ProviderSettings(model="m", options=options))
    assert "[providers.diffusers" in str(caught.value) and "\n" not in str(caught.value)


def test_it_is_a_seller_that_takes_no_money(tmp_path: Path) -> None:
    one = seller(save_model(tmp_path / "m"))
    assert isinstance(one, PictureSeller) and not one.capabilities.paid
    price = one.price(one.order(request(), model="m"))
    assert (price.low, price.likely, price.high) == (0, 0, 0) and price.seconds > 0


@pytest.mark.parametrize("options", [{}, {"change": 0.5}, {"family": "flux-dev"}])
def test_it_keeps_the_rules_of_sellers(
    installed: None, tmp_path: Path, options: dict[str, Any]
) -> None:
    folder = save_model(tmp_path / "m")
    check_seller(Diffusers, ProviderSettings(model=str(folder), options=options))


@pytest.mark.parametrize("lacking", ["torch", "accelerate"])
def test_without_the_extra_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lacking: str
) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *_: None if name == lacking else there("json")
    )
    one = seller(save_model(tmp_path / "m"))
    assert one.ready() == f"{lacking} is not installed; run `pip install 'clavilux[diffusion]'`"
    assert "pip install" in refusal(lambda: one.submit(one.order(request(), model="m")))


def test_without_a_model_it_asks_for_one(installed: None) -> None:
    one = Diffusers()
    assert "say which model" in one.ready()
    one.price(one.order(request(), model=one.models[0]))  # an estimate may still be asked for


def test_importing_it_loads_nothing_heavy() -> None:
    code = (
        "import sys, clavilux.providers.diffusers, clavilux.cli;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'diffusers', 'transformers')))"
    )
    import subprocess
    import sys

    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


# --- A model's files -------------------------------------------------------------------------


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("exploded"),))


@pytest.mark.parametrize("suffix", [".bin", ".ckpt", ".pt", ".pth"])
def test_pickles_are_refused_unopened(
    installed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = save_model(tmp_path / "m", weights=f"diffusion_pytorch_model{suffix}")
    single = tmp_path / f"model{suffix}"
    for path in (*folder.glob(f"*/*{suffix}"), single):
        path.write_bytes(pickle.dumps(Bomb()))
    for model in (folder, single):
        assert "is a pickle" in seller(model).ready() or "a pickle" in seller(model).ready()
        assert "safetensors" in seller(model).ready()
    assert not (tmp_path / "exploded").exists()


def test_a_pickle_beside_safetensors_is_let_lie(installed: None, tmp_path: Path) -> None:
    folder = save_model(tmp_path / "m")
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(pickle.dumps(Bomb()))
    assert seller(folder).ready() == ""


@pytest.mark.parametrize(
    ("index", "said"),
    [
        ({"unet": ["my_code", "Model"]}, "by my_code"),
        ({"extra": ["transformers", "CLIPTextModel"]}, "no folder"),
        ({"_class_name": None}, "no model_index"),
    ],
)
def test_folders_that_are_no_model(tmp_path: Path, index: dict[str, Any], said: str) -> None:
    folder = save_model(tmp_path / "m", **index)
    assert said in refusal(lambda: check_pipeline(folder))
    (folder / "model_index.json").write_bytes(b"\xff{")
    assert "no model_index" in refusal(lambda: check_pipeline(folder))


def test_a_model_that_is_nowhere(installed: None, tmp_path: Path) -> None:
    assert "there is no folder or file" in seller(tmp_path / "nothing").ready()
    assert "there is no folder or file" in refusal(lambda: locate("../../nowhere"))
    (tmp_path / "one.safetensors").write_bytes(b"x")
    assert "one.safetensors is damaged" in seller(tmp_path / "one.safetensors").ready()


def test_the_address_of_a_picture_follows_the_weights(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "m")
    first = seller(folder).order(request(), model="m")
    assert first.key == seller(folder).order(request(), model="m").key
    moved = tmp_path / "elsewhere" / "m"
    moved.parent.mkdir()
    save_model(moved)
    assert seller(moved).order(request(), model="m").key == first.key
    assert str(tmp_path) not in first.model_dump_json()
    (folder / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"vea")
    assert seller(folder).order(request(), model="m").key != first.key


def test_a_cached_model_is_its_commit(tmp_path: Path) -> None:
    commit = "0123456789" * 4
    folder = save_model(tmp_path / "models--me--my-sdxl-turbo" / "snapshots" / commit)
    assert identity(folder) == commit
    assert family_of(folder) == "sdxl-turbo"


@pytest.mark.parametrize(
    ("name", "kind", "index", "family"),
    [
        ("base", "StableDiffusionXLPipeline", {}, "sdxl"),
        ("refiner", "StableDiffusionXLImg2ImgPipeline", {}, "sdxl"),
        ("SDXL-Turbo", "StableDiffusionXLPipeline", {}, "sdxl-turbo"),
        ("x", "StableDiffusionXLPipeline", {"_name_or_path": "a/b-Lightning"}, "sdxl-lightning"),
        (
            "x",
            "StableDiffusionXLPipeline",
            {"scheduler": ["diffusers", "LCMScheduler"]},
            "sdxl-lcm",
        ),
        ("x", "FluxPipeline", {}, "flux-schnell"),
        ("x", "StableDiffusionPipeline", {}, "sd"),
        ("x", "StableDiffusion3Pipeline", {}, "other"),
        ("x", "Kandinsky9Pipeline", {}, "other"),
    ],
)
def test_the_family_is_read_from_the_files(
    tmp_path: Path, name: str, kind: str, index: dict[str, Any], family: str
) -> None:
    assert family_of(save_model(tmp_path / name, kind, **index)) == family


def test_flux_is_told_apart_by_its_guidance(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "f", "FluxPipeline", parts=("transformer", "vae"))
    (folder / "transformer" / "config.json").write_text('{"guidance_embeds": true}')
    assert family_of(folder) == "flux-dev"


def test_a_model_that_is_there_in_half_precision_alone(tmp_path: Path) -> None:
    half = save_model(tmp_path / "m", weights="diffusion_pytorch_model.fp16.safetensors")
    assert variant_of(half) == "fp16"
    save_model(half)
    assert variant_of(half) == ""


# --- Orders ----------------------------------------------------------------------------------


@given(
    width=some.integers(16, 8000), height=some.integers(16, 8000),
    family=some.sampled_from(sorted(FAMILIES)), seed=some.integers(1, 2**31 - 1),
    prompt=some.text(min_size=1, max_size=3000),
)  # fmt: skip
@trials(max_examples=60, deadline=None)
def test_every_size_is_one_that_the_model_knows(
    width: int, height: int, family: str, seed: int, prompt: str
) -> None:
    wanted = request(width=width, height=height, shared_seed=seed, prompt=prompt, theme="sea")
    order = seller("me/model", family=family).order(wanted, model="m")
    kind = FAMILIES[family]
    assert order.width % kind.multiple == order.height % kind.multiple == 0
    assert 0.7 < order.width * order.height / kind.pixels < 1.4
    assert 0 < len(order.prompt) <= kind.prompt_limit and order.seed == seed


def test_few_steps_know_no_negative_prompt() -> None:
    few = seller("me/m", family="sdxl-turbo").order(request(), model="m")
    assert (few.options["steps"], few.options["guidance"], few.negative_prompt) == (4, 0.0, "")
    assert "negative prompt" in few.given_up and "no text" not in few.prompt
    full = seller("me/m").order(request(), model="m")
    assert (full.options["steps"], full.options["guidance"]) == (30, 7.5)
    assert full.negative_prompt == "text, faces, blurry" and full.width == 1344
    own = seller("me/m", steps=9, guidance=2.0, size="500x300").order(request(), model="m")
    assert (own.options["steps"], own.options["guidance"]) == (9, 2.0)
    assert (own.width, own.height) == (496, 304)


def test_an_earlier_picture_counts_less_and_less(tmp_path: Path) -> None:
    one = seller("me/m", control="canny", control_model=str(tmp_path), control_fall=0.5)
    assert (one.capabilities.likeness, one.capabilities.references) == ("previous", 1)

    def strength(**fields: Any) -> Any:
        order = one.order(request(**fields), model="m", references=("a" * 64,))
        return order.options.get("control_strength")

    assert [strength(index=n) for n in range(3)] == [0.6, 0.3, 0.15]
    assert strength(hero=True) == 0.3
    assert "control_strength" not in one.order(request(), model="m").options


def test_what_is_followed_is_the_users_choice(tmp_path: Path) -> None:
    folder = str(tmp_path)
    assert seller("a/b").capabilities.likeness == "none"
    assert seller("a/b", adapter=folder).capabilities.likeness == "anchor"
    assert seller("a/b", change=0.4).capabilities.likeness == "anchor"
    assert seller("a/b", change=0.4, follow="previous").capabilities.likeness == "previous"


def test_a_small_change_still_makes_a_step() -> None:
    one = seller("me/m", family="sdxl-turbo", change=0.1)
    order = one.order(request(), model="m", references=("a" * 64,))
    assert int(order.options["steps"]) * float(order.options["change"]) >= 1


# --- Memory, batches, edges ------------------------------------------------------------------


def test_what_does_not_fit_is_moved_out() -> None:
    flux = [24 * GIB, 10 * GIB, GIB]
    assert [kept_in(free * GIB, flux) for free in (40, 28, 12)] == ["none", "model", "sequential"]


def test_jobs_of_one_kind_are_made_together() -> None:
    batches: list[list[int]] = []
    begun = threading.Event()

    def make(jobs: Sequence[int]) -> list[int | Exception]:
        batches.append(list(jobs))
        if not begun.is_set():
            begun.set()
            time.sleep(0.2)
        return [ValueError(str(job)) if job == 5 else job * 10 for job in jobs]

    batcher: Batcher[int, int] = Batcher(make, most=3, kind=lambda job: job % 2, gather=0.0)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(batcher.get, 0)
        assert begun.wait(5)
        rest = {job: pool.submit(batcher.get, job) for job in range(1, 9)}
        assert first.result(5) == 0
        for job, future in rest.items():
            if job == 5:
                with pytest.raises(ValueError, match="5"):
                    future.result(5)
            else:
                assert future.result(5) == job * 10
    assert sorted(job for batch in batches for job in batch) == list(range(9))
    assert all(len({job % 2 for job in batch}) == 1 and len(batch) <= 3 for batch in batches)
    assert max(len(batch) for batch in batches) == 3


def test_what_stops_a_batch_stops_all_of_it() -> None:
    def make(jobs: Sequence[int]) -> list[int | Exception]:
        time.sleep(0.05)
        raise KeyboardInterrupt

    batcher: Batcher[int, int] = Batcher(make, most=4, kind=lambda job: 0)
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(batcher.get, job) for job in range(4)]:
            with pytest.raises(KeyboardInterrupt):
                future.result(5)


def test_edges_are_thin_and_where_they_are() -> None:
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[16:48, 24:72] = 255
    found = edges(picture)
    assert found.dtype == np.uint8 and set(np.unique(found)) == {0, 255}
    rows, columns = np.nonzero(found)
    assert {rows.min(), rows.max()} <= {15, 16, 47, 48}
    assert {columns.min(), columns.max()} <= {23, 24, 71, 72}
    middle = found[32] > 0
    assert middle.sum() == 2  # one pixel for each side
    assert 120 <= (found > 0).sum() <= 170  # the way around is 160


def test_flat_and_faint_pictures_have_no_edges() -> None:
    assert not edges(np.full((40, 40, 3), 90, np.uint8)).any()
    faint = np.full((40, 40, 3), 90, np.uint8)
    faint[:, 20:] += 10
    assert not edges(faint).any()


def test_choices_are_compared_by_value() -> None:
    said = ProviderSettings(model="a/b", options={"steps": 3})
    assert Choices.of(said) == Choices.of(said) and hash(Choices.of(said))
