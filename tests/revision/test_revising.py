"""A revision from end to end: what is said to be drawn again is what is drawn, to the digest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clavilux import pipeline
from clavilux.documents import parse_spec, read_spec, write_spec
from clavilux.executors.draw import is_kept
from clavilux.model.codec import digest
from clavilux.model.correction import Correction
from clavilux.model.errors import InputError
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec
from clavilux.pipeline import RenderOptions
from clavilux.providers.shop import Shop
from clavilux.revision import history
from clavilux.revision.consequences import Consequences, consequences
from clavilux.revision.patch import Patch
from clavilux.revision.revising import Proposal, propose, propose_patch
from clavilux.settings import Settings
from clavilux.storage import Store
from revision.selling import PENNY, open_shop
from support import make_analysis
from workshop import Answer, cache, changed, clicks, decoded, spec_of, tiny, write_song

Cli = Callable[..., Answer]
PARTS = (("verse", 4.0, 0.3), ("chorus", 4.0, 0.9), ("outro", 4.0, 0.2))
TINY = tiny(rate=10)
OPTIONS = RenderOptions(preset=TINY)

pytestmark = pytest.mark.usefixtures("plain_scene")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Analysis:
    """Every song is twelve seconds at 120 BPM here."""
    analysis = make_analysis(PARTS)
    monkeypatch.setattr(pipeline, "analyze", lambda song, store, **options: analysis)
    return analysis


@pytest.fixture
def path(tmp_path: Path, heard: Analysis) -> Path:
    """A spec with comments of a person's own."""
    song = write_song(tmp_path / "song.flac", clicks(np.arange(0, 12, 0.5).tolist(), 12))
    spec = spec_of(song, (0, 4, 8, 12)).model_copy(update={"song": "song.flac"})
    looks = [
        {"label": label, "prompt": f"plain bands {number}", "energy": PARTS[number][2]}
        for number, label in enumerate(("verse_1", "chorus_1", "outro_1"))
    ]
    sections = zip(spec.sections, looks, strict=True)
    named = tuple(section.model_copy(update=look) for section, look in sections)
    spec = spec.model_copy(update={"sections": named})
    spec = changed(spec, "chorus_1", tier=2, stills=2)
    path = tmp_path / "song.spec.yaml"
    path.write_text("# mine\n" + write_spec(spec, name=path.name))
    return path


def proposed(path: Path, request: str, heard: Analysis | None = None) -> Proposal:
    def listen(spec: RenderSpec) -> Analysis:
        assert heard is not None, "the song is not needed for this"
        return heard

    return propose(path, request, listen=listen)


def outcome(proposal: Proposal, store: Store, options: RenderOptions = OPTIONS) -> Consequences:
    song = proposal.path.with_name("song.flac")
    return consequences(proposal.before, proposal.after, song, options, store)


def drawn(store: Store) -> set[str]:
    return {p.stem for p in store.folder.glob("*/*.mp4") if not p.name.startswith(".")}


# --- Incremental -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "sections", "transitions"),
    [
        ("darker in the verse", {"verse_1"}, {("verse_1", "chorus_1")}),
        ("no grain in the outro", {"outro_1"}, {("chorus_1", "outro_1")}),
        (
            "red and gold in the chorus",
            {"chorus_1"},
            {("verse_1", "chorus_1"), ("chorus_1", "outro_1")},
        ),
        ('title = "x"; darker in the outro', None, None),
    ],
)
def test_what_is_told_is_what_is_drawn(
    path: Path,
    tmp_path: Path,
    request_: str,
    sections: set[str] | None,
    transitions: set[tuple[str, str]] | None,
) -> None:
    store = Store(tmp_path / "store")
    before = pipeline.render(path, tmp_path / "a.mp4", OPTIONS, store)
    had = drawn(store)
    proposal = proposed(path, request_)
    told = outcome(proposal, store)
    if sections is not None:
        assert set(told.sections) == sections and set(told.transitions) == transitions
    assert told.offer is None and not any(is_kept(store, key) for key in told.keys)

    proposal.accept()
    after = pipeline.render(path, tmp_path / "b.mp4", OPTIONS, store)
    assert drawn(store) - had == told.keys
    assert after.segments - after.segments_reused == told.segments == len(told.keys)
    assert told.of == after.segments == before.segments
    assert after.stills - after.stills_reused == told.pictures
    if sections is not None:
        _compare_frames(tmp_path, sections)


