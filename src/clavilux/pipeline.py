"""The verbs in order. READ THIS FIRST.

> Analyse the song, direct it into a render spec, plan the edit, fulfil its image requests through
> providers, draw each frame from its number alone, encode the frames with the song.

Each verb below is one call into the folder of that name. Whatever is expensive is kept in the
store under the digest of what made it, so running again is resuming.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from clavilux import registry
from clavilux.analysis.correct import wanted
from clavilux.direction.retime import correct_spec, direct_corrected
from clavilux.direction.rules import RulesDirector
from clavilux.documents import read_spec
from clavilux.executors.pool import SUFFIX, SegmentJob, draw_segments
from clavilux.fingerprint import of_sources
from clavilux.media import audio, mux
from clavilux.media.encode import EncoderSettings
from clavilux.media.receipt import Measured, measure
from clavilux.model.codec import digest
from clavilux.model.correction import Correction
from clavilux.model.errors import InputError, PluginError, SpecError
from clavilux.model.report import RenderReport
from clavilux.model.song import Analysis
from clavilux.model.spec import PRESETS, Preset, RenderSpec, Tier
from clavilux.model.timeline import Timeline
from clavilux.planning.edit import Part, Stills, plan_timeline
from clavilux.planning.stills import image_requests
from clavilux.providers.fulfil import Fulfilled, fulfil
from clavilux.rendering.segments import segment_key, segments
from clavilux.reporting import Film, describe, flash_report
from clavilux.storage import Store, refuse_as_output, try_writing, write_atomically

OnProgress = Callable[[str, str, int, int], None]
"""Called with the verb, what it is at, how much is done and how much there is."""

CALMEST = 2
"""How many times a video that flashes too much is drawn again, calmer each time."""

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov")

SPEC_SUFFIXES = (".yaml", ".yml", ".json")


def _silent(verb: str, at: str, done: int, total: int) -> None:
    """Say nothing."""


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
    provider: str = "painter"
    encoder: EncoderSettings = field(default_factory=EncoderSettings)
    workers: int = 1


def analyze(
    song: Path, store: Store, *, tracker: str = "", on_progress: OnProgress = _silent
) -> Analysis:
    """Listen to a song: decode it and describe it. Known songs are remembered.

    `tracker`: who hears the beats; "" is the built-in one.
    """
    from clavilux.analysis.analyze import interpret
    from clavilux.trackers.listening import BUILT_IN, Listening, tracker_named

    other = tracker_named(tracker or BUILT_IN)
    made_by = of_sources("analysis", "media/audio.py", "media/audio_frames.py", "model/song.py")
    contents = audio.file_digest(song)
    key = digest("analysis", made_by, contents, *((other.name, other.version) if other else ()))
    if known := store.get(key, ".json"):
        return Analysis.model_validate_json(known)
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


def direct(
    source: Path, options: RenderOptions, store: Store, *, on_progress: OnProgress = _silent
) -> tuple[RenderSpec, Analysis]:
    """The spec to render, and the analysis it follows, both with what a person corrected.

    Read from a spec file, or written by the rules for a song.
    """
    if source.suffix.lower() in SPEC_SUFFIXES:
        spec = read_spec(source)
        tracker = options.tracker or spec.tracker
        spec = spec.model_copy(update={"tracker": tracker})
        heard = analyze(song_of(spec, source), store, tracker=tracker, on_progress=on_progress)
        return correct_spec(spec, heard, wanted(heard, options.correction, options.alternative))
    heard = analyze(source, store, tracker=options.tracker, on_progress=on_progress)

    def by_rules(analysis: Analysis, style: str) -> RenderSpec:
        spec = RulesDirector().direct(
            analysis, style=style, seed=options.seed, tier=options.tier, song_path=str(source)
        )
        return spec.model_copy(update={"tracker": options.tracker or spec.tracker})

    correction = wanted(heard, options.correction, options.alternative)
    return direct_corrected(by_rules, heard, correction, style=options.style)


def song_of(spec: RenderSpec, source: Path) -> Path:
    """The song a spec names, relative to the spec file."""
    if source.suffix.lower() not in SPEC_SUFFIXES:
        return source
    song = source.parent / Path(spec.song).expanduser()
    if not song.exists():
        raise SpecError(f"{source}: there is no song '{song}'; correct `song:` in the spec")
    return song


def paint(
    spec: RenderSpec, options: RenderOptions, store: Store, *, on_progress: OnProgress = _silent
) -> tuple[Fulfilled, ...]:
    """Have every still made that the render needs and the store does not hold."""
    requests = [
        request
        for request in image_requests(spec, options.preset)
        if options.part.shows(spec.section(request.section))
    ]
    done = 0

    def tell(made: Fulfilled) -> None:
        nonlocal done
        done += 1
        on_progress("painting", made.request.section, done, len(requests))

    if not requests:
        return ()
    provider = registry.get("providers", options.provider)
    return fulfil(requests, provider, store, workers=options.workers, on_done=tell)


def usable(made: tuple[Fulfilled, ...]) -> Stills:
    """Stills by section and number; a section that lost one shows its others."""
    return {(m.request.section, m.request.index): m.source for m in made if m.source is not None}


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
    on_progress: OnProgress = _silent,
) -> RenderReport:
    """A song, or a spec, becomes a video and its report."""
    refuse_as_output(output, source)
    if output.suffix.lower() not in VIDEO_SUFFIXES:
        raise InputError(f"{output}: the video is an mp4; name it .mp4")
    try_writing(output)
    clock = _Clock()
    with clock("listen and direct"):
        spec, analysis = direct(source, options, store, on_progress=on_progress)
        check(spec, analysis)
        song = song_of(spec, source)
        refuse_as_output(output, song)
        _check_part(options.part, analysis)
    with clock("stills"):
        made = paint(spec, options, store, on_progress=on_progress)

    def plan_at(calm: int) -> Timeline:
        return plan(spec, analysis, options, stills=usable(made), calm=calm)

    film = _film(plan_at, output, song, analysis, options, store, clock, on_progress)
    report = describe(film, song, spec, analysis, made, options.preset, clock.seconds)
    write_atomically(report_path(output), report.model_dump_json(indent=2).encode())
    return report


def _film(
    plan_at: Callable[[int], Timeline],
    output: Path,
    song: Path,
    analysis: Analysis,
    options: RenderOptions,
    store: Store,
    clock: _Clock,
    on_progress: OnProgress,
) -> Film:
    """Plan, draw, join and measure; if the finished file flashes too much, again and calmer."""
    for calm in range(CALMEST + 1):
        with clock("plan"):
            timeline = plan_at(calm)
        with clock("draw and encode"):
            pieces, reused = _draw(timeline, options, store, on_progress)
        with clock("join"):
            on_progress("joining", output.name, 0, 1)
            taken = _join(pieces, output, song, timeline, analysis, options)
        with clock("measure"):
            measured = _measure(output, timeline, on_progress)
            flash = flash_report(measured, timeline, limited=not options.allow_flashing)
        film = Film(output, timeline, taken, len(pieces), reused, measured, flash, calm)
        if flash.passed or options.allow_flashing:
            break
    return film


def _measure(output: Path, timeline: Timeline, on_progress: OnProgress) -> Measured:
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        on_progress("checking", output.name, done, timeline.frames)

    return measure(output, on_frame=tell)


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


def _check_part(part: Part, analysis: Analysis) -> None:
    if part.start > 0 and part.start >= analysis.duration:
        raise InputError(
            f"--start {part.start:g} s is after the end of the song ({analysis.duration:.1f} s)"
        )


def _draw(
    timeline: Timeline, options: RenderOptions, store: Store, on_progress: OnProgress
) -> tuple[list[tuple[int, Path]], int]:
    """Draw what the store does not hold; returns every segment's file and how many were there."""
    jobs = [
        SegmentJob(span, segment_key(timeline, span, options.encoder))
        for span in segments(timeline)
    ]
    missing = [job for job in jobs if not store.has(job.key, SUFFIX)]
    drawn = 0
    total = sum(len(job.span) for job in missing)

    def tell(job: SegmentJob, count: int) -> None:
        nonlocal drawn
        drawn += count
        on_progress("drawing", _section_of(timeline, job), drawn, total)

    draw_segments(
        timeline, missing, store, options.encoder, workers=options.workers, on_frames=tell
    )
    pieces = [(job.span.start, store.path(job.key, SUFFIX)) for job in jobs]
    return pieces, len(jobs) - len(missing)


def _section_of(timeline: Timeline, job: SegmentJob) -> str:
    middle = (job.span.start + job.span.end) // 2
    return next(c.section for c in reversed(timeline.clips) if middle in c.span)


def _join(
    pieces: list[tuple[int, Path]],
    output: Path,
    song: Path,
    timeline: Timeline,
    analysis: Analysis,
    options: RenderOptions,
) -> str:
    whole = options.part == Part()
    heard = timeline.rate.seconds(timeline.frames)
    return mux.join(
        pieces,
        output,
        rate=timeline.rate,
        song=song if options.preset.audio else None,
        start=timeline.rate.seconds(timeline.offset),
        duration=min(heard, analysis.duration) if whole else heard,
        whole=whole,
        title=analysis.song.title,
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
            self.seconds[stage] = round(time.perf_counter() - start, 3)


def with_part(options: RenderOptions, start: float, duration: float | None) -> RenderOptions:
    """The same options for a part of the song, in seconds."""
    if start < 0 or (duration is not None and duration <= 0):
        raise InputError("--start must not be negative and --duration must be above 0")
    return replace(options, part=Part(start, duration))
