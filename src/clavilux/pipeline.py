"""The verbs in order. READ THIS FIRST.

> Analyse the song, direct it into a render spec, plan the edit, fulfil its image requests through
> providers, draw each frame from its number alone, encode the frames with the song.

Each verb below is one call into the folder of that name. Whatever is expensive is kept in the
store under the digest of what made it, so running again is resuming.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from clavilux import registry
from clavilux.analysis.correct import wanted
from clavilux.direction.retime import correct_spec, direct_corrected, direct_once
from clavilux.direction.rules import RulesDirector
from clavilux.documents import read_spec
from clavilux.executors.processes import refuse_unguarded
from clavilux.fingerprint import of_sources
from clavilux.footage import (
    Footage,
    OnProgress,
    draw_ahead,
    draw_footage,
    join_to_fit,
    silent,
)
from clavilux.interfaces import BeatTracker
from clavilux.meanwhile import Heard, Meanwhile, StillsToCome
from clavilux.meanwhile import usable as usable
from clavilux.media import audio, mux
from clavilux.media.encode import EncoderSettings
from clavilux.media.flashes import count_flashes
from clavilux.media.probe import check_encoding
from clavilux.media.receipt import measure_drawn
from clavilux.model.codec import digest
from clavilux.model.correction import Correction
from clavilux.model.errors import InputError, PluginError, SpecError
from clavilux.model.report import Choices, FlashReport, RenderReport
from clavilux.model.request import ImageRequest
from clavilux.model.song import Analysis
from clavilux.model.spec import PRESETS, Preset, RenderSpec, Tier
from clavilux.model.timeline import Timeline
from clavilux.planning.edit import Part, Stills, plan_timeline
from clavilux.planning.stills import image_requests
from clavilux.providers.fulfil import Fulfilled
from clavilux.providers.shop import OnNotice, Shop
from clavilux.reporting import Film, describe
from clavilux.storage import Store, refuse_as_output, try_writing, write_atomically

if TYPE_CHECKING:
    from clavilux.directors.briefing import Wish
    from clavilux.directors.lyrics import Lyrics

CALMEST = 2
"""How many times a video that flashes too much is drawn again, calmer each time."""

SPEC_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class RenderOptions:
    """What a user may choose; the defaults are the common case."""

    style: str = "auto"
    seed: int = 1
    tier: Tier | None = None
    """None lets the director choose per section."""
    preset: Preset = PRESETS["youtube"]
    part: Part = field(default_factory=Part)
    allow_flashing: bool = False
    correction: Correction = field(default_factory=Correction)
    """What a user says of rhythm and sections, over what was heard or a spec says."""
    alternative: str = ""
    """Number or name of another reading of the rhythm."""
    tracker: str = ""
    """Who hears the beats; "" leaves it to the spec, or to the built-in tracker."""
    director: str = "rules"
    """Who decides how a song looks: the rules, or a language model by its name."""
    brief: str = ""
    """What the user would like to see; a language model is told."""
    lyrics: Lyrics | None = None
    """The same: what is sung, if the user gave it."""
    shop: Shop = field(default_factory=Shop)
    """Who makes the stills, and what they may cost; a director's plan counts to that."""
    encoder: EncoderSettings = field(default_factory=EncoderSettings)
    max_size: int | None = None
    """Bytes that the finished file may have; a larger one is encoded again, more coarsely."""
    workers: int = 1


def analyze(
    song: Path, store: Store, *, tracker: str = "", on_progress: OnProgress = silent
) -> Analysis:
    """Listen to a song: decode it and describe it. Known songs are remembered.

    `tracker`: who hears the beats; "" is the built-in one.
    """
    from clavilux.analysis.analyze import interpret
    from clavilux.trackers.listening import Listening

    contents = audio.file_digest(song)
    key, other = _analysis_key(contents, tracker)
    if known := store.get(key, ".json"):
        heard = Analysis.model_validate_json(known)
        return heard.model_copy(update={"song": heard.song.called(song.stem)})
    on_progress("listening", song.name, 0, 100)
    facts, listening = audio.listen(
        song,
        Listening.with_tracker(other),
        digest=contents,
        progress=lambda share: on_progress("listening", song.name, round(50 * share), 100),
    )
    spectrum, beats = listening.finish()
    analysis = interpret(facts, spectrum, heard=beats)
    store.put(key, ".json", analysis.model_dump_json().encode())
    on_progress("listening", song.name, 100, 100)
    return analysis


def is_analyzed(song: Path, store: Store, *, tracker: str = "") -> bool:
    """Whether `analyze` would know a song."""
    return store.has(_analysis_key(audio.file_digest(song), tracker)[0], ".json")


