"""Models in one file and LoRAs, for real: the same pictures as from folders, or other ones."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from clavilux.model.errors import DEAD, ProviderError
from clavilux.model.settings import ProviderSettings
from clavilux.providers.diffusers import Diffusers
from clavilux.providers.diffusion import engine, extra
from clavilux.providers.diffusion.choices import Choices
from clavilux.providers.diffusion.loading import load
from clavilux.providers.diffusion.model import Model
from providers.shopping import request

pytestmark = [
    pytest.mark.skipif(bool(extra.missing()), reason="the extra is not installed"),
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"
    ),
]
with_peft = pytest.mark.skipif(bool(extra.missing(extra.FOR_LORAS)), reason="peft is not installed")

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny models as folders and as files, and LoRAs for one of them."""
    from providers import checkpoints
    from providers import tiny_diffusion as tiny

    folder = tmp_path_factory.mktemp("models")
    for name, saved in (
        ("xl", tiny.save_sdxl(folder / "xl", second=64)), ("sd", tiny.save_sd(folder / "sd"))
    ):  # fmt: skip
        checkpoints.save_checkpoint(folder / f"{name}.safetensors", saved)
    checkpoints.save_checkpoint(folder / "half.safetensors", folder / "xl", half=True)
    tiny.save_flux(folder / "flux")
    checkpoints.save_flux_lora(folder / "flux_style.safetensors", folder / "flux")
    checkpoints.save_lora(folder / "style.safetensors", folder / "xl")
    checkpoints.save_lora(folder / "face.safetensors", folder / "xl", seed=8)
    checkpoints.save_lora(folder / "other.safetensors", folder / "sd")
    return folder


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    def refuse(*_: object) -> None:
        raise AssertionError("it touched the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    yield
    engine.forget()


def seller(model: Path, **options: Any) -> Diffusers:
    usual = {"steps": 2, "device": "cpu"}
    said = ProviderSettings(model=str(model), size="112x64", options={**usual, **options})
    return Diffusers.configured(said)


def picture(one: Diffusers) -> Picture:
    assert one.ready() == ""
    sold = one.submit(one.order(request(), model=one.models[0]))
    with Image.open(io.BytesIO(sold.data)) as image:
        return np.array(image)


def apart(one: Picture, other: Picture) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def alike(one: Picture, other: Picture) -> bool:
    """But for the last bit: the same numbers lie otherwise in memory, and are summed otherwise."""
    return bool(np.abs(one.astype(int) - other).max() <= 1)


@pytest.mark.parametrize(("name", "family"), [("xl", "sdxl"), ("sd", "sd")])
def test_a_file_paints_what_its_folder_paints(models: Path, name: str, family: str) -> None:
    one = seller(models / f"{name}.safetensors", config=str(models / name))
    order = one.order(request(), model=one.models[0])
    assert one.models == (name,) and order.options["family"] == family
    assert alike(picture(one), picture(seller(models / name)))


def test_a_file_of_half_the_size_is_another_model(models: Path) -> None:
    config = str(models / "xl")
    whole, half = (seller(models / f"{n}.safetensors", config=config) for n in ("xl", "half"))
    key = whole.order(request(), model="m").key
    assert half.order(request(), model="m").key != key
    assert 0 < apart(picture(whole), picture(half)) < 20


def test_the_config_of_its_origin_is_found_in_the_cache(models: Path, tmp_path: Path) -> None:
    one = seller(models / "xl.safetensors")
    said = one.ready()
    origin = "stabilityai/stable-diffusion-xl-base-1.0"
    assert f"`hf download {origin} --include " in said and "\n" not in said
    assert one.order(request(), model="m").options["weights"] == ""
    with pytest.raises(ProviderError, match="whose description is not on this machine") as caught:
        one.submit(one.order(request(), model="m"))
    assert caught.value.trouble in DEAD
    cache(models / "xl", tmp_path / "cache", origin)
    found = seller(models / "xl.safetensors")
    assert alike(picture(found), picture(seller(models / "xl")))
    weights = found.order(request(), model="m").options["weights"]
    assert str(weights).endswith("+" + "c" * 40)  # the commit of its config


def cache(model: Path, place: Path, name: str) -> None:
    """What `hf download NAME --include "*.json" "*.txt"` leaves."""
    root = place / f"models--{name.replace('/', '--')}"
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text("c" * 40)
    for file in model.rglob("*"):
        if file.suffix in (".json", ".txt"):
            copy = root / "snapshots" / ("c" * 40) / file.relative_to(model)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())


