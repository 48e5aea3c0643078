"""What files of weights are, by their first bytes alone: no package is needed, and nothing opened
that could run code."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as some

from clavilux.model.errors import DEAD, InputError, ProviderError
from clavilux.model.settings import ProviderSettings
from clavilux.providers.diffusers import Diffusers
from clavilux.providers.diffusion import extra, loras, single_file
from clavilux.providers.diffusion.choices import Choices
from clavilux.providers.diffusion.loras import Lora
from clavilux.providers.diffusion.single_file import (
    FLUX_DEV,
    FLUX_SCHNELL,
    SD1,
    SD2,
    SDXL,
    Kind,
    bytes_a_number,
    config_of,
    kind_of,
    size_of_parts,
)
from clavilux.providers.diffusion.tensors import tensors_of
from providers.shopping import request

UNET = "model.diffusion_model.input_blocks.0.0.weight"
LORA = "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight"


def save(path: Path, *names: str, dtype: str = "F16", channels: int = 4) -> Path:
    """A file with arrays of 8 numbers by these names."""
    width = {"F32": 4, "F16": 2}[dtype]
    header = {
        name: {
            "dtype": dtype, "shape": [2, channels] if name == UNET else [8],
            "data_offsets": [8 * width * number, 8 * width * (number + 1)],
        }
        for number, name in enumerate(names)
    }  # fmt: skip
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(8 * width * len(names)))
    return path


def trouble(call: Any) -> str:
    with pytest.raises(ProviderError) as caught:
        call()
    assert caught.value.trouble in DEAD and caught.value.billed == "no"
    assert "\n" not in str(caught.value)
    return str(caught.value)


def seller(model: Path, **options: Any) -> Diffusers:
    return Diffusers.configured(ProviderSettings(model=str(model), options=options))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the packages were there, and the cache empty."""
    monkeypatch.setattr(extra, "missing", lambda *_: "")
    monkeypatch.setattr(single_file, "in_cache", lambda origin: None)


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ((UNET, "conditioner.embedders.0.a", "conditioner.embedders.1.b"), SDXL),
        ((UNET, "cond_stage_model.transformer.text_model.a"), SD1),
        ((UNET, "cond_stage_model.model.a"), SD2),
        (("double_blocks.0.img_attn.a", "guidance_in.a"), FLUX_DEV),
        (("model.diffusion_model.double_blocks.0.img_attn.a",), FLUX_SCHNELL),
    ],
)
def test_kinds_are_told_apart(tmp_path: Path, names: tuple[str, ...], kind: Kind) -> None:
    assert kind_of(save(tmp_path / "m.safetensors", *names)) == kind


def test_files_that_are_no_model_here(tmp_path: Path) -> None:
    def said(*names: str, channels: int = 4) -> str:
        path = save(tmp_path / "m.safetensors", *names, channels=channels)
        return trouble(lambda: kind_of(path))

    assert "is a LoRA" in said(LORA)
    assert "of no kind" in said("conditioner.embedders.0.model.a", UNET)  # SDXL's refiner
    assert "of no kind" in said("joint_blocks.0.context_block.a")  # SD 3
    assert "painting into" in said(UNET, "cond_stage_model.transformer.a", channels=9)
    assert "there is no file" in trouble(lambda: kind_of(tmp_path / "none.safetensors"))
    assert "no .safetensors file" in trouble(lambda: kind_of(tmp_path / "model.gguf"))