def _analysis_key(contents: str, tracker: str) -> tuple[str, BeatTracker | None]:
    """The address of an analysis, and the tracker that is to be heard, if not the built-in one."""
    from clavilux.trackers.listening import BUILT_IN, tracker_named

    other = tracker_named(tracker or BUILT_IN)
    made_by = of_sources("analysis", "media/audio.py", "media/audio_frames.py", "model/song.py")
    named = (other.name, other.version) if other else ()
    return digest("analysis", made_by, contents, *named), other


def direct(
    source: Path, options: RenderOptions, store: Store, *, on_progress: OnProgress = silent
) -> tuple[RenderSpec, Analysis]:
    """The spec to render, and the analysis it follows, both with what a person corrected.

    Read from a spec file, or written by the rules for a song.
    """
    if source.suffix.lower() in SPEC_SUFFIXES:
        spec = read_spec(source)
        song = song_of(spec, source)
        return direct_spec(spec, song, options, store, on_progress=on_progress)
    heard = analyze(source, store, tracker=options.tracker, on_progress=on_progress)
    return direct_song(source, heard, options, on_progress=on_progress)


def direct_spec(
    spec: RenderSpec,
    song: Path,
    options: RenderOptions,
    store: Store,
    *,
    on_progress: OnProgress = silent,
) -> tuple[RenderSpec, Analysis]:
    """The same of a spec that is at hand."""
    spec = spec.model_copy(update={"tracker": options.tracker or spec.tracker})
    heard = analyze(song, store, tracker=spec.tracker, on_progress=on_progress)
    return correct_spec(spec, heard, wanted(heard, options.correction, options.alternative))


def direct_song(
    source: Path,
    heard: Analysis,
    options: RenderOptions,
    *,
    on_progress: OnProgress = silent,
) -> tuple[RenderSpec, Analysis]:
    """The same of a song whose analysis is at hand."""

    def by_rules(analysis: Analysis, style: str) -> RenderSpec:
        spec = RulesDirector().direct(
            analysis, style=style, seed=options.seed, tier=options.tier, song_path=str(source)
        )
        return spec.model_copy(update={"tracker": options.tracker or spec.tracker})

    def by_model(analysis: Analysis, style: str) -> RenderSpec:
        from clavilux.directors.choosing import directed

        done = directed(
            wish_of(source, analysis, options, style=style),
            options.director,
            options.shop,
            on_ask=lambda model: on_progress("directing", model, 0, 1),
        )
        if done.notice:
            options.shop.on_notice(done.notice)
        return done.spec.model_copy(update={"tracker": options.tracker or done.spec.tracker})

    correction = wanted(heard, options.correction, options.alternative)
    if options.director == "rules":
        return direct_corrected(by_rules, heard, correction, style=options.style)
    return direct_once(by_model, heard, correction, style=options.style)


def wish_of(source: Path, analysis: Analysis, options: RenderOptions, *, style: str = "") -> Wish:
    """What a director is asked for."""
    from clavilux.directors.briefing import Wish

    return Wish(
        analysis=analysis,
        style=style or options.style,
        seed=options.seed,
        tier=options.tier,
        song_path=str(source),
        brief=options.brief,
        lyrics=options.lyrics,
    )


def song_of(spec: RenderSpec, source: Path) -> Path:
    """The song a spec names, relative to the spec file."""
    if source.suffix.lower() not in SPEC_SUFFIXES:
        return source
    song = source.parent / Path(spec.song).expanduser()
    if not song.exists():
        raise SpecError(f"{source}: there is no song '{song}'; correct `song:` in the spec")
    return song


def stills_wanted(spec: RenderSpec, options: RenderOptions) -> tuple[ImageRequest, ...]:
    """The stills of a spec, or of the part of it that is rendered, in order."""
    return tuple(
        request
        for request in image_requests(spec, options.preset)
        if options.part.shows(spec.section(request.section))
    )


def paint(
    spec: RenderSpec,
    options: RenderOptions,
    store: Store,
    *,
    account: str = "",
    on_progress: OnProgress = silent,
) -> tuple[Fulfilled, ...]:
    """Have every still made that the render needs and the store does not hold.

    `account`: whose budget it is, such as the song's digest.
    """
    with Meanwhile(store) as meanwhile:
        return make_stills(
            spec, options, meanwhile, account=account, on_progress=on_progress
        ).made()


def make_stills(
    spec: RenderSpec,
    options: RenderOptions,
    meanwhile: Meanwhile,
    *,
    account: str,
    on_progress: OnProgress = silent,
    on_notice: OnNotice = lambda _: None,
) -> StillsToCome:
    """The same, beside whatever else is to be done."""
    requests = stills_wanted(spec, options)
    done = 0

    def tell(made: Fulfilled) -> None:
        nonlocal done
        done += 1
        on_progress("painting", made.request.section, done, len(requests))

    return meanwhile.make_stills(
        requests, options.shop, account=account, workers=options.workers, on_done=tell,
        on_notice=on_notice,
    )  # fmt: skip


