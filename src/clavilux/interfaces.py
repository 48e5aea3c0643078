"""Every extension point, on one screen. A plugin is a class that has these members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from threading import Event

    import numpy as np
    from numpy.typing import NDArray

    from clavilux.model.likeness import AlikeBy
    from clavilux.model.money import Price
    from clavilux.model.order import Order
    from clavilux.model.question import Question
    from clavilux.model.request import ImageRequest, Still
    from clavilux.model.settings import ProviderSettings
    from clavilux.model.song import Analysis
    from clavilux.model.spec import RenderSpec
    from clavilux.model.timeline import Curve
    from clavilux.rendering.fields import FrameFields, Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneView:
    """What a scene is told about one moment. Drawing must depend on this alone."""

    time: float
    """Seconds since the scene's shot began; drives slow drift that ignores the music."""
    travel: float
    """Musical distance since the shot began: grows about 1 per second at middling energy,
    0.3 in calm parts, 2.5 in strong ones. Move with this: it cannot jump."""
    energy: float
    """0..1, slow: how strong the section is here."""
    loudness: float
    """0..1, RMS, smooth (about 0.3 s)."""
    bass: float
    mid: float
    high: float
    """0..1, smooth band energies, attack 30 ms, release 0.3 s."""
    beat: float
    """1 at a beat's frame, falling to 0 within a beat. Already limited for flash safety."""
    bar: float
    """The same for downbeats, falling over a bar."""
    flux: float
    """0..1, spectral change: high at fills, drops and swells."""
    progress: float
    """0..1 through the section."""
    brightness: float
    """0..1, spectral centroid, slow."""
    palette: NDArray[np.float32]
    """sRGB 0..1, shape (k, 3), in the order of the spec: ground, body, light, accent."""
    ramp: NDArray[np.float32]
    """sRGB 0..1, shape (3, 256): a smooth ramp from the darkest to the lightest colour."""
    seed: int
    """Composition: another seed is visibly another picture of the same scene."""
    detail: int = 0
    """0 when every frame is drawn, 1 for a still (more octaves, finer lines, more objects)."""


class Scene(Protocol):
    """Tier 1: time and music -> picture. Pure: same view and shape, same pixels."""

    name: ClassVar[str]
    words: ClassVar[tuple[str, ...]]
    """Theme words in a prompt that ask for this scene."""
    scale: ClassVar[float]
    """Size it is drawn at in motion, relative to the output: 0.5 unless it has hard edges."""

    def draw(
        self,
        rgb: NDArray[np.float32],
        view: SceneView,
        *,
        depth: NDArray[np.float32] | None = None,
    ) -> None:
        """Fill planes (3, height, width) with gamma-coded sRGB; over 1 is rolled off later.

        Compose for the array's own aspect ratio. If `depth` (height, width) is given, fill it
        too: 0 is the far background, 1 the nearest thing.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedBeats:
    """The beats another tracker heard. They are set on attacks and judged like the built-in's."""

    times: NDArray[np.float64]
    """(n,) seconds from the first sample, ascending."""
    is_downbeat: NDArray[np.bool_]
    """(n,) which begin a bar; none if it cannot tell."""
    confidence: NDArray[np.float64]
    """(n,) 0..1."""
    step: float = 0.0
    """Seconds of the raster on which the times lie, such as 0.02; 0 for none."""


