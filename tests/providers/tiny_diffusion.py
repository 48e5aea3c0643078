"""Diffusion models of a few thousand random numbers, saved as real ones are.

They paint noise, but through the same classes, files and code as models of gigabytes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import diffusers
import torch
import transformers
from tokenizers.pre_tokenizers import ByteLevel

torch.set_num_threads(1)  # tests share the cores, and threads of torch wait for each other
transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()

SIZE = "448x256"
"""Small, and large enough to be taken for a picture."""

_UNET: dict[str, Any] = {
    "block_out_channels": (16, 32), "layers_per_block": 1, "in_channels": 4,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"), "attention_head_dim": (2, 4),
    "use_linear_projection": True, "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8, "transformer_layers_per_block": (1, 1),
    "projection_class_embeddings_input_dim": 80, "cross_attention_dim": 64, "norm_num_groups": 8,
}  # fmt: skip

_FLUX: dict[str, Any] = {
    "patch_size": 1, "in_channels": 16, "num_layers": 1, "num_single_layers": 1,
    "attention_head_dim": 16, "num_attention_heads": 2, "joint_attention_dim": 32,
    "pooled_projection_dim": 32, "axes_dims_rope": (4, 4, 8),
}  # fmt: skip


def save_sdxl(
    folder: Path, *, scheduler: str = "EulerDiscreteScheduler", seed: int = 0, second: int = 32
) -> Path:
    """A model of Stable Diffusion XL's build. `second`: width of its second text encoder."""
    torch.manual_seed(seed)
    tokenizer, config = _tokenizer(), _text_config()
    widths = {
        "cross_attention_dim": 32 + second, "projection_class_embeddings_input_dim": 48 + second
    }  # fmt: skip
    noise = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    pipe = diffusers.StableDiffusionXLPipeline(
        vae=_vae(latents=4),
        unet=diffusers.UNet2DConditionModel(
            sample_size=32, out_channels=4, up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            **(_UNET | widths),
        ),
        text_encoder=transformers.CLIPTextModel(config),
        text_encoder_2=transformers.CLIPTextModelWithProjection(_text_config(second)),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        scheduler=getattr(diffusers, scheduler)(**noise),
    )  # fmt: skip
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def save_sd(folder: Path, *, seed: int = 6) -> Path:
    """A model of Stable Diffusion 1's build."""
    torch.manual_seed(seed)
    pipe = diffusers.StableDiffusionPipeline(
        vae=_vae(latents=4),
        unet=diffusers.UNet2DConditionModel(
            block_out_channels=(16, 32), layers_per_block=1, in_channels=4, out_channels=4,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), attention_head_dim=2,
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=32,
            norm_num_groups=8, sample_size=32,
        ),
        text_encoder=transformers.CLIPTextModel(_text_config()),
        tokenizer=_tokenizer(),
        scheduler=diffusers.PNDMScheduler(skip_prk_steps=True, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def save_controlnet(folder: Path, *, seed: int = 1) -> Path:
    """A ControlNet for it, whose last layers are not zero as those of an untrained one are."""
    torch.manual_seed(seed)
    net = diffusers.ControlNetModel(conditioning_embedding_out_channels=(4, 8, 8, 16), **_UNET)
    _shake(net, "controlnet_", "controlnet_cond_embedding.conv_out")
    net.save_pretrained(folder, safe_serialization=True)
    return folder


def save_flux(folder: Path, *, guided: bool = False, seed: int = 0) -> Path:
    """A model of Flux's build: "schnell", or "dev" where it is guided."""
    torch.manual_seed(seed)
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    words = [*pieces, ("▁", -1.0), *((letter, -2.0) for letter in "abcdefghijklmnopqrstuvwxyz,.")]
    t5 = transformers.T5Config(
        vocab_size=256, d_model=32, d_kv=8, d_ff=37, num_layers=1, num_heads=4,
        decoder_start_token_id=0,
    )  # fmt: skip
    pipe = diffusers.FluxPipeline(
        transformer=diffusers.FluxTransformer2DModel(guidance_embeds=guided, **_FLUX),
        vae=_vae(latents=4, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.1,
                 scaling_factor=1.5),
        text_encoder=transformers.CLIPTextModel(_text_config()),
        text_encoder_2=transformers.T5EncoderModel(t5),
        tokenizer=_tokenizer(),
        tokenizer_2=transformers.T5Tokenizer(vocab=words, extra_ids=0),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
    )  # fmt: skip
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def save_flux_controlnet(folder: Path) -> Path:
    torch.manual_seed(2)
    net = diffusers.FluxControlNetModel(**_FLUX)
    _shake(net, "controlnet_")
    net.save_pretrained(folder, safe_serialization=True)
    return folder


def save_depth_estimator(folder: Path) -> Path:
    """A model of Depth Anything's build."""
    torch.manual_seed(3)
    backbone = transformers.Dinov2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=56, patch_size=14,
        out_features=["stage1", "stage2"], reshape_hidden_states=False, apply_layernorm=True,
    )  # fmt: skip
    config = transformers.DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=32, patch_size=14,
        reassemble_factors=[1, 0.5], neck_hidden_sizes=[8, 16], fusion_hidden_size=8,
        head_hidden_size=8, head_in_index=-1,
    )  # fmt: skip
    transformers.DepthAnythingForDepthEstimation(config).save_pretrained(folder)
    return folder


