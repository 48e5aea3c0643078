"""Models and LoRAs in one file, named and shaped as model sites have them.

The names of Stable Diffusion's first code (CompVis) for UNet and VAE, those of CLIP and OpenCLIP
for the text encoders.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
from safetensors.torch import save_file

Tensors = dict[str, Any]
Renamed = tuple[tuple[str, str], ...]

_RESNET: Renamed = (
    (".norm1.", ".in_layers.0."), (".conv1.", ".in_layers.2."),
    (".time_emb_proj.", ".emb_layers.1."), (".norm2.", ".out_layers.0."),
    (".conv2.", ".out_layers.3."), (".conv_shortcut.", ".skip_connection."),
)  # fmt: skip
_UNET: Renamed = (
    ("time_embedding.linear_1.", "time_embed.0."), ("time_embedding.linear_2.", "time_embed.2."),
    ("add_embedding.linear_1.", "label_emb.0.0."), ("add_embedding.linear_2.", "label_emb.0.2."),
    ("conv_in.", "input_blocks.0.0."), ("conv_norm_out.", "out.0."), ("conv_out.", "out.2."),
    ("mid_block.attentions.0.", "middle_block.1."),
)  # fmt: skip
_VAE: Renamed = (
    ("mid_block.attentions.0.", "mid.attn_1."), ("group_norm.", "norm."),
    ("to_out.0.", "proj_out."), ("to_q.", "q."), ("to_k.", "k."), ("to_v.", "v."),
    ("conv_norm_out.", "norm_out."), ("conv_shortcut.", "nin_shortcut."),
    ("downsamplers.0.", "downsample."), ("upsamplers.0.", "upsample."),
)  # fmt: skip
_OPENCLIP: Renamed = (
    (".layer_norm1.", ".ln_1."), (".layer_norm2.", ".ln_2."), (".fc1.", ".c_fc."),
    (".fc2.", ".c_proj."), (".self_attn.out_proj.", ".attn.out_proj."),
    ("embeddings.token_embedding.weight", "token_embedding.weight"),
    ("embeddings.position_embedding.weight", "positional_embedding"),
    ("final_layer_norm.", "ln_final."), ("encoder.layers.", "transformer.resblocks."),
)  # fmt: skip


def save_checkpoint(path: Path, model: Path, *, half: bool = False, **more: Any) -> Path:
    """The model of a folder, SDXL's or Stable Diffusion 1's, as one file."""
    pipe = diffusers.DiffusionPipeline.from_pretrained(model)
    tensors = {
        **_named("model.diffusion_model.", unet(pipe.unet)),
        **_named("first_stage_model.", vae(pipe.vae)),
    }
    if hasattr(pipe, "text_encoder_2"):
        first, second = "conditioner.embedders.0.transformer.", "conditioner.embedders.1.model."
        tensors |= _named(second, openclip(pipe.text_encoder_2))
    else:
        first = "cond_stage_model.transformer."
    tensors |= _named(first, _clip(pipe.text_encoder))
    if half:
        tensors = {name: tensor.half() for name, tensor in tensors.items()}
    save_file({name: t.contiguous().clone() for name, t in (tensors | more).items()}, path)
    return path


def unet(net: Any) -> Tensors:
    """The tensors of a UNet by their old names."""
    per = net.config.layers_per_block + 1

    def down(match: re.Match[str]) -> str:
        block, what, layer = int(match[1]), match[2], int(match[3])
        if what == "downsamplers":
            return f"input_blocks.{(block + 1) * per}.0.op."
        return f"input_blocks.{1 + block * per + layer}.{'1' if what == 'attentions' else '0'}."

    def up(match: re.Match[str]) -> str:
        block, what, layer = int(match[1]), match[2], int(match[3])
        if what == "upsamplers":
            crossing = "CrossAttn" in net.config.up_block_types[block]
            return f"output_blocks.{block * per + per - 1}.{2 if crossing else 1}.conv."
        return f"output_blocks.{block * per + layer}.{'1' if what == 'attentions' else '0'}."

    def name(old: str) -> str:
        new = _renamed(old, _RESNET) if ".resnets." in old else old
        new = re.sub(r"^down_blocks\.(\d+)\.(\w+)\.(\d+)\.(conv\.)?", down, new)
        new = re.sub(r"^up_blocks\.(\d+)\.(\w+)\.(\d+)\.(conv\.)?", up, new)
        new = re.sub(
            r"^mid_block\.resnets\.(\d)\.", lambda m: f"middle_block.{2 * int(m[1])}.", new
        )
        return new if new != old else _renamed(old, _UNET)

    return _mapped(net, name)


def vae(net: Any) -> Tensors:
    """The same of a VAE, whose attention was a convolution then."""
    blocks = len(net.config.up_block_types)

    def name(old: str) -> str:
        new = re.sub(r"down_blocks\.(\d)\.resnets\.", r"down.\1.block.", old)
        new = re.sub(r"down_blocks\.(\d)\.", r"down.\1.", new)
        new = re.sub(
            r"up_blocks\.(\d)\.(resnets\.)?",
            lambda m: f"up.{blocks - 1 - int(m[1])}.{'block.' if m[2] else ''}",
            new,
        )
        new = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", new)
        return _renamed(new, _VAE)

    return {
        name: tensor[:, :, None, None] if ".attn_1." in name and tensor.ndim == 2 else tensor
        for name, tensor in _mapped(net, name).items()
    }


def openclip(encoder: Any) -> Tensors:
    """The same of SDXL's second text encoder, whose three projections are one tensor."""
    found = _mapped(encoder, lambda old: _renamed(old.removeprefix("text_model."), _OPENCLIP))
    thirds = [name for name in found if ".self_attn.q_proj." in name]
    for name in thirds:
        parts = [found.pop(name.replace("q_proj", f"{letter}_proj")) for letter in "qkv"]
        new = name.replace("self_attn.q_proj.", "attn.in_proj_")
        found[new] = torch.cat(parts)
    found["text_projection"] = found.pop("text_projection.weight").T
    return found