def test_a_part_that_the_file_lacks_is_said(models: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(models / "xl.safetensors")
    save_file(
        {n: t for n, t in tensors.items() if not n.startswith("first_")}, tmp_path / "m.safetensors"
    )
    cache(models / "xl", tmp_path / "cache", "stabilityai/stable-diffusion-xl-base-1.0")
    one = seller(tmp_path / "m.safetensors")
    with pytest.raises(ProviderError, match=r"m\.safetensors cannot be loaded: ") as caught:
        one.submit(one.order(request(), model="m"))
    assert caught.value.trouble in DEAD and len(str(caught.value)) < 300


def test_a_fine_tune_that_predicts_velocity_is_sampled_so(models: Path, tmp_path: Path) -> None:
    import torch

    from providers import checkpoints

    flags = {"v_pred": torch.zeros(0), "ztsnr": torch.zeros(0)}
    path = checkpoints.save_checkpoint(tmp_path / "v.safetensors", models / "xl", **flags)
    choices = Choices(model=str(path), device="cpu", config=str(models / "xl"))
    config = load(path, choices, Model(choices).family).plain.scheduler.config
    assert (config.prediction_type, config.rescale_betas_zero_snr) == ("v_prediction", True)


# --- LoRAs -----------------------------------------------------------------------------------


@with_peft
def test_a_lora_changes_pictures_by_its_strength(models: Path) -> None:
    plain = picture(seller(models / "xl"))
    none, some, much = (
        picture(seller(models / "xl", lora=f"{models / 'style.safetensors'}:{strength}"))
        for strength in (0, 0.05, 1)
    )
    assert apart(none, plain) < 0.1 < apart(some, plain) < apart(much, plain)


@with_peft
def test_loras_add_up_and_are_part_of_the_address(models: Path) -> None:
    style, face = (str(models / f"{name}.safetensors") for name in ("style", "face"))

    def key(*loras: str) -> str:
        return seller(models / "xl", lora=", ".join(loras)).order(request(), model="m").key

    keys = [key(), key(style), key(f"{style}:0.5"), key(face), key(style, face)]
    assert len(set(keys)) == len(keys) and key(f"{style}:1") == key(style)
    both = picture(seller(models / "xl", lora=f"{style}, {face}"))
    assert apart(both, picture(seller(models / "xl", lora=style))) > 1


@with_peft
def test_a_lora_goes_with_a_model_in_one_file(models: Path) -> None:
    lora = str(models / "style.safetensors")
    one = seller(models / "xl.safetensors", config=str(models / "xl"), lora=lora)
    assert alike(picture(one), picture(seller(models / "xl", lora=lora)))


@with_peft
def test_a_lora_goes_with_flux(models: Path) -> None:
    plain, styled = seller(models / "flux"), str(models / "flux_style.safetensors")
    assert apart(picture(plain), picture(seller(models / "flux", lora=styled))) > 0.1
    wrong = seller(models / "flux", lora=str(models / "style.safetensors"))
    with pytest.raises(ProviderError, match=r"the LoRA style\.safetensors "):
        wrong.submit(wrong.order(request(), model="m"))


@with_peft
def test_a_lora_and_an_adapter_go_together(models: Path, tmp_path: Path) -> None:
    from providers import tiny_diffusion as tiny

    adapter = str(tiny.save_adapter(tmp_path / "adapter", model=models / "xl", width=96))
    plain = seller(models / "xl", adapter=adapter)
    styled = seller(models / "xl", adapter=adapter, lora=str(models / "style.safetensors"))
    assert apart(picture(plain), picture(styled)) > 1


def test_an_adapter_that_is_not_there_is_said_at_once(models: Path, tmp_path: Path) -> None:
    assert "has no ip-adapter_sdxl.safetensors" in seller(models / "xl", adapter="/no").ready()
    (tmp_path / "ip-adapter_sdxl.safetensors").touch()
    (tmp_path / "image_encoder").mkdir()
    (tmp_path / "image_encoder" / "pytorch_model.bin").touch()
    assert "a pickle" in seller(models / "xl", adapter=str(tmp_path)).ready()


@with_peft
@pytest.mark.parametrize("model", ["xl", "sd"])
def test_a_lora_for_another_kind_ends_it_in_one_line(models: Path, model: str) -> None:
    other = "other" if model == "xl" else "style"
    one = seller(models / model, lora=str(models / f"{other}.safetensors"))
    assert one.ready() == ""
    with pytest.raises(ProviderError, match=f"the LoRA {other}.safetensors ") as caught:
        one.submit(one.order(request(), model="m"))
    assert caught.value.trouble in DEAD and len(str(caught.value)) < 300


def test_loras_need_a_package(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = extra.missing
    monkeypatch.setattr(extra, "missing", lambda *more: f"lacks {more[0]}" if more else usual())
    assert seller(models / "xl").ready() == ""
    one = seller(models / "xl", lora=str(models / "style.safetensors"))
    assert one.ready() == "lacks peft"
