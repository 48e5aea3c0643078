"""Local diffusion for real: tiny models with random numbers, loaded and run as large ones are."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from clavilux.interfaces import Progressing, SelfHosted, Step
from clavilux.model.errors import DEAD, ProviderError
from clavilux.model.order import Order
from clavilux.model.settings import ProviderSettings
from clavilux.providers.diffusers import Diffusers
from clavilux.providers.diffusion import engine, extra
from clavilux.providers.diffusion.choices import Choices
from clavilux.providers.diffusion.families import FAMILIES
from clavilux.providers.diffusion.generating import Generator, Job
from clavilux.providers.diffusion.loading import load
from providers.shopping import request

pytestmark = [
    pytest.mark.skipif(bool(extra.missing()), reason="the extra is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]

SIZE = "112x64"
"""Of the same shape as the references, which are as large as pictures must be."""
ADDRESS = "a" * 64
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tiny models."""
    from providers import tiny_diffusion as tiny

    folder = tmp_path_factory.mktemp("models")
    tiny.save_sdxl(folder / "sdxl")
    tiny.save_sdxl(folder / "lcm", scheduler="LCMScheduler")
    tiny.save_flux(folder / "flux")
    tiny.save_flux(folder / "flux-dev", guided=True)
    tiny.save_controlnet(folder / "controlnet")
    tiny.save_flux_controlnet(folder / "flux-controlnet")
    tiny.save_depth_estimator(folder / "depth")
    tiny.save_adapter(folder / "adapter", model=folder / "sdxl")
    return folder


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object) -> None:
        raise AssertionError("it touched the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield
    engine.forget()


def seller(model: Path, **options: Any) -> Diffusers:
    usual = {"steps": 2, "device": "cpu"}
    said = ProviderSettings(model=str(model), size=SIZE, options={**usual, **options})
    return Diffusers.configured(said)


def order_of(one: Diffusers, *, reference: bytes = b"", **fields: Any) -> Order:
    references = (ADDRESS,) if reference else ()
    return one.order(request(**fields), model=one.models[0], references=references)


def picture(one: Diffusers, *, reference: bytes = b"", **fields: Any) -> Picture:
    order = order_of(one, reference=reference, **fields)
    return pixels(one.submit(order, (reference,) if reference else ()).data)


def pixels(data: bytes) -> Picture:
    with Image.open(io.BytesIO(data)) as image:
        return np.array(image)


def as_png(rgb: Picture) -> bytes:
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "PNG")
    return file.getvalue()


def drawing() -> bytes:
    """Something with edges."""
    rgb = np.full((256, 448, 3), 30, np.uint8)
    rgb[60:200, 100:300] = (220, 120, 60)
    return as_png(rgb)


def apart(one: Picture, other: Picture) -> float:
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize(
    ("model", "options", "family"),
    [
        ("sdxl", {}, "sdxl"),
        ("sdxl", {"family": "sdxl-turbo"}, "sdxl-turbo"),
        ("sdxl", {"family": "sdxl-lightning"}, "sdxl-lightning"),
        ("sdxl", {"family": "sdxl-lcm"}, "sdxl-lcm"),
        ("lcm", {}, "sdxl-lcm"),
        ("flux", {}, "flux-schnell"),
        ("flux-dev", {}, "flux-dev"),
        ("sdxl", {"dtype": "bf16"}, "sdxl"),
    ],
)
def test_each_family_makes_pictures(
    models: Path, model: str, options: dict[str, Any], family: str
) -> None:
    one = seller(models / model, **options)
    assert one.ready() == ""
    order = order_of(one)
    assert order.options["family"] == family
    sold = one.submit(order)
    assert sold.cost == 0 and "s a picture on cpu" in sold.usage
    first = pixels(sold.data)
    assert first.shape == (64, 112, 3) and first.std() > 5
    assert (pixels(one.submit(order).data) == first).all()
    assert apart(picture(one, shared_seed=77), first) > 1
    assert apart(picture(one, prompt="a red forest"), first) > 0


def test_a_distilled_model_gets_the_scheduler_it_needs(models: Path) -> None:
    for family, scheduler in (("sdxl-lcm", "LCM"), ("sdxl-lightning", "EulerDiscrete")):
        choices = Choices(model="m", device="cpu")
        pipes = load(models / "sdxl", choices, FAMILIES[family])
        assert type(pipes.plain.scheduler).__name__ == f"{scheduler}Scheduler"
        if family == "sdxl-lightning":
            assert pipes.plain.scheduler.config.timestep_spacing == "trailing"


# --- The same picture, whatever else is made -------------------------------------------------