def _compare_frames(folder: Path, sections: set[str]) -> None:
    """Frames of sections that were not touched are the same to the last bit."""
    same = (decoded(folder / "a.mp4") == decoded(folder / "b.mp4")).all(axis=(1, 2))
    for number, label in enumerate(("verse_1", "chorus_1", "outro_1")):
        middle = slice(40 * number + 8, 40 * number + 20)
        assert same[middle].all() == (label not in sections), label


def test_what_undo_brings_back_is_there_already(path: Path, tmp_path: Path) -> None:
    store, text = Store(tmp_path / "store"), path.read_bytes()
    pipeline.render(path, tmp_path / "a.mp4", OPTIONS, store)
    proposed(path, "darker in the verse, chorus faster").accept()
    pipeline.render(path, tmp_path / "b.mp4", OPTIONS, store)
    history.undo(path)
    assert path.read_bytes() == text
    again = pipeline.render(path, tmp_path / "c.mp4", OPTIONS, store)
    assert again.segments_reused == again.segments and again.stills_reused == again.stills
    assert (tmp_path / "c.mp4").read_bytes() == (tmp_path / "a.mp4").read_bytes()


# --- Money -----------------------------------------------------------------------------------


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shop:
    monkeypatch.setenv("CLAVILUX_DATA", str(tmp_path / "data"))
    return Shop(("counter",), Settings.read(), budget=100 * PENNY)


CORRECTIONS = (
    "beats 40 ms later",
    "half tempo",
    "double tempo",
    "the downbeat 1 beat later",
    "3 beats per bar",
    "the chorus starts exactly at 0:04.5",
)