def save_adapter(folder: Path, *, model: Path, width: int = 64) -> Path:
    """An IP-Adapter for the model of `save_sdxl` in a folder, with its image encoder. `width`: of
    both text encoders together."""
    from safetensors.torch import save_file

    torch.manual_seed(4)
    encoder = transformers.CLIPVisionModelWithProjection(
        transformers.CLIPVisionConfig(
            hidden_size=32, projection_dim=32, num_hidden_layers=1, num_attention_heads=4,
            image_size=224, intermediate_size=37, patch_size=32,
        )
    )  # fmt: skip
    encoder.save_pretrained(folder / "image_encoder")
    unet = diffusers.UNet2DConditionModel.from_pretrained(model / "unet")
    tensors = {
        "image_proj.proj.weight": torch.randn(4 * width, 32),
        "image_proj.proj.bias": torch.zeros(4 * width),
        "image_proj.norm.weight": torch.ones(width),
        "image_proj.norm.bias": torch.zeros(width),
    }
    crossings = [name for name in unet.attn_processors if "attn2" in name]
    for number, name in enumerate(crossings):
        wide = unet.get_submodule(name.removesuffix(".processor")).to_k.out_features
        for half in ("k", "v"):
            tensors[f"ip_adapter.{2 * number + 1}.to_{half}_ip.weight"] = torch.randn(wide, width)
    save_file(tensors, folder / "ip-adapter_sdxl.safetensors")
    return folder


def _shake(net: Any, *starts: str) -> None:
    """Random numbers in layers that begin as zeros."""
    for name, numbers in net.named_parameters():
        if name.startswith(starts) and not numbers.any():
            torch.nn.init.normal_(numbers, std=0.5)


def _tokenizer() -> Any:
    """CLIP's, with a vocabulary of single bytes."""
    bytes_ = sorted(ByteLevel.alphabet())
    tokens = [*bytes_, *(f"{byte}</w>" for byte in bytes_), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)


def _text_config(width: int = 32) -> Any:
    return transformers.CLIPTextConfig(
        bos_token_id=512, eos_token_id=513, pad_token_id=513, vocab_size=514, hidden_size=width,
        intermediate_size=37, num_attention_heads=4, num_hidden_layers=1, projection_dim=width,
    )  # fmt: skip


def _vae(*, latents: int, **fields: Any) -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=[8, 8, 16, 16], down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4, latent_channels=latents, norm_num_groups=8,
        layers_per_block=1, sample_size=128, **fields,
    )  # fmt: skip