def test_pictures_are_the_same_bit_for_bit_however_many_are_wanted(models: Path) -> None:
    one = seller(models / "lcm", steps=3)  # its steps draw noise of their own
    orders = [order_of(one, shared_seed=n + 1, prompt=f"picture {n}") for n in range(5)]
    alone = [one.submit(order).data for order in orders]
    engine.forget()
    with ThreadPoolExecutor(5) as pool:
        together = list(pool.map(one.submit, reversed(orders)))
    assert [sold.data for sold in reversed(together)] == alone


@pytest.mark.parametrize("model", ["sdxl", "lcm", "flux"])
def test_a_batch_changes_no_picture(models: Path, model: str) -> None:
    """In 64-bit numbers bit for bit; in fewer bits the order of sums shows in the last place."""
    for dtype, most in (("fp64", 0), ("fp32", 1)):
        one = seller(models / model, dtype=dtype, batch=4)
        jobs = [
            Job(order=order_of(one, shared_seed=n + 1, prompt=f"picture {'of a thing ' * n}"))
            for n in range(4)
        ]
        pipes = load(models / model, one._choices, one._model.family)
        made = Generator(pipes, one._model.family)
        together = [pixels(sold.data) for sold in made.make(jobs)]  # type: ignore[union-attr]
        alone = [pixels(made.make([job])[0].data) for job in jobs]  # type: ignore[union-attr]
        for left, right in zip(together, alone, strict=True):
            assert np.abs(left.astype(int) - right).max() <= most
        assert apart(together[0], together[1]) > 1


