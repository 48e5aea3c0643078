"""EDGE: the beats of the Beat This model, where it is installed and a user has its weights.

Foscarin, Schlüter and Widmer, "Beat this! Accurate beat tracking without DBN postprocessing",
ISMIR 2024; the package beat_this (MIT licence). Nothing is downloaded: the package would do so for
a checkpoint it cannot find, so its own loader is not used. Only numbers are read from a checkpoint,
never code. The weights may have a licence of their own.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import pickle
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from clavilux.fingerprint import of_sources
from clavilux.interfaces import TrackedBeats
from clavilux.model.errors import InputError, PluginError
from clavilux.settings import Settings

HOP, FPS = 441, 50
"""Samples, at 22050 Hz, from a frame of the model to the next; frames a second."""
LEAD = 2 * HOP
"""Samples on each side that a frame may look at; half of the model's window is 512."""
BLOCK = 1500 * HOP
"""Samples made into frames at once: half a minute."""
CHUNK, BORDER = 1500, 6
"""Frames the model sees at once, and those at the edges of a chunk that do not count (the paper,
and the package's own inference)."""


class BeatThis:
    """The tracker `beat-this`. `checkpoint` is the settings' own unless given."""

    name: ClassVar[str] = "beat-this"

    def __init__(self, checkpoint: Path | None = None) -> None:
        self._given = checkpoint

    @property
    def version(self) -> str:
        """The package's version, the weights' digest and this file's.

        Raises PluginError where the package is missing, InputError where the weights are.
        """
        _refuse_missing()
        path = self._checkpoint()
        try:
            with path.open("rb") as file:
                weights = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise InputError(
                f"cannot read the weights of Beat This, {path}: {error.strerror}"
            ) from None
        return f"{metadata.version('beat_this')} {weights} {of_sources('trackers/beat_this.py')}"

    def begin(self) -> BeatThisListener:
        """Load the weights. Raises PluginError or InputError as `version` does."""
        _refuse_missing()
        return BeatThisListener(load_model(self._checkpoint()))

    def _checkpoint(self) -> Path:
        path = self._given or Settings.read().beat_this
        if path is None:
            raise InputError(
                "Beat This has no weights; get a checkpoint and name it in CLAVILUX_BEAT_THIS "
                "or as beat_this in the config file"
            )
        return path


class BeatThisListener:
    """One song heard by one model: keeps its log mel spectrum, 92 MB an hour."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._torch: Any = _import("torch")
        self._mel: Any = _import("beat_this.preprocessing").LogMelSpect()
        self._held = np.zeros(0, dtype=np.float32)
        self._lead = 0
        self._frames: list[Any] = []

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples: mono, shape (n,), at 22050 Hz."""
        self._held = np.concatenate([self._held, samples])
        while len(self._held) >= self._lead + BLOCK + LEAD:
            whole = self._log_mel(self._held[: self._lead + BLOCK + LEAD])
            first = self._lead // HOP
            self._frames.append(whole[first : first + BLOCK // HOP])
            self._held = self._held[self._lead + BLOCK - LEAD :]
            self._lead = LEAD

    def finish(self) -> TrackedBeats:
        """The peaks of the model's activation, as its authors pick them.

        Raises InputError where the weights give no finite numbers.
        """
        rest = np.pad(self._held, (0, max(0, 2 * LEAD - len(self._held))))
        self._frames.append(self._log_mel(rest)[self._lead // HOP :])
        beat, downbeat = self._activations(self._torch.cat(self._frames))
        if not bool(self._torch.isfinite(beat).all() and self._torch.isfinite(downbeat).all()):
            raise InputError("the weights of Beat This are damaged: what they give is not finite")
        pick = _import("beat_this.model.postprocessor").Postprocessor(type="minimal", fps=FPS)
        times, downs = (np.asarray(found, dtype=np.float64) for found in pick(beat, downbeat))
        likely = self._torch.sigmoid(beat.double()).numpy()
        return TrackedBeats(
            times=times,
            is_downbeat=np.isin(times, downs),
            confidence=likely[np.round(times * FPS).astype(np.int64)],
            step=1 / FPS,
        )

    def _log_mel(self, samples: NDArray[np.float32]) -> Any:
        """(1 + n // HOP, 128), frame i centred on sample i * HOP."""
        with self._torch.inference_mode():
            return self._mel(self._torch.from_numpy(np.ascontiguousarray(samples)))

    def _activations(self, frames: Any) -> tuple[Any, Any]:
        """Logits of beat and downbeat, each (frames,)."""
        inference = _import("beat_this.inference")
        with self._torch.inference_mode():
            found = inference.split_predict_aggregate(
                spect=frames,
                chunk_size=CHUNK,
                border_size=BORDER,
                overlap_mode="keep_first",
                model=self._model,
            )
        return found["beat"].float(), found["downbeat"].float()


def load_model(path: Path) -> Any:
    """The model with the weights of a checkpoint, as the package's authors save them.

    Raises InputError where the file is not there, holds anything but numbers and names, or does not
    fit the model.
    """
    torch = _import("torch")
    model_class = _import("beat_this.model.beat_tracker").BeatThis
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        known = inspect.signature(model_class).parameters
        shape = {k: v for k, v in saved["hyper_parameters"].items() if k in known}
        weights = {k.removeprefix("model."): v for k, v in saved["state_dict"].items()}
    except OSError as error:
        raise InputError(
            f"cannot read the weights of Beat This, {path}: {error.strerror}"
        ) from None
    except pickle.UnpicklingError:
        raise InputError(
            f"{path} is no checkpoint, or holds more than weights; it was not opened further"
        ) from None
    except (RuntimeError, EOFError, ValueError, LookupError, AttributeError, TypeError):
        raise InputError(f"{path} is not a checkpoint of Beat This; get it again") from None
    try:
        model = model_class(**shape)
        model.load_state_dict(weights)
    except (RuntimeError, TypeError, ValueError, AssertionError, LookupError, AttributeError):
        raise InputError(
            f"the weights in {path} do not fit Beat This {metadata.version('beat_this')}"
        ) from None
    return model.eval()


def _refuse_missing() -> None:
    if any(importlib.util.find_spec(name) is None for name in ("torch", "beat_this")):
        raise PluginError("Beat This is not installed; run: pip install 'clavilux[beat-this]'")


def _import(name: str) -> Any:
    """A module of the extra, which costs seconds to load and is only loaded to be used."""
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:
        why = " ".join(str(error).split())
        raise PluginError(
            f"Beat This cannot be loaded ({why}); install torch and torchaudio of one build"
        ) from None
