"""The verbs in order. READ THIS FIRST.

> Analyse the song, direct it into a render spec, plan the edit, fulfil its image requests through
> providers, draw each frame from its number alone, encode the frames with the song.

Each verb below is one call into the folder of that name. Whatever is expensive is kept in the
store under the digest of what made it, so running again is resuming.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from clavilux.analysis.correct import wanted
from clavilux.direction.retime import correct_spec, direct_corrected, direct_once
from clavilux.direction.rules import RulesDirector
from clavilux.documents import read_spec
from clavilux.executors.processes import refuse_unguarded
from clavilux.fitness import check as check
from clavilux.fitness import check_part as check_part
from clavilux.footage import Footage, OnProgress, draw_ahead, draw_footage, join_to_fit, silent
from clavilux.hearing import analyze as analyze
from clavilux.hearing import is_analyzed as is_analyzed
from clavilux.meanwhile import Meanwhile, StillsToCome
from clavilux.meanwhile import usable as usable
from clavilux.media.encode import EncoderSettings
from clavilux.media.probe import check_encoding
from clavilux.model.errors import SpecError
from clavilux.model.report import RenderReport
from clavilux.model.request import ImageRequest
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec
from clavilux.model.timeline import Timeline
from clavilux.options import RenderOptions as RenderOptions
from clavilux.options import choices_of
from clavilux.options import with_part as with_part
from clavilux.planning.edit import Stills, plan_timeline
from clavilux.planning.stills import image_requests
from clavilux.providers.fulfil import Fulfilled
from clavilux.providers.shop import OnNotice
from clavilux.providers.watching import Painting
from clavilux.reporting import describe
from clavilux.shooting import Clock, heard_in, join_footage, read_back, shoot
from clavilux.storage import Store, refuse_as_output, try_writing, write_atomically

if TYPE_CHECKING:
    from clavilux.directors.briefing import Wish

SPEC_SUFFIXES = (".yaml", ".yml", ".json")


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
    painting = Painting(
        lambda at, done, begun: on_progress("painting", at, done, len(requests), begun)
    )
    return meanwhile.make_stills(
        requests, options.shop, account=account, workers=options.workers,
        on_done=lambda made: painting.done(made.request), on_step=painting.step,
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
    clock = Clock()
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
        footage, seen = shoot(
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
            return join_footage(made, output, heard, prepared, analysis, options)

    footage, taken, encoding = join_to_fit(
        footage, options.encoder, options.max_size, draw=draw, join=join
    )
    with clock("measure"):
        film = read_back(footage, seen, output, taken, options, on_progress=on_progress)
    film = replace(film, encoding=encoding.model_copy(update={"size": output.stat().st_size}))
    report = describe(
        film, song, spec, analysis, made, choices_of(options), clock.seconds,
        money=options.shop.bill(analysis.song.digest, made), notices=(*told, *stills.notices),
    )  # fmt: skip
    write_atomically(report_path(output), report.model_dump_json(indent=2).encode())
    return report


def report_path(output: Path) -> Path:
    """song.mp4 -> song.report.json."""
    return output.with_suffix(".report.json")