def test_threads_share_batches(models: Path) -> None:
    one = seller(models / "flux", batch=3)
    orders = [order_of(one, shared_seed=n + 1) for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        sold = list(pool.map(one.submit, orders))
    assert any(" 3 at once" in each.usage for each in sold)
    assert len({each.data for each in sold}) == 6


def test_the_model_is_loaded_once(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []
    monkeypatch.setattr(engine, "load", lambda *said: loads.append(said) or load(*said))
    for _ in range(2):
        picture(seller(models / "flux"))
        picture(seller(models / "flux"))
    assert len(loads) == 1
    picture(seller(models / "lcm"))
    assert len(loads) == 2


# --- Likeness --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("sdxl", {"control": "canny", "control_model": "controlnet"}),
        ("sdxl", {"control": "depth", "control_model": "controlnet", "depth_model": "depth"}),
        ("flux", {"control": "canny", "control_model": "flux-controlnet"}),
        ("sdxl", {"adapter": "adapter"}),
        ("sdxl", {"change": 0.5}),
        ("flux", {"change": 0.5}),
        ("sdxl", {"adapter": "adapter", "control": "canny", "control_model": "controlnet"}),
    ],
)
def test_an_earlier_picture_is_followed(models: Path, model: str, options: dict[str, Any]) -> None:
    places = {
        name: str(models / said) if name in ("control_model", "depth_model", "adapter") else said
        for name, said in options.items()
    }
    one = seller(models / model, **places)
    assert one.ready() == ""
    free, led = picture(one), picture(one, reference=drawing())
    assert apart(free, led) > 0
    other = as_png(pixels(drawing())[::-1, ::-1] // 2)
    assert apart(led, picture(one, reference=other)) > 0
    assert (picture(one, reference=drawing()) == led).all()
    assert (picture(one) == free).all()  # what led the last picture does not stay


def test_a_control_holds_less_the_weaker_it_is(models: Path) -> None:
    def distance(strength: float) -> float:
        one = seller(
            models / "sdxl", control="canny", control_model=str(models / "controlnet"),
            control_strength=strength, control_end=1.0,
        )  # fmt: skip
        return apart(picture(one), picture(one, reference=drawing()))

    none, little, much = (distance(strength) for strength in (0.0, 0.1, 1.0))
    assert none == 0 and 0 < little < much


def test_a_changed_picture_stays_near_its_origin(models: Path) -> None:
    origin = pixels(drawing())[2::4, 2::4]
    near, far = (
        picture(seller(models / "sdxl", change=change, steps=10), reference=drawing())
        for change in (0.1, 0.9)
    )
    assert near.shape == origin.shape and apart(near, far) > 1


def test_it_tells_where_it_would_work(models: Path) -> None:
    assert isinstance(seller(models / "sdxl"), SelfHosted)
    assert re.fullmatch(r"the processor alone, \d+ of \d+ GB free", seller(models / "sdxl").found())
    import torch

    absent = "mps" if not torch.backends.mps.is_available() else "cuda"
    with pytest.raises(ProviderError, match=f"torch finds no {absent} device here"):
        seller(models / "sdxl", device=absent).found()


def test_it_tells_what_it_does(models: Path) -> None:
    engine.forget()
    one, told = seller(models / "sdxl", steps=2), list[tuple[str, Step]]()
    one.tell_of(lambda key, step: told.append((key, step)))
    assert isinstance(one, Progressing)
    order = order_of(one)
    one.submit(order)
    assert {key for key, _ in told} == {order.key}
    assert [step for _, step in told] == [
        Step(what="loading sdxl"),
        Step(what="step", done=0, total=2, share=0.0),
        Step(what="step", done=1, total=2, share=0.5),
        Step(what="decoding", share=1.0),
    ]


# --- When something goes wrong ---------------------------------------------------------------


def test_it_stops_between_two_steps(models: Path) -> None:
    one, stop, steps = seller(models / "flux", steps=50), threading.Event(), []

    def watch(key: str, step: Step) -> None:
        steps.append((step.done, step.total))
        if step.done == 3:
            stop.set()

    one.tell_of(watch)
    one.stop_on(stop)
    with pytest.raises(CancelledError):
        one.submit(order_of(one))
    assert steps == [(0, 0), (0, 50), (1, 50), (2, 50), (3, 50)]
    with pytest.raises(CancelledError):
        one.submit(order_of(one))
    assert not any(done for done, _ in steps[5:])
    again = seller(models / "flux", steps=50)  # the engine is as good as new
    assert picture(again).std() > 5


def test_damaged_weights_end_it_in_one_line(models: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "damaged"
    shutil.copytree(models / "sdxl", folder)
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    one = seller(folder)
    with pytest.raises(ProviderError, match="damaged cannot be loaded") as caught:
        one.submit(order_of(one))
    assert caught.value.trouble in DEAD and caught.value.billed == "no"
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_numbers_out_of_range_are_no_picture(models: Path, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    folder = tmp_path / "nan"
    shutil.copytree(models / "sdxl", folder)
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(weights)
    tensors["decoder.conv_out.bias"] = tensors["decoder.conv_out.bias"] * float("nan")
    save_file(tensors, weights, metadata={"format": "pt"})
    one = seller(folder)
    with pytest.raises(ProviderError, match="set dtype to bf16 or fp32") as caught:
        one.submit(order_of(one))
    assert caught.value.trouble == "unusable"


def test_a_blacked_out_picture_counts_as_filtered(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import diffusers

    usual = diffusers.StableDiffusionXLPipeline.__call__

    def checked(self: Any, *given: Any, **said: Any) -> Any:
        answer = usual(self, *given, **said)
        answer.images[:] = 0
        return answer

    checked.__signature__ = __import__("inspect").signature(usual)  # type: ignore[attr-defined]
    monkeypatch.setattr(diffusers.StableDiffusionXLPipeline, "__call__", checked)
    one = seller(models / "sdxl")
    with pytest.raises(ProviderError, match="blacked") as caught:
        one.submit(order_of(one))
    assert caught.value.trouble == "filtered"


def test_too_little_memory_makes_smaller_batches(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    one = seller(models / "flux", batch=4)
    made = Generator(load(models / "flux", one._choices, one._model.family), one._model.family)
    usual, sizes, room = made._batch, [], [2]

    def batch(jobs: Any) -> Any:
        sizes.append(len(jobs))
        if len(jobs) > room[0]:
            raise torch.OutOfMemoryError
        return usual(jobs)

    monkeypatch.setattr(made, "_batch", batch)
    jobs = [Job(order=order_of(one, shared_seed=n + 1)) for n in range(4)]
    assert len(made.make(jobs)) == 4 and sizes == [4, 2, 2]
    room[0] = 0
    with pytest.raises(ProviderError, match="offload") as caught:
        made.make(jobs)
    assert caught.value.trouble in DEAD


def test_a_device_that_is_not_there(models: Path) -> None:
    import torch

    if torch.backends.mps.is_available():
        pytest.skip("it is there")
    one = seller(models / "flux", device="mps")
    with pytest.raises(ProviderError, match="finds no mps"):
        one.submit(order_of(one))


def test_a_folder_with_code_runs_none_of_it(models: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "coded"
    shutil.copytree(models / "flux", folder)
    index = json.loads((folder / "model_index.json").read_text())
    index["transformer"] = ["pipeline", "Own"]
    (folder / "model_index.json").write_text(json.dumps(index))
    for place in (folder, folder / "transformer"):
        (place / "pipeline.py").write_text("raise SystemExit('code was run')")
    one = seller(folder)
    assert "code of others is not run" in one.ready()
    with pytest.raises(ProviderError):
        one.submit(order_of(one))


def test_the_packages_can_be_told_from_their_absence() -> None:
    assert importlib.util.find_spec("torch") is not None
    assert "torch 2" in extra.versions() and "+" not in extra.versions()