class BeatListener(Protocol):
    """A tracker that listens to one song."""

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples: mono, shape (n,), at 22050 Hz, about -1..1."""
        ...

    def finish(self) -> TrackedBeats:
        """What was heard; no beats where there are none."""
        ...


class BeatTracker(Protocol):
    """Samples -> beats, in place of the built-in tracker. Same samples, same beats."""

    name: ClassVar[str]

    @property
    def version(self) -> str:
        """Changes when the same song would give other beats; part of an analysis's address.

        Raises PluginError or InputError where something is missing that it needs.
        """
        ...

    def begin(self) -> BeatListener:
        """Get ready for a song."""
        ...


class ImageProvider(Protocol):
    """Tier 2: requests -> stills."""

    name: ClassVar[str]
    gives_depth: ClassVar[bool]
    """Whether its stills come with depth maps. What it says is only used to plan ahead."""

    @property
    def version(self) -> str:
        """Changes when the same request would give another picture; part of a still's address."""
        ...

    def generate(self, request: ImageRequest) -> Still:
        """Make one still or raise ProviderError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider that sells pictures can do; the rest is given up, and said."""

    seed: bool
    negative_prompt: bool
    references: int
    """How many pictures a new one can be told to look like; 0 none."""
    prompt_limit: int
    """Characters."""
    concurrency: int = 4
    """Calls at once."""
    per_minute: float | None = None
    """Calls a minute; None for no limit that is known."""
    paid: bool = True
    """Whether it takes money; no budget is needed for what does not."""
    likeness: Literal["", "none", "anchor", "previous"] = ""
    """What each picture refers to: nothing, the video's strongest picture, or the one before it;
    "" for the anchor where there are references and no seeds, else nothing."""
    alike_by: tuple[AlikeBy, ...] = ()
    """Ways to make pictures alike among which each request chooses by its own `likeness`; where
    there are any, they go before the one `likeness` for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A picture as it came: bytes that nobody has looked at yet."""

    data: bytes
    cost: int | None = None
    """Millionths of a dollar by the provider's own account; None where it does not say."""
    usage: str = ""
    """That account in a few words, for the ledger."""
    seconds: float | None = None
    """Seconds of work by its machine, where that is known; the call's wall time stands in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A job that a provider is at. Written down before anybody waits for it."""

    id: str
    """All that `collect` needs, even in another process a day later; holds no key."""


@runtime_checkable
class PictureSeller(Protocol):
    """Tier 2 from somebody who is paid: requests -> orders -> pictures.

    What is bought, for how much and how often is decided in providers/; this only talks. It keeps
    no state, never repeats a call by itself, and is called from several threads.
    """

    name: ClassVar[str]

    @classmethod
    def configured(cls, said: ProviderSettings) -> PictureSeller:
        """One that uses the user's key, model and address. Does not touch the network."""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def models(self) -> tuple[str, ...]:
        """Model ids to try, the wanted one first, then its successors."""
        ...

    def ready(self) -> str:
        """ "" if it can be asked, or what the user must do first (such as set a key)."""
        ...

    def order(
        self,
        request: ImageRequest,
        *,
        model: str,
        simplified: bool = False,
        references: tuple[str, ...] = (),
    ) -> Order:
        """What would be sent for a request. Pure."""
        ...

    def price(self, order: Order) -> Price:
        """What it would cost. Pure."""
        ...

    def submit(self, order: Order, references: tuple[bytes, ...] = ()) -> Sold | Ticket:
        """Buy. `references`: the bytes of the order's references, PNG, JPEG or WebP.

        Raises ProviderError, which says whether it is billed all the same.
        """
        ...

    def collect(self, ticket: Ticket) -> Sold | None:
        """The picture of a ticket; None while it is not ready. Raises ProviderError."""
        ...


@runtime_checkable
class Interruptible(Protocol):
    """A seller whose `submit` does the work itself, and can leave off in the middle of it."""

    def stop_on(self, stop: Event) -> None:
        """Once this is set, raise CancelledError from every call, as soon as may be."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far one picture is."""

    what: str
    """What is done for it now, in a word or two: "Sampler", "loading sdxl-turbo"."""
    done: int = 0
    total: int = 0
    """Steps of that; 0 of 0 where it has none."""
    share: float = 0.0
    """0..1 of the whole picture, as far as one can tell."""


OnStep = Callable[[str, Step], None]
"""Called with the key of an order, and how far its picture is. Never raises."""


@runtime_checkable
class Progressing(Protocol):
    """A seller that knows how far its pictures are."""

    def tell_of(self, on_step: OnStep) -> None:
        """Call this from now on, from any thread, as pictures go on."""
        ...


@runtime_checkable
class Examinable(Protocol):
    """A seller that can find out beforehand what its machine has."""

    def lacks(self, way: AlikeBy) -> str:
        """What is missing to make pictures alike in one of its ways, in a few words; "" for
        nothing. Raises ProviderError where that cannot be found out now."""
        ...