def plan(
    spec: RenderSpec, analysis: Analysis, options: RenderOptions, *, stills: Stills, calm: int = 0
) -> Timeline:
    """The edit: every clip, transition, effect and signal. `calm` above 0 softens the accents."""
    return plan_timeline(
        spec,
        analysis,
        options.preset,
        stills=stills,
        part=options.part,
        allow_flashing=options.allow_flashing,
        calm=calm,
    )


def render(
    source: Path,
    output: Path,
    options: RenderOptions,
    store: Store,
    *,
    on_progress: OnProgress = silent,
    on_notice: OnNotice = lambda _: None,
) -> RenderReport:
    """A song, or a spec, becomes a video and its report.

    `on_notice` is told at once, in a line for the user, what the report will say in the end: that
    a section falls back, for one. It is called from several threads.
    """
    refuse_as_output(output, source)

    told: list[str] = []

    def directed() -> tuple[RenderSpec, Analysis, Path]:
        heard = replace(options, shop=replace(options.shop, on_notice=told.append))
        spec, analysis = direct(source, heard, store, on_progress=on_progress)
        for line in told:
            options.shop.on_notice(line)
        return spec, analysis, song_of(spec, source)

    return render_directed(
        directed, output, options, store, told=told, on_progress=on_progress, on_notice=on_notice
    )


def render_directed(
    directed: Callable[[], tuple[RenderSpec, Analysis, Path]],
    output: Path,
    options: RenderOptions,
    store: Store,
    *,
    told: Sequence[str] = (),
    on_progress: OnProgress = silent,
    on_notice: OnNotice = lambda _: None,
) -> RenderReport:
    """The same, of whatever spec, analysis and song `directed` gives, and `told` about them."""
    refuse_unguarded()
    check_encoding(options.encoder, output, shape=options.preset, limit=options.max_size)
    try_writing(output)
    clock = _Clock()
    with clock("listen and direct"):
        spec, analysis, song = directed()
        check(spec, analysis)
        refuse_as_output(output, song)
        check_part(options.part, analysis)

    def plan_at(calm: int, stills: Stills) -> Timeline:
        with clock("plan"):
            return plan(spec, analysis, options, stills=stills, calm=calm)

    with Meanwhile(store) as meanwhile:
        stills = make_stills(
            spec, options, meanwhile, account=analysis.song.digest, on_progress=on_progress,
            on_notice=on_notice,
        )  # fmt: skip
        timeline = plan_at(0, stills.expected)
        heard = heard_in(timeline, song, analysis, options)
        sound = meanwhile.encode_sound(heard, output, options.encoder)
        with clock("draw and encode"):
            ahead = draw_ahead(
                timeline,
                options.encoder,
                store,
                workers=options.workers,
                coming=stills.coming,
                on_progress=on_progress,
            )
        with clock("stills"):
            made = stills.made()
        footage, seen = _shoot(
            lambda calm: plan_at(calm, usable(made)),
            options, store, clock, ahead=ahead, on_progress=on_progress,
        )  # fmt: skip
        with clock("sound"):
            prepared = sound()

    def draw(settings: EncoderSettings, some: tuple[int, ...] | None) -> Footage:
        with clock("draw and encode"):
            return draw_footage(
                footage.timeline,
                settings,
                store,
                workers=options.workers,
                some=some,
                calm=footage.calm,
                on_progress=on_progress,
            )

    def join(made: Footage) -> str:
        with clock("join"):
            on_progress("joining", output.name, 0, 1)
            return _join(made, output, heard, prepared, analysis, options)

    footage, taken, encoding = join_to_fit(
        footage, options.encoder, options.max_size, draw=draw, join=join
    )
    with clock("measure"):
        film = _read_back(footage, seen, output, taken, options, on_progress=on_progress)
    film = replace(film, encoding=encoding.model_copy(update={"size": output.stat().st_size}))
    report = describe(
        film, song, spec, analysis, made, choices_of(options), clock.seconds,
        money=options.shop.bill(analysis.song.digest, made), notices=(*told, *stills.notices),
    )  # fmt: skip
    write_atomically(report_path(output), report.model_dump_json(indent=2).encode())
    return report


