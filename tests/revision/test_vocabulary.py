"""What musicians say: sixty plain requests, what each changes, and what is refused with advice."""

from __future__ import annotations

import pytest

from clavilux.model.correction import Correction
from clavilux.model.song import Analysis
from clavilux.model.spec import RenderSpec
from clavilux.revision.difference import differences_in_words
from clavilux.revision.requests import RequestError, by_rules
from support import make_analysis, make_spec

PARTS = (
    ("intro", 8.0, 0.2), ("verse", 8.0, 0.4), ("chorus", 8.0, 0.8), ("bridge", 8.0, 0.3),
    ("verse", 8.0, 0.45), ("drop", 8.0, 0.7), ("chorus", 8.0, 0.85), ("outro", 8.0, 0.5),
)  # fmt: skip
SONG = make_analysis(PARTS)
EVERYWHERE = (
    "intro_1", "verse_1", "chorus_1", "bridge_1", "verse_2", "drop_1", "chorus_2", "outro_1",
)  # fmt: skip
VERSES, CHORUSES = ("verse_1", "verse_2"), ("chorus_1", "chorus_2")
BUT_CHORUSES = tuple(label for label in EVERYWHERE if label not in CHORUSES)


def planned() -> RenderSpec:
    """Every section has a look of its own; the second chorus is the hero."""
    spec = make_spec(SONG, scene="dunes")
    sections = tuple(
        section.model_copy(
            update={
                "theme": f"theme {i}", "prompt": f"prompt {i}", "scene": scene, "mood": f"mood {i}",
                "tier": 1 + i % 2, "hero": i == 6, "stills": 2, "transition": "morph",
                "palette": (f"#{i}01020", f"#{i}A3040", "#C0A080", f"#F{i}E0D0"),
                "effects": {"bloom": 1.2, "ken_burns": 1.1 + i / 100},
            }
        )
        for i, (section, scene) in enumerate(
            zip(
                spec.sections,
                ("ridges", "monolith", "dunes", "flow", "city", "tunnel", "dunes", "nebula"),
                strict=True,
            )
        )
    )  # fmt: skip
    return spec.model_copy(update={"style": "desert_heat", "sections": sections})


def heard(spec: RenderSpec) -> Analysis:
    return SONG


LOOK = ("theme", "palette", "mood", "prompt", "scene")
WISHES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("make it darker", EVERYWHERE, ("palette",)),
    ("the verse is not bright enough", VERSES, ("palette",)),
    ("hotter in the drop", ("drop_1",), ("palette",)),
    ("gray verses", VERSES, ("palette",)),
    ("take the energy down in the bridge", ("bridge_1",), ("energy",)),
    ("turn the bloom down", EVERYWHERE, ("bloom",)),
    ("more contrast in the drop", ("drop_1",), ("palette",)),
    ("slow down the zoom in verse 2", ("verse_2",), ("ken_burns",)),
    ("use blue and gold in the chorus", CHORUSES, ("palette",)),
    ("no grain", EVERYWHERE, ("grain",)),
    ("make the intro black and white", ("intro_1",), ("palette", "prompt")),
    ("bridge should be tier 3", ("bridge_1",), ("tier",)),
    ("swap the scenes of intro and outro", ("intro_1", "outro_1"), ("scene", "theme")),
    ("the hero picture should be in the first chorus", CHORUSES, ("hero",)),
    ("put the climax in chorus 1", CHORUSES, ("hero",)),
    ("less busy", EVERYWHERE, ("energy",)),
    ("start with the ocean scene", ("intro_1",), ("scene",)),
    ("chorus 2 like chorus 1", ("chorus_2",), ("theme", "palette", "mood", "prompt", "ken_burns")),
    ("make all verses look the same", ("verse_2",), (*LOOK, "tier", "ken_burns")),
    ("can you make the second verse a bit brighter?", ("verse_2",), ("palette",)),
    ("I want the whole thing to feel colder", EVERYWHERE, ("palette",)),
    ("the chorus should be way more intense", CHORUSES, ("energy",)),
    ("turn off the flashing in the drop", ("drop_1",), ("pulse",)),
    ("stop the flashing", EVERYWHERE, ("pulse",)),
    ("remove the film grain from the verses", VERSES, ("grain",)),
    ("don't use so much bloom", EVERYWHERE, ("bloom",)),
    ("I don't want any flashes in the bridge", ("bridge_1",), ("pulse",)),
    ("make the drop explode", ("drop_1",), ("energy",)),
    ("the drop needs to hit harder", ("drop_1",), ("energy",)),
    ("give the bridge a dreamy look", ("bridge_1",), ("palette", "prompt")),
    ("the first verse needs more movement", ("verse_1",), ("energy",)),
    ("all choruses should be purple", CHORUSES, ("palette",)),
    ("use the tunnel scene for the outro", ("outro_1",), ("scene",)),
    ("replace the dunes in chorus 1 with the ocean", ("chorus_1",), ("scene",)),
    ("replace the dunes with the ocean", CHORUSES, ("scene",)),
    ("show a lonely lighthouse in verse 1", ("verse_1",), ("theme",)),
    ("no people anywhere", EVERYWHERE, ("prompt",)),
    ("keep the verses but make the choruses red", CHORUSES, ("palette",)),
    ("darker but keep the chorus", BUT_CHORUSES, ("palette",)),
    ("remove the pulse from the verses but keep it in the chorus", VERSES, ("pulse",)),
    ("same palette in all choruses", ("chorus_2",), ("palette",)),
    ("make it less saturated", EVERYWHERE, ("palette",)),
    ("I don't like the picture in the intro", ("intro_1",), ("theme",)),
    ("new images for verse 2 please", ("verse_2",), ("theme",)),
    ("rename the drop to bridge", ("drop_1",), ("label",)),
    ("make the transitions smoother", EVERYWHERE, ("transition",)),
    ("hard cuts everywhere", EVERYWHERE, ("transition",)),
    ("crossfade between verse 1 and chorus 1", ("chorus_1",), ("transition",)),
    ("change the title to Monkey Business", ("",), ("title",)),
    ("make the colors pop", EVERYWHERE, ("palette",)),
    ("set bloom to 2 in the chorus", CHORUSES, ("bloom",)),
    ("reduce the glow by half", EVERYWHERE, ("bloom",)),
    ("make verse 1 look like the intro", ("verse_1",), (*LOOK, "tier", "ken_burns")),
    ("I'd love the bridge to be more colorful", ("bridge_1",), ("palette",)),
    ("more energy in the last two choruses", CHORUSES, ("energy",)),
)


