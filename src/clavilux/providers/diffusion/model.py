"""The model that a user chose: where it is, what kind it is, and what stands against using it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from clavilux.model.errors import ProviderError
from clavilux.providers.diffusion import extra, loras, single_file
from clavilux.providers.diffusion.choices import Choices
from clavilux.providers.diffusion.families import FAMILIES, Family, family_of, family_of_file
from clavilux.providers.diffusion.weights import (
    check_adapter,
    check_part,
    check_pipeline,
    identity,
    locate,
    unfit,
)

USUAL_FAMILY = "sdxl"
"""Of a model that is yet to be downloaded; a user who knows better says family."""


class Model:
    """What is known of a model before it is loaded. Each of its files is read once at most."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices

    @property
    def name(self) -> str:
        """The model's id, or the name of its folder or file: where that lies is nobody's
        business."""
        model = self._choices.model
        if not model:
            return "none"
        path = Path(model).expanduser()
        return path.stem if path.is_file() else path.name if path.is_dir() else model

    def trouble(self) -> str:
        """What the user must do before it can be used; "" for nothing."""
        if lacking := extra.missing(*([extra.FOR_LORAS] if self._choices.loras else [])):
            return lacking
        try:
            loras.check(self._choices.loras)
            folder = self.folder
            if folder is None:
                return "" if self._choices.download else self._not_here
            if folder.is_file():
                single_file.config_of(folder, self._choices.config)
            else:
                check_pipeline(folder)
            for part in self._choices.parts:
                check_part(Path(part).expanduser())
            if adapter := self._choices.adapter:
                check_adapter(Path(adapter).expanduser(), self._choices.adapter_file)
        except ProviderError as error:
            return str(error)
        return ""

    @property
    def _not_here(self) -> str:
        model = self._choices.model
        return (
            f"{model} is not on this machine; run `hf download {model}`, or set download = true "
            "and revision under [providers.diffusers.options]"
        )

    @cached_property
    def folder(self) -> Path | None:
        """Or its file; None where it is not on this machine. Raises ProviderError where it never
        can be."""
        if not self._choices.model:
            raise unfit('say which model: [providers.diffusers] model = "FOLDER" in config.toml')
        return locate(self._choices.model, revision=self._choices.revision)

    @cached_property
    def family_name(self) -> str:
        """A name in FAMILIES."""
        if self._choices.family:
            return self._choices.family
        folder = self._folder_if_any()
        if folder is None:
            return USUAL_FAMILY
        try:
            if folder.is_file():
                return family_of_file(folder, usual=single_file.kind_of(folder).family)
        except ProviderError:  # which `trouble` says
            return USUAL_FAMILY
        return family_of(folder)

    @property
    def family(self) -> Family:
        return FAMILIES[self.family_name]

    @cached_property
    def weights(self) -> str:
        """What exactly it is; "" for one that is not here and not fetched."""
        folder = self._folder_if_any()
        try:
            if folder is None:
                return self._choices.revision
            if folder.is_file():
                config = single_file.config_of(folder, self._choices.config)
                return single_file.identity(folder, config)
            return identity(folder)
        except (OSError, ProviderError):
            return ""

    def _folder_if_any(self) -> Path | None:
        try:
            return self.folder if not extra.missing() or self._is_here else None
        except ProviderError:
            return None

    @property
    def _is_here(self) -> bool:
        return Path(self._choices.model).expanduser().exists()

    def fetched(self) -> Path:
        """Its folder or file; fetched at the commit that the user named, where he allowed that.

        Raises ProviderError.
        """
        if self.folder is not None:
            return self.folder
        if not self._choices.download:
            raise unfit(self._not_here)
        model, revision = self._choices.model, self._choices.revision
        try:
            found = extra.package("diffusers").DiffusionPipeline.download(
                model, revision=revision, use_safetensors=True, trust_remote_code=False
            )
        except Exception as error:
            said = " ".join(str(error).split())[:160]
            raise unfit(f"{model} could not be downloaded: {said}") from error
        return Path(found)


def identity_of(folder: str) -> str:
    """What a further part's files are; "" where they are not there, which `trouble` says."""
    try:
        return identity(Path(folder).expanduser())
    except OSError:
        return ""
