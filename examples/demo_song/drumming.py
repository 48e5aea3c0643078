"""The drummer, and what announces a chorus."""

from __future__ import annotations

from demo_song.arrangement import Arrangement, Bar
from demo_song.drums import crash, hat, impact, kick, riser, snare, tom
from demo_song.mixing import Mixer
from demo_song.score import BAR, STEP
from demo_song.synthesis import Random, Sound


def play_drums(song: Arrangement, mixer: Mixer, hands: Random) -> None:
    kit = {
        "kick": kick(hands),
        "snare": snare(hands),
        "closed": hat(hands, decay=0.028),
        "open": hat(hands, decay=0.13),
        "crash": crash(hands),
    }
    for bar in song.bars:
        _play_kick(bar, mixer, kit["kick"])
        _play_snare(bar, mixer, kit["snare"], hands)
        _play_hats(bar, mixer, kit, hands)
        if bar.has("crash") and bar.index % 4 == 0:
            mixer.lay("cymbals", kit["crash"], bar.start, gain=0.9 if bar.index == 0 else 0.6)
        if bar.is_last and bar.following and bar.has("snare"):
            _play_fill(bar, mixer, hands)
    mixer.lay("kick", kit["kick"], song.finale)
    mixer.lay("cymbals", kit["crash"], song.finale, gain=0.8)


def _play_kick(bar: Bar, mixer: Mixer, drum: Sound) -> None:
    if not bar.has("kick"):
        return
    steps = [0, 4, 8, 12] if bar.has("floor") or bar.part.function == "outro" else [0, 6, 8, 11]
    if bar.has("octave") and bar.index % 2:
        steps.append(15)
    for step in steps:
        time = bar.start + step * STEP
        mixer.kicks.append(time)
        soft = 0.75 if step % 4 else 1.0
        mixer.lay("kick", drum, time, gain=soft * (0.55 + 0.45 * bar.part.level))


def _play_snare(bar: Bar, mixer: Mixer, drum: Sound, hands: Random) -> None:
    if not bar.has("snare"):
        return
    for step in (4, 12):
        force = (0.5 + 0.5 * bar.part.level) * hands.uniform(0.94, 1.0)
        mixer.lay("snare", drum, bar.start + step * STEP, gain=force)
    if bar.index % 2:
        mixer.lay("snare", drum, bar.start + 7 * STEP, gain=0.13 * hands.uniform(0.7, 1.3))


def _play_hats(bar: Bar, mixer: Mixer, kit: dict[str, Sound], hands: Random) -> None:
    busy = bar.has("floor") or (bar.has("shaker") and bar.index >= 2)
    if not (bar.has("hats") or busy):
        return
    for step in range(0, 16, 1 if busy else 2):
        accent = (1.0, 0.35, 0.7, 0.4)[step % 4] * hands.uniform(0.8, 1.1)
        late = abs(hands.normal()) * 0.0015
        time = bar.start + step * STEP + late
        mixer.lay("hats", kit["closed"], time, gain=accent * (0.4 + 0.6 * bar.part.level))
        if bar.has("floor") and step % 4 == 2:
            mixer.lay("hats", kit["open"], time, gain=0.75 * hands.uniform(0.9, 1.1))


def _play_fill(bar: Bar, mixer: Mixer, hands: Random) -> None:
    """Toms down the last two beats of a part."""
    notes = (53, 53, 50, 50, 47, 45, 43, 41)
    for i, note in enumerate(notes):
        if i in (1, 3) and hands.random() < 0.5:
            continue
        force = (0.55 + 0.06 * i) * hands.uniform(0.9, 1.05) * bar.part.level
        mixer.lay("toms", tom(note), bar.start + (8 + i) * STEP, gain=force)


def play_transitions(song: Arrangement, mixer: Mixer, hands: Random) -> None:
    """Risers and a snare roll before a chorus, a boom on it."""
    roll = snare(hands)
    for bar in song.bars:
        if bar.before_chorus:
            mixer.lay("effects", riser(hands, seconds=2 * BAR), bar.start - BAR, gain=0.6)
            mixer.lay("effects", impact(hands), bar.start + BAR, gain=0.7)
        if bar.before_chorus and bar.part.function == "bridge":
            for step in range(16):
                mixer.lay(
                    "snare", roll, bar.start + step * STEP, gain=0.12 + 0.5 * (step / 15) ** 2
                )
    mixer.lay("effects", impact(hands), 0.0, gain=0.5)
    mixer.lay("effects", impact(hands), song.finale, gain=0.6)