def _shoot(
    plan_at: Callable[[int], Timeline],
    options: RenderOptions,
    store: Store,
    clock: _Clock,
    *,
    ahead: frozenset[str],
    on_progress: OnProgress,
) -> tuple[Footage, FlashReport]:
    """Plan and draw; if what was drawn flashes too much, again and calmer."""
    for calm in range(CALMEST + 1):
        timeline = plan_at(calm)
        with clock("draw and encode"):
            footage = draw_footage(
                timeline,
                options.encoder,
                store,
                workers=options.workers,
                calm=calm,
                ahead=ahead,
                on_progress=on_progress,
            )
        seen = count_flashes(footage.blocks, rate=timeline.rate, limited=not options.allow_flashing)
        if options.allow_flashing or seen.passed:
            break
    return footage, seen


def _read_back(
    footage: Footage,
    seen: FlashReport,
    output: Path,
    taken: str,
    options: RenderOptions,
    *,
    on_progress: OnProgress,
) -> Film:
    """Measure the finished file. `seen`: the flashes of what was drawn; `taken`: how its sound
    was."""
    timeline, done = footage.timeline, 0

    def tell() -> None:
        nonlocal done
        done += 1
        on_progress("checking", output.name, done, timeline.frames)

    measured = measure_drawn(output, footage.blocks, on_frame=tell)
    if measured.reel is not footage.blocks:  # it shows something else than was drawn
        limited = not options.allow_flashing
        seen = count_flashes(measured.reel, rate=timeline.rate, limited=limited)
    on_progress("checking", output.name, timeline.frames, timeline.frames)
    return Film(
        output=output,
        timeline=timeline,
        audio=taken,
        segments=len(footage.pieces),
        segments_reused=footage.reused,
        measured=measured,
        flash=seen,
        calm=footage.calm,
    )


def choices_of(options: RenderOptions) -> Choices:
    """What a report keeps, to render the same again."""
    return Choices(
        preset=options.preset,
        start=options.part.start,
        duration=options.part.duration,
        allow_flashing=options.allow_flashing,
        images=options.shop.names,
        encoder=options.encoder.encoder,
        encoder_preset=options.encoder.preset,
        crf=options.encoder.crf,
        max_size=options.max_size,
    )


def report_path(output: Path) -> Path:
    """song.mp4 -> song.report.json."""
    return output.with_suffix(".report.json")


def check(spec: RenderSpec, analysis: Analysis) -> None:
    """Refuse a spec that names what does not exist or does not fit the song."""
    for section in spec.sections:
        try:
            registry.get("scenes", section.scene)
            for name in section.effects:
                registry.get("effects", name)
            mixes = section.transition == "cut" or (
                registry.get("effects", section.transition).stage == "mix"
            )
        except PluginError as error:
            raise SpecError(f"section '{section.label}': {error}") from None
        if not mixes:
            raise SpecError(
                f"section '{section.label}': '{section.transition}' is no transition; "
                "use dissolve, morph or cut"
            )
        if section.start >= analysis.duration + 0.5:
            raise InputError(
                f"section '{section.label}' starts at {section.start} s, after the song ends "
                f"({analysis.duration:.1f} s)"
            )


def check_part(part: Part, analysis: Analysis) -> None:
    """Refuse a part that is not in the song."""
    if part.start > 0 and part.start >= analysis.duration:
        raise InputError(
            f"the part begins at {part.start:g} s, after the end of the song "
            f"({analysis.duration:.1f} s); choose an earlier --start or --at"
        )


def heard_in(timeline: Timeline, song: Path, analysis: Analysis, options: RenderOptions) -> Heard:
    """What of the song is heard in a video."""
    whole = options.part == Part()
    seconds = timeline.rate.seconds(timeline.frames)
    return Heard(
        song=song if options.preset.audio else None,
        digest=analysis.song.digest,
        start=timeline.rate.seconds(timeline.offset),
        duration=min(seconds, analysis.duration) if whole else seconds,
        whole=whole,
    )


def _join(
    footage: Footage,
    output: Path,
    heard: Heard,
    prepared: Path | None,
    analysis: Analysis,
    options: RenderOptions,
) -> str:
    return mux.join(
        footage.pieces,
        output,
        rate=footage.timeline.rate,
        song=heard.song,
        start=heard.start,
        duration=heard.duration,
        whole=heard.whole,
        title=analysis.song.title,
        limit=options.max_size,
        prepared=prepared,
    )


class _Clock:
    """Wall time by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            before = self.seconds.get(stage, 0.0)
            self.seconds[stage] = round(before + time.perf_counter() - start, 3)


def with_part(options: RenderOptions, start: float, duration: float | None) -> RenderOptions:
    """The same options for a part of the song, in seconds."""
    if start < 0 or (duration is not None and duration <= 0):
        raise InputError("--start must not be negative and --duration must be above 0")
    return replace(options, part=Part(start, duration))
