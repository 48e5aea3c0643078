"""What a user says about local diffusion, checked: [providers.diffusers] and its options."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clavilux.model.errors import InputError
from clavilux.model.likeness import AlikeBy
from clavilux.model.settings import ProviderSettings
from clavilux.providers.diffusion.families import FAMILIES
from clavilux.providers.diffusion.loras import Lora

Share = Annotated[float, Field(ge=0, le=1)]
Device = Literal["auto", "cuda", "mps", "cpu"]
Dtype = Literal["auto", "fp16", "bf16", "fp32", "fp64"]
Offload = Literal["auto", "none", "model", "sequential"]


class Choices(BaseModel):
    """[providers.diffusers.options]. Paths are those of folders on this machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = ""
    """The model's folder, its .safetensors file, or its id where it lies in the Hugging Face
    cache."""
    size: str = ""
    """Width x height; "" for the family's own, in the shape of the video."""
    revision: str = ""
    """Commit of a model id; "" for the one that is in the cache."""
    download: bool = False
    """Whether a model id that is not there may be downloaded; its revision must be said then."""

    config: str = ""
    """For a model in one file: the folder of a diffusers model that is built alike; "" for the
    one it comes from, where that is in the cache."""
    lora: str = ""
    """LoRA files with commas between, each with its strength behind a colon."""

    family: str = ""
    """One of families.FAMILIES; "" for what the model's own files say."""
    steps: int | None = Field(default=None, ge=1, le=200)
    guidance: float | None = Field(default=None, ge=0, le=30)

    device: Device = "auto"
    dtype: Dtype = "auto"
    offload: Offload = "auto"
    batch: int | None = Field(default=None, ge=1, le=32)
    """Pictures at once at most; None for as many as suit the device."""

    follow: Literal["", "style", "anchor", "previous"] = ""
    """Which earlier picture control, adapter and change look at: the video's strongest, or the one
    before; "" for the one before with a ControlNet, else the strongest. "style", or "" where none
    of the three is said: the style of the video chooses among them."""

    control: Literal["", "canny", "depth"] = ""
    """What of an earlier picture a ControlNet holds fast."""
    control_model: str = ""
    """Folder of the ControlNet for it."""
    control_canny: str = ""
    control_depth: str = ""
    """Folders of ControlNets for the style to choose from."""
    control_strength: Share = 0.6
    control_fall: Share = 0.7
    """The strength is multiplied by this for each further still of a section."""
    control_end: Share = 0.6
    """The share of the steps after which the ControlNet lets go."""
    depth_model: str = ""
    """Folder of a depth estimator, for control = "depth"."""

    adapter: str = ""
    """Folder of an IP-Adapter, which holds the style of an earlier picture fast."""
    adapter_file: str = "ip-adapter_sdxl.safetensors"
    adapter_strength: Share = 0.5

    change: Share = 0.0
    """Begin at an earlier picture, changed by this share; 0 begins with noise alone."""

    @classmethod
    def of(cls, said: ProviderSettings) -> Choices:
        """Raises InputError naming the field that cannot be used."""
        where = "[providers.diffusers]"
        for word in ("base_url", "quality"):
            if getattr(said, word):
                raise InputError(f"{where} {word}: it has none; leave it out")
        for word in {"model", "size"} & set(said.options):
            raise InputError(f"{where} {word} stands above the options, not among them")
        try:
            return cls.model_validate(
                {"model": said.model, "size": said.size, **said.options}
            ).checked()
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(str(part) for part in problem["loc"])
            if problem["type"] == "extra_forbidden":
                problem["msg"] = f"there is none; known: {', '.join(_OPTIONS)}"
            raise InputError(f"[providers.diffusers.options] {field}: {problem['msg']}") from None

    def checked(self) -> Choices:
        """Itself. Raises InputError where two of its fields do not go together."""
        where = "[providers.diffusers.options]"
        if self.family and self.family not in FAMILIES:
            raise InputError(f"{where} family: choose from {', '.join(FAMILIES)}")
        if self.download and len(self.revision) != 40:
            raise InputError(
                f"{where} download: say which with revision = the 40 digits of a commit, "
                "so that the same model comes another time"
            )
        if self.control and not self.control_model:
            raise InputError(f"{where} control_model: name the folder of a ControlNet")
        if self.control == "depth" and not self.depth_model:
            raise InputError(f"{where} depth_model: name the folder of a depth estimator")
        if self.control_depth and not self.depth_model:
            raise InputError(f"{where} control_depth: name a depth estimator with depth_model")
        for name in ("control_canny", "control_depth"):
            if getattr(self, name) and not self.by_style:
                raise InputError(f'{where} {name}: it is for follow = "style"; say that too')
        if self.change and self.control and not self.by_style:
            raise InputError(f"{where} change: choose it or control, not both")
        if self.adapter and not self.adapter_file.endswith(".safetensors"):
            raise InputError(f"{where} adapter_file: only .safetensors files are opened")
        try:
            _ = self.loras
        except ValueError as error:
            raise InputError(f"{where} lora: {error}") from None
        return self

    @property
    def loras(self) -> tuple[Lora, ...]:
        """What is worked into the model, in order."""
        return Lora.all_of(self.lora)

    @property
    def by_style(self) -> bool:
        """Whether the style of a video chooses how its pictures are made alike."""
        if self.follow:
            return self.follow == "style"
        return not (self.control or self.adapter or self.change)

    @property
    def follows(self) -> Literal["none", "anchor", "previous"]:
        """Which earlier picture is looked at in all videos alike."""
        if self.by_style or self.follow == "style":  # the latter says the same, for the types
            return "none"
        return self.follow or ("previous" if self.control else "anchor")

    @property
    def ways(self) -> tuple[AlikeBy, ...]:
        """The ways that a style may choose from."""
        if not self.by_style:
            return ()
        nets: dict[AlikeBy, str] = {"edges": self.net("canny"), "depth": self.net("depth")}
        return (*(way for way, net in nets.items() if net), "picture")

    def net(self, control: str) -> str:
        """The folder of the ControlNet for one kind of control; "" where there is none."""
        if self.control == control:
            return self.control_model
        return {"canny": self.control_canny, "depth": self.control_depth}[control]

    @property
    def parts(self) -> tuple[str, ...]:
        """Folders of whatever is loaded beside the model, adapters excepted."""
        named = (self.control_model, self.control_canny, self.control_depth, self.depth_model)
        return tuple(dict.fromkeys(folder for folder in named if folder))


_OPTIONS = tuple(name for name in Choices.model_fields if name not in ("model", "size"))