@trials(max_examples=150, deadline=None)
@given(
    data=some.binary(max_size=60)
    | some.builds(bytes.__add__, some.just(b"\x02" + bytes(7)), some.binary(max_size=30))
)
def test_no_file_is_too_strange(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("f") / "m.safetensors"
    path.write_bytes(data)
    assert "is damaged" in trouble(lambda: tensors_of(path))


@pytest.mark.parametrize(
    "of",
    [
        {"dtype": "F16", "shape": [8], "data_offsets": [0, 10**9]},
        {"dtype": "F16", "shape": [8], "data_offsets": [9, 2]},
        {"dtype": "F16", "shape": "x", "data_offsets": [0, 2]},
        {"dtype": "F16"}, [], 3,
    ],
)  # fmt: skip
def test_damaged_headers_are_said(tmp_path: Path, of: Any) -> None:
    text = json.dumps({"a": of}).encode()
    path = tmp_path / "m.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(64))
    assert "is damaged" in trouble(lambda: tensors_of(path))


def test_a_pickle_in_disguise_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(pickle.dumps({"a": 1}))
    assert "is damaged" in trouble(lambda: tensors_of(path))
    path.write_bytes(b"\x01" + bytes(7) + b"7")  # a header that is JSON and no table
    assert "is damaged" in trouble(lambda: tensors_of(path))


# --- What is needed beside a file ------------------------------------------------------------


def xl(folder: Path, name: str = "juggernaut_v9.safetensors") -> Path:
    names = (UNET, "first_stage_model.a", "conditioner.embedders.0.a", "conditioner.embedders.1.b")
    return save(folder / name, *names)


def config(folder: Path) -> Path:
    (folder / "text_encoder").mkdir(parents=True)
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionXLPipeline"}')
    (folder / "text_encoder" / "config.json").write_text("{}")
    return folder


def test_a_file_without_a_config_says_how_to_get_one(installed: None, tmp_path: Path) -> None:
    said = seller(xl(tmp_path)).ready()
    assert said.startswith(
        "juggernaut_v9.safetensors is built like stabilityai/stable-diffusion-xl"
    )
    assert "`hf download stabilityai/stable-diffusion-xl-base-1.0 --include " in said
    assert "no folder of a diffusers model" in seller(xl(tmp_path), config=str(tmp_path)).ready()


def test_a_config_may_hold_no_pickle_that_would_be_opened(installed: None, tmp_path: Path) -> None:
    model, folder = xl(tmp_path), config(tmp_path / "config")
    assert seller(model, config=str(folder)).ready() == ""
    (folder / "text_encoder" / "pytorch_model.bin").write_bytes(b"x")
    assert "is a pickle" in seller(model, config=str(folder)).ready()
    (folder / "text_encoder" / "model.safetensors").write_bytes(b"x")
    assert config_of(model, str(folder)) == folder


def test_an_order_follows_the_file_its_config_and_its_name(installed: None, tmp_path: Path) -> None:
    folder = config(tmp_path / "config")

    def order(model: Path, **options: Any) -> Any:
        one = seller(model, config=str(folder), **options)
        return one.order(request(), model=one.models[0])

    first = order(xl(tmp_path))
    assert (first.model, first.options["family"]) == ("juggernaut_v9", "sdxl")
    assert str(tmp_path) not in first.model_dump_json()
    for name, family in (
        ("A_Lightning.safetensors", "sdxl-lightning"),
        ("xTURBO.safetensors", "sdxl-turbo"),
    ):
        assert order(xl(tmp_path, name)).options["family"] == family
    assert order(xl(tmp_path), family="sdxl-lcm").options["family"] == "sdxl-lcm"
    (folder / "text_encoder" / "config.json").write_text('{"a": 1}')
    second = order(xl(tmp_path))
    assert second.key != first.key
    save(tmp_path / "juggernaut_v9.safetensors", UNET, "conditioner.embedders.1.b")
    assert order(tmp_path / "juggernaut_v9.safetensors").key != second.key


def test_parts_and_numbers_are_counted(tmp_path: Path) -> None:
    path = xl(tmp_path)
    assert size_of_parts(path) == {"unet": 16, "vae": 16, "text": 32} and bytes_a_number(path) == 2
    assert bytes_a_number(save(tmp_path / "w.safetensors", "a", dtype="F32")) == 4


# --- LoRAs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "path", "strength"),
    [
        ("a.safetensors", "a.safetensors", 1.0),
        ("a.safetensors:0.8", "a.safetensors", 0.8),
        ("/b c/a.safetensors:-1", "/b c/a.safetensors", -1.0),
        ("c:a.safetensors", "c:a.safetensors", 1.0),
        ("c:a.safetensors:2", "c:a.safetensors", 2.0),
    ],
)
def test_a_lora_has_a_strength(said: str, path: str, strength: float) -> None:
    assert Lora.all_of(said) == (Lora(Path(path), strength),)


@pytest.mark.parametrize(
    "said", ["a.ckpt", "a.pt:0.5", "a", "a.safetensors:3", "a.safetensors:nan"]
)
def test_what_is_no_lora_is_refused(said: str) -> None:
    with pytest.raises(InputError, match=r"\[providers\.diffusers\.options\] lora: "):
        Choices.of(ProviderSettings(options={"lora": f"fine.safetensors, {said}"}))


def test_loras_are_looked_at_before_anything_is_loaded(installed: None, tmp_path: Path) -> None:
    model, folder = xl(tmp_path), config(tmp_path / "config")

    def ready(*names: str) -> str:
        said = ", ".join(str(tmp_path / name) for name in names)
        return seller(model, config=str(folder), lora=said).ready()

    save(tmp_path / "style.safetensors", LORA)
    assert ready("style.safetensors:0.5") == ""
    assert "there is no file" in ready("style.safetensors", "none.safetensors")
    assert "is no LoRA" in ready(model.name)
    loras.check(())


def test_who_names_no_lora_pays_no_other_address(installed: None, tmp_path: Path) -> None:
    one = seller(xl(tmp_path), config=str(config(tmp_path / "config")))
    assert not {"lora", "lora_by", "config"} & set(one.order(request(), model="m").options)