def test_no_timing_fix_buys_anything(
    path: Path, tmp_path: Path, heard: Analysis, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offset, half and double tempo, bar lines, meter, taps, boundaries and labels."""
    seller, store = open_shop(monkeypatch), Store(tmp_path / "store")
    options = replace(OPTIONS, shop=shop)
    first = pipeline.render(path, tmp_path / "a.mp4", options, store)
    assert len(seller.sold) == 2 and first.stills == 2
    assert first.money is not None and first.money.paid == pytest.approx(0.02)
    text, timelines = path.read_text(), {first.timeline_digest}
    taps = [round(0.1 + 0.6 * i, 3) for i in range(18)]
    by_hand = (
        text + f"correction: {{taps: {taps}}}\n",
        text + "correction: {tempo_map: [{time: 0, tempo: 100}]}\n",
        text + "correction: {beat_offset: -120, downbeat_shift: 1}\n",
        text.replace("label: chorus_1", "label: drop_1"),
        text.replace("end: 8.0", "end: 7.5").replace("start: 8.0", "start: 7.5"),
    )
    for wanted in (*CORRECTIONS, *by_hand):
        if wanted in CORRECTIONS:
            path.write_text(text)
            proposal = proposed(path, wanted, heard)
            told = outcome(proposal, store, options)
            assert told.pictures == 0 and told.segments > 0, wanted
            proposal.accept()
        else:
            path.write_text(wanted)
        timelines.add(_planned(path, options, store))
    assert len(seller.sold) == 2, "a correction of the music bought a picture"
    assert len(timelines) == 1 + len(CORRECTIONS) + len(by_hand), "some fix re-timed nothing"
    report = pipeline.render(path, tmp_path / "b.mp4", options, store)
    assert report.money is not None and report.money.paid == 0 and len(seller.sold) == 2


def _planned(path: Path, options: RenderOptions, store: Store) -> str:
    """What a render would draw, with the stills that it would show, all of which are there."""
    spec, analysis = pipeline.direct(path, options, store)
    made = pipeline.paint(spec, options, store, account=analysis.song.digest)
    assert len(made) == 2 and all(one.reused for one in made)
    return digest(pipeline.plan(spec, analysis, options, stills=pipeline.usable(made)))


def test_a_written_correction_edited_by_hand_re_times_and_buys_nothing(
    path: Path, tmp_path: Path, heard: Analysis, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller, store = open_shop(monkeypatch), Store(tmp_path / "store")
    options = replace(OPTIONS, shop=shop)
    pipeline.render(path, tmp_path / "a.mp4", options, store)
    proposed(path, "the downbeat 1 beat later", heard).accept()
    text = path.read_text()
    taps = [round(0.1 + 0.6 * i, 3) for i in range(18)]
    for edit in (
        "downbeat_shift: 2", "beat_offset: 120", "tempo_scale: 0.5", "meter: 3", f"taps: {taps}",
        "tempo_map: [{time: 0, tempo: 100}]",
    ):  # fmt: skip
        path.write_text(text.replace("correction:\n  downbeat_shift: 1", f"correction:\n  {edit}"))
        _planned(path, options, store)
        spec, analysis = pipeline.direct(path, options, store)
        for section in spec.sections[1:]:
            assert min(abs(section.start - t) for t in analysis.downbeats) < 0.001, edit
    path.write_text(text[: text.index("correction:")] + text[text.index("times_follow:") :])
    assert [s.start for s in pipeline.direct(path, options, store)[0].sections] == [0, 4, 8]
    assert len(seller.sold) == 2, "a correction of the music bought a picture"


SECTION_CHANGES = (
    ("split the chorus in half", 0),
    ("split the verse in half", 0),
    ("merge the verse and the chorus", 0),
    ("remove the boundary at 0:08", 0),
    ("move the start of the outro to 0:09.4", 0),
    ("rename chorus_1 to bridge", 0),
    ("remove the verse", 0),
    ("there is a chorus at 0:10", 2),
)


def test_changes_of_sections_buy_what_is_told_and_come_undone(
    path: Path, tmp_path: Path, heard: Analysis, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller, store = open_shop(monkeypatch), Store(tmp_path / "store")
    options = replace(OPTIONS, shop=shop)
    pipeline.render(path, tmp_path / "a.mp4", options, store)
    text = path.read_bytes()
    for request, wanted in SECTION_CHANGES:
        before, proposal = len(seller.sold), proposed(path, request, heard)
        told = outcome(proposal, store, options)
        assert told.offer is not None and told.offer.to_buy == wanted, request
        assert told.segments and told.sections, request
        proposal.accept()
        assert "# mine" in path.read_text()
        spec, analysis = pipeline.direct(path, options, store)
        pipeline.paint(spec, options, store, account=analysis.song.digest)
        assert len(seller.sold) == before + wanted, request
        history.undo(path)
        assert path.read_bytes() == text
        history.redo(path)
        assert read_spec(path) == proposal.after
        history.undo(path)


def test_what_it_costs_is_what_is_bought(
    path: Path, tmp_path: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller, store = open_shop(monkeypatch), Store(tmp_path / "store")
    options = replace(OPTIONS, shop=shop)
    pipeline.render(path, tmp_path / "a.mp4", options, store)
    for request, bought in (
        ("darker in the verse", 0), ("red and gold in the chorus", 2),
        ("use stills for the outro", 1), ("less bloom in the chorus", 0),
    ):  # fmt: skip
        proposal, before = proposed(path, request), len(seller.sold)
        told = outcome(proposal, store, options)
        assert told.offer is not None and told.offer.to_buy == bought, request
        assert told.offer.likely == bought * PENNY
        assert len(seller.sold) == before, "asking what it costs bought something"
        proposal.accept()
        pipeline.render(path, tmp_path / "b.mp4", options, store)
        assert len(seller.sold) == before + bought, request
    history.undo(path)
    history.undo(path)
    proposal = proposed(path, "use stills for the outro")
    assert outcome(proposal, store, options).offer.to_buy == 0  # type: ignore[union-attr]


# --- Times -----------------------------------------------------------------------------------


def test_a_correction_in_words_is_that_of_the_command_line(path: Path, heard: Analysis) -> None:
    proposed(path, "the downbeat 1 beat later", heard).accept()
    spec = read_spec(path)
    assert spec.correction == Correction(downbeat_shift=1)
    assert [s.start for s in spec.sections] == [0, 4.5, 8.5]
    store = Store(cache())
    direct, analysis = pipeline.direct(path, OPTIONS, store)
    assert direct.sections == spec.sections and analysis.downbeats[0] == 0.5
    proposed(path, "the downbeat 1 beat later", heard).accept()
    again = read_spec(path)
    assert again.correction.downbeat_shift == 2
    assert [s.start for s in again.sections] == [0, 5.0, 9.0]
    proposed(path, "bar lines 2 beats earlier", heard).accept()
    assert [s.start for s in read_spec(path).sections] == [0, 4.0, 8.0]
    assert "correction" not in path.read_text() and "# mine" in path.read_text()


# --- History ---------------------------------------------------------------------------------


def test_undo_brings_back_every_byte(path: Path) -> None:
    texts = [path.read_bytes()]
    for request in ("darker", "slower in the outro", 'title = "A song"'):
        proposed(path, request).accept()
        texts.append(path.read_bytes())
    for text in reversed(texts[:-1]):
        history.undo(path)
        assert path.read_bytes() == text
    with pytest.raises(InputError, match="nothing to undo"):
        history.undo(path)
    for text in texts[1:]:
        history.redo(path)
        assert path.read_bytes() == text
    with pytest.raises(InputError, match="nothing to redo"):
        history.redo(path)
    history.undo(path)
    proposed(path, "brighter in the verse").accept()
    with pytest.raises(InputError, match="nothing to redo"):
        history.redo(path)
    history.undo(path)
    assert path.read_bytes() == texts[2]


def test_undo_keeps_what_was_edited_by_hand_since(path: Path) -> None:
    proposed(path, "bloom 2 in the verse").accept()
    path.write_text(path.read_text().replace("seed: 1", "seed: 7  # lucky"))
    history.undo(path)
    spec = read_spec(path)
    assert spec.seed == 7 and "# lucky" in path.read_text()
    assert "bloom" not in spec.section("verse_1").effects
    proposed(path, "bloom 2 in the verse").accept()
    path.write_text(path.read_text().replace("bloom: 2", "bloom: 3"))
    text = path.read_text()
    with pytest.raises(InputError, match="edited since"):
        history.undo(path)
    assert path.read_text() == text


def test_undo_of_a_split_keeps_what_was_edited_by_hand_since(path: Path, heard: Analysis) -> None:
    proposed(path, "split the chorus in half", heard).accept()
    path.write_text(path.read_text().replace("seed: 1", "seed: 7  # lucky"))
    assert history.undo(path) == "split the chorus in half"
    spec = read_spec(path)
    assert [s.label for s in spec.sections] == ["verse_1", "chorus_1", "outro_1"]
    assert spec.seed == 7 and "# lucky" in path.read_text() and "# mine" in path.read_text()
    assert spec.section("chorus_1").stills == 2 and spec.section("chorus_1").end == 8
    proposed(path, "split the chorus in half", heard).accept()
    path.write_text(path.read_text().replace("label: chorus_1b", "label: my_part"))
    with pytest.raises(InputError, match="edited since"):
        history.undo(path)
    assert "my_part" in path.read_text()


def test_sections_are_changed_only_where_the_song_can_be_heard(path: Path) -> None:
    def silent(spec: RenderSpec) -> Analysis:
        raise InputError("there is no song here")

    with pytest.raises(InputError, match="no song here"):
        propose(path, "split the chorus at 0:06", listen=silent)
    assert propose(path, "rename chorus_1 to drop", listen=silent).after.section("drop_1")
    assert propose(path, "merge the verse and the chorus", listen=silent).after.section("verse_1")


def test_a_step_that_never_happened_is_not_undone(path: Path) -> None:
    """Killed between writing the history and writing the spec."""
    proposed(path, "darker").accept()
    dark = path.read_bytes()
    proposed(path, "slower in the outro").accept()
    path.write_bytes(dark)
    assert history.undo(path) == "darker"
    proposed(path, "warmer").accept()
    assert history.undo(path) == "warmer"


def test_half_a_line_is_skipped_and_a_changed_one_is_not(path: Path) -> None:
    proposed(path, "darker").accept()
    log = history.history_path(path)
    with log.open("ab") as file:
        file.write(b'{"kind": "revise", "said": "to')
    proposed(path, "slower in the outro").accept()
    assert history.undo(path) == "slower in the outro" and history.undo(path) == "darker"
    log.write_bytes(log.read_bytes().replace(b"# mine", b"# evil", 1))
    with pytest.raises(InputError, match="changed by hand"):
        history.undo(path)


def test_a_spec_that_changed_meanwhile_is_not_overwritten(path: Path) -> None:
    proposal = proposed(path, "darker")
    path.write_text(path.read_text() + "# later\n")
    with pytest.raises(InputError, match="changed meanwhile"):
        proposal.accept()
    assert path.read_text().endswith("# later\n") and not history.history_path(path).exists()


def test_what_is_so_already_is_said(path: Path) -> None:
    with pytest.raises(InputError, match="already"):
        proposed(path, "use the moving scene in the verse")
    with pytest.raises(InputError, match="already"):
        propose_patch(path, Patch(operations=()), said="nothing")


# --- The commands ----------------------------------------------------------------------------


def test_the_command_shows_and_asks_for_yes(cli: Cli, path: Path) -> None:
    text = path.read_bytes()
    shown = cli("revise", path, "darker in the verse, no bloom in the outro")
    assert shown.code == 0 and path.read_bytes() == text, shown.err
    for words in ("understood: verse_1: darker", "verse_1\n  palette: ", "bloom: 1 -> 0",
                  "drawn again: verse_1, outro_1; transitions verse_1 to chorus_1",
                  "nothing was changed; say --yes"):  # fmt: skip
        assert words in shown.out, (words, shown.out)
    done = cli("revise", path, "darker in the verse", "--yes")
    assert done.code == 0 and "clavilux undo" in done.out and path.read_bytes() != text
    assert "# mine" in path.read_text()
    back = cli("undo", path)
    assert back.code == 0 and path.read_bytes() == text and "darker in the verse" in back.out
    assert cli("redo", path).code == 0 and path.read_bytes() != text
    assert cli("redo", path).code == 2


def test_the_command_speaks_json(cli: Cli, path: Path) -> None:
    answer = cli("revise", path, "slower in the outro", "--json").json
    assert answer["applied"] is False and answer["consequences"]["cost"] is None
    assert answer["patch"] == [
        {"op": "replace", "path": "/sections/2/energy", "value": pytest.approx(0.0)}
    ]
    assert answer["changes"][0]["section"] == "outro_1"


def test_what_cannot_be_done_is_said_in_one_line(cli: Cli, path: Path) -> None:
    text = path.read_bytes()
    for arguments in (
        ("revise", path, "make it sparkly", "--yes"),
        ("revise", path.with_name("song.flac"), "darker"),
        ("revise", path.with_name("absent.yaml"), "darker"),
        ("undo", path),
    ):
        answer = cli(*arguments)
        assert answer.code == 2 and answer.out == "" and answer.err.count("\n") == 1
    assert path.read_bytes() == text and not history.history_path(path).exists()


def test_a_revision_needs_no_song(cli: Cli, path: Path) -> None:
    path.with_name("song.flac").unlink()
    answer = cli("revise", path, "darker in the verse", "--yes")
    assert answer.code == 0 and "cannot be told" in answer.out
    assert parse_spec(path.read_text(), name="x").section("verse_1").palette[0] != "#0B0B1A"
