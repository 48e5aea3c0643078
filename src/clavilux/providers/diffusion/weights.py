"""A model's folder: where it is, whether it is safe to load, and what exactly it is.

Only safetensors are opened: files of the other kinds (.bin, .ckpt, .pt) are pickles, and opening
one runs whatever code it holds.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from clavilux.providers.diffusion.extra import package
from clavilux.providers.diffusion.tensors import PICKLES as PICKLES
from clavilux.providers.diffusion.tensors import tensors_of
from clavilux.providers.diffusion.tensors import unfit as unfit

_MODEL_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_WEIGHTLESS = ("Scheduler", "Tokenizer", "Processor", "Extractor", "TokenizerFast")
LARGEST_JSON = 16_000_000
"""Bytes."""


def locate(model: str, *, revision: str = "") -> Path | None:
    """Where a model is: its folder, its file, or its place in the Hugging Face cache; None if it is
    not on this machine. Touches no network. Raises ProviderError for what can be no model."""
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    if path.is_file():
        tensors_of(path)
        return path
    if not _MODEL_ID.fullmatch(model):
        raise unfit(
            f"there is no folder or file {model}; name the folder of a diffusers model, a "
            ".safetensors file, or a model's id"
        )
    return in_cache(model, revision=revision)


def in_cache(model: str, *, revision: str = "") -> Path | None:
    """The folder of a model id in the Hugging Face cache; None if it is not there."""
    hub = package("huggingface_hub")
    try:
        found = hub.snapshot_download(model, revision=revision or None, local_files_only=True)
    except Exception:  # of several classes, all of them for "not there"
        return None
    return Path(found)


def describes(folder: Path) -> bool:
    """Whether a folder says how a model is built."""
    return bool(read_json(folder / "model_index.json").get("_class_name"))


def check_pipeline(folder: Path) -> None:
    """Raises ProviderError unless all of a pipeline's weights are safetensors, and all its parts
    classes of diffusers and transformers."""
    index = read_json(folder / "model_index.json")
    if not index.get("_class_name"):
        raise unfit(f"{folder} has no model_index.json of a diffusers model")
    for part, said in index.items():
        if part.startswith("_") or not isinstance(said, list) or len(said) != 2 or not said[0]:
            continue
        library, kind = said
        if library not in ("diffusers", "transformers", "stable_diffusion", "flux"):
            raise unfit(f"the {part} of {folder} is by {library}: code of others is not run")
        if not str(kind).endswith(_WEIGHTLESS):
            check_part(folder / part)


def check_part(folder: Path) -> None:
    """Raises ProviderError unless a folder holds safetensors."""
    if not folder.is_dir():
        raise unfit(f"there is no folder {folder}")
    if any(folder.glob("*.safetensors")):
        return
    if pickled := sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES):
        raise unfit(
            f"{folder.name} has {pickled[0]}, a pickle, which can run code, and no safetensors; "
            "get the model as safetensors"
        )
    raise unfit(f"{folder} holds no weights; get the model anew")


def check_adapter(folder: Path, file: str) -> None:
    """Raises ProviderError unless a folder holds an IP-Adapter and, beside it, its encoder."""
    if not (folder / file).is_file():
        raise unfit(f"{folder} has no {file}; say adapter_file")
    check_part(folder / "image_encoder")


def variant_of(folder: Path) -> str:
    """ "fp16" where a part has its weights in that variant alone; "" elsewhere."""
    for part in (path for path in folder.iterdir() if path.is_dir()):
        names = [path.name for path in part.glob("*.safetensors")]
        if names and all(".fp16." in name for name in names):
            return "fp16"
    return ""


def identity(folder: Path) -> str:
    """What a folder's files are: the commit of a cached model, or a sha256 over all of it.

    The latter reads every byte once in a process: a fine-tune differs from its origin in nothing
    else. The first load reads the files anyway.
    """
    if folder.parent.name == "snapshots":
        return folder.name
    return _identity_of(folder, ".json", ".txt", ".safetensors")


def identity_of_text(folder: Path) -> str:
    """The same of all but its weights."""
    if folder.parent.name == "snapshots":
        return folder.name
    return _identity_of(folder, ".json", ".txt", ".model")


def _identity_of(folder: Path, *suffixes: str) -> str:
    files = sorted(path for path in folder.rglob("*") if path.suffix in suffixes)
    return _identity(tuple((str(path), *_version(path)) for path in files), str(folder))


def _version(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns


@lru_cache(maxsize=8)
def _identity(files: tuple[tuple[str, int, int], ...], root: str) -> str:
    whole = hashlib.sha256()
    for name, _, _ in files:
        with Path(name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{Path(name).relative_to(root).as_posix()} {digest}\n".encode())
    return whole.hexdigest()


def size_of_weights(folder: Path, *, variant: str = "") -> dict[str, int]:
    """Bytes of each part's weights."""
    sizes: dict[str, int] = {}
    for path in folder.glob("*/*.safetensors"):
        if (".fp16." in path.name) == (variant == "fp16"):
            sizes[path.parent.name] = sizes.get(path.parent.name, 0) + path.stat().st_size
    return sizes


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; empty where there is none that can be read."""
    try:
        if path.stat().st_size > LARGEST_JSON:
            return {}
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