@pytest.mark.parametrize(("request_", "sections", "fields"), WISHES, ids=lambda v: str(v)[:40])
def test_a_wish_changes_what_it_says_and_nothing_else(
    request_: str, sections: tuple[str, ...], fields: tuple[str, ...]
) -> None:
    spec = planned()
    found: dict[str, set[str]] = {}
    for one in differences_in_words(spec, by_rules(request_, spec, listen=heard).spec):
        found.setdefault(one.section, set()).add(one.field)
    assert found == {label: set(fields) for label in sections}


def test_wishes_go_the_way_they_are_meant() -> None:
    spec = planned()

    def after(request: str, label: str) -> dict[str, object]:
        return dict(by_rules(request, spec, listen=heard).spec.section(label))

    def zoom(request: str) -> float:
        effects = after(request, "verse_2")["effects"]
        assert isinstance(effects, dict)
        return float(effects["ken_burns"])

    usual = spec.section("verse_2").effects["ken_burns"]
    for less in ("slow down the zoom in verse 2", "slower zoom in verse 2", "calmer zoom"):
        assert zoom(less) < usual, less
    for more in ("faster zoom in verse 2", "wilder zoom", "stronger zoom in verse 2"):
        assert zoom(more) > usual, more
    bloom = after("reduce the glow by half", "intro_1")["effects"]
    assert isinstance(bloom, dict) and bloom["bloom"] == pytest.approx(0.6)
    assert after("change the theme of verse 1 to a red balloon", "verse_1")["theme"] == (
        "a red balloon"
    )
    assert str(after("no people anywhere", "verse_1")["prompt"]).endswith(", no people")
    held = by_rules("put the climax in chorus 1", spec).spec
    assert [s.label for s in held.sections if s.hero] == ["chorus_1"]
    whole = by_rules("change the style to deep space", spec).spec
    assert whole.style == "deep_space"
    stills = by_rules("use only stills, no video", spec).spec
    assert {s.tier for s in stills.sections} == {2}
    swapped = by_rules("swap the scenes of intro and outro", spec).spec
    assert swapped.section("intro_1").scene == spec.section("outro_1").scene
    assert swapped.section("outro_1").scene == spec.section("intro_1").scene


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("the beats are 20 ms too late", {"beat_offset": -20.0}),
        ("everything is 30 ms too early", {"beat_offset": 30.0}),
        ("it's in 3/4", {"meter": 3}),
        ("count in 5", {"meter": 5}),
        ("the tempo is half of that", {"tempo_scale": 0.5}),
        ("the downbeats are one beat too late", {"downbeat_shift": -1}),
        ("the bar starts one beat later", {"downbeat_shift": 1}),
    ],
)
def test_the_rhythm_is_put_right_in_a_musicians_words(
    request_: str, said: dict[str, object]
) -> None:
    changed = by_rules(request_, planned(), listen=heard)
    assert changed.correction == Correction.model_validate(said) and changed.spec == planned()


@pytest.mark.parametrize(
    ("request_", "advice"),
    [
        ("undo that", "clavilux undo"),
        ("go back to the original colors", "clavilux undo"),
        ("lock the chorus", "only what you name is changed"),
        ("make the intro longer", "2 bars longer"),
        ("fewer cuts in the verse", "follows energy and stills"),
        ("cut faster in the drop", "follows energy and stills"),
        ("cut on every beat in the drop", "follows energy and stills"),
        ("fade to black at the end", "cut, dissolve or morph"),
        ("the downbeat is one beat off", "1 beat earlier, or later"),
        ("the song is in 6/8", "6 beats per bar"),
        ("make transitions longer", "where a section is calmer"),
        ("add a red balloon to verse 1", "show a lonely lighthouse"),
        ("more people in the chorus", "can only be left out"),
        ("keep it dark", "stays as it is"),
        ("the rest in pastel", "beside"),
        ("faster dissolve into the chorus", "no speed"),
        ("crossfade between the intro and the outro", "does not follow"),
        ("replace the ocean with the dunes", "no section there shows"),
        ("the hero in the chorus", "which one section"),
        ("chorus like the verse", "which one of verse_1, verse_2"),
        ("make the bridge look the same", "bridge_1 is the only one"),
        ("swap verse_1 and verse_1", "which two sections"),
        ("make it better", "mean nothing here: better"),
    ],
)
def test_what_would_be_a_guess_is_refused_with_advice(request_: str, advice: str) -> None:
    with pytest.raises(RequestError) as caught:
        by_rules(request_, planned(), listen=heard)
    assert advice in str(caught.value) and "Nothing is changed" in str(caught.value)


def test_words_in_quotes_are_nobodys_wish() -> None:
    spec = planned()
    for text in ("merge all, undo that; fade to black", "don't like the picture in the intro"):
        made = by_rules(f'bridge prompt = "{text}"', spec, listen=heard).spec
        assert made.section("bridge_1").prompt == text