def save_lora(path: Path, model: Path, *, seed: int = 5, rank: int = 2, size: float = 1.0) -> Path:
    """A LoRA for the crossings of a folder's UNet, named as kohya's scripts name it."""
    torch.manual_seed(seed)
    net = diffusers.UNet2DConditionModel.from_pretrained(model / "unet")
    tensors: Tensors = {}
    for name, module in net.named_modules():
        if "attn" in name and name.endswith(("to_q", "to_k", "to_v", "to_out.0")):
            stem = f"lora_unet_{name.replace('.', '_')}"
            tensors[f"{stem}.lora_down.weight"] = size * torch.randn(rank, module.in_features)
            tensors[f"{stem}.lora_up.weight"] = torch.randn(module.out_features, rank)
            tensors[f"{stem}.alpha"] = torch.tensor(float(rank))
    save_file(tensors, path)
    return path


def save_flux_lora(path: Path, model: Path) -> Path:
    """A LoRA for the attention of a folder's transformer, named as diffusers names it."""
    torch.manual_seed(9)
    net = diffusers.FluxTransformer2DModel.from_pretrained(model / "transformer")
    tensors: Tensors = {}
    for name, module in net.named_modules():
        if name.endswith(("attn.to_q", "attn.to_k", "attn.to_v")):
            stem = f"transformer.{name}"
            tensors[f"{stem}.lora_A.weight"] = torch.randn(2, module.in_features)
            tensors[f"{stem}.lora_B.weight"] = torch.randn(module.out_features, 2)
    save_file(tensors, path)
    return path


def _clip(encoder: Any) -> Tensors:
    return {
        name if name.startswith("text_model.") else f"text_model.{name}": tensor
        for name, tensor in encoder.state_dict().items()
    }


def _mapped(net: Any, name: Callable[[str], str]) -> Tensors:
    return {name(old): tensor for old, tensor in net.state_dict().items()}


def _named(prefix: str, tensors: Mapping[str, Any]) -> Tensors:
    return {f"{prefix}{name}": tensor for name, tensor in tensors.items()}


def _renamed(name: str, pairs: Renamed) -> str:
    for old, new in pairs:
        name = name.replace(old, new)
    return name