@runtime_checkable
class SelfHosted(Protocol):
    """A seller whose pictures a machine of the user's own makes."""

    def found(self) -> str:
        """What would make them, in a few words: the device and its memory, the servers that answer.
        Takes a few seconds at most. Raises ProviderError where nothing is there."""
        ...


class Director(Protocol):
    """Analysis -> RenderSpec."""

    name: ClassVar[str]

    def direct(self, analysis: Analysis, *, style: str, seed: int) -> RenderSpec: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a language model said: text that nobody has looked at yet."""

    text: str
    stop: Literal["end", "length", "refusal"] = "end"
    """Why it said no more: it was done, it was cut off, or it would not."""
    cost: int | None = None
    """Millionths of a dollar by the server's own count of tokens; None where it does not say."""
    usage: str = ""
    """That count in a few words, for the ledger."""


@runtime_checkable
class LanguageModel(Protocol):
    """A director of the other kind: it answers questions, and directors/ makes a spec of that.

    As with sellers of pictures, it only talks: it keeps no state and never repeats a call.
    """

    name: str

    @classmethod
    def configured(cls, name: str, said: ProviderSettings) -> LanguageModel:
        """One that uses the user's key, model and address. Does not touch the network."""
        ...

    @property
    def models(self) -> tuple[str, ...]:
        """Model ids to try, the wanted one first, then its successors."""
        ...

    @property
    def paid(self) -> bool:
        """Whether it takes money; no budget is needed for what does not."""
        ...

    @property
    def endpoint(self) -> str:
        """Base address where it is not the provider's own, for the ledger."""
        ...

    def ready(self) -> str:
        """ "" if it can be asked, or what the user must do first (such as set a key)."""
        ...

    def price(self, question: Question, *, model: str) -> Price:
        """What an answer costs; `high` is a bound. Pure. Raises ProviderError without prices."""
        ...

    def complete(self, question: Question, *, model: str) -> Answer:
        """Ask. Raises ProviderError, which says whether it is billed all the same."""
        ...


Stage = Literal["camera", "mix", "light", "finish", "picture"]
"""camera: moves each picture; mix: how two become one; light: adds and takes light;
finish: grain and lens; picture: a plain RGB array in and out (slower, for anything else)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number an effect takes."""

    name: str
    low: float
    high: float
    default: float
    unit: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What an effect is told when the edit is planned, once per clip or transition."""

    strength: float
    """0 off, 1 the usual."""
    energy: float
    """0..1, of the section."""
    palette: tuple[str, ...]
    seconds: float
    """How long the clip lasts."""
    beat_seconds: float
    framing: int
    """How often this picture was shown in its section before: 0 is the whole of it."""
    variation: tuple[float, float, float, float]
    """Random numbers 0..1 that belong to this clip."""


class Effect(Protocol):
    """A moving picture, or two, -> a picture. Pure: same input and values, same result.

    Every effect has these members, and the one method its stage asks for.
    """

    name: ClassVar[str]
    stage: ClassVar[Stage]
    about: ClassVar[str]
    driven_by: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]

    def drive(self, shot: Shot) -> dict[str, Curve]:
        """Choose the parameters' curves for a shot: here the music takes hold of the effect."""
        ...


class CameraEffect(Effect, Protocol):
    """Stage "camera": moves one layer at a time."""

    def move(self, layer: Layer, values: dict[str, float]) -> None:
        """Change where the layer's nodes look."""
        ...


class FieldEffect(Effect, Protocol):
    """Stages "mix", "light" and "finish": changes the fields of the frame.

    A mix is given "progress" among its values, 0..1 through the transition.
    """

    def apply(self, fields: FrameFields, values: dict[str, float]) -> None: ...


class PictureEffect(Effect, Protocol):
    """Stage "picture", the simplest to write: a plain array in, one out."""

    def paint(
        self, rgb: NDArray[np.float32], values: dict[str, float], *, frame: int
    ) -> NDArray[np.float32]:
        """(height, width, 3), gamma-coded sRGB 0..1, in and out."""
        ...
