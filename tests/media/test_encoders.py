"""Every encoder of the table: its segments join without a seam, in the right colours and on time;
hardware is tried where there is some, and skipped with the reason where not."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from test_encode import HEIGHT, WIDTH, moving
from test_mux import expect_clicks

from clavilux.media import mux
from clavilux.media.containers import CONTAINERS
from clavilux.media.encode import EncoderSettings, encode_segment, frame_of
from clavilux.media.encoders import (
    ENCODERS,
    HARDWARE,
    QUALITIES,
    SOFTWARE,
    USUAL,
    Encoder,
    check_fit,
    encoder_named,
)
from clavilux.media.probe import check_encoding, why_not
from clavilux.model.errors import InputError
from clavilux.model.spec import PRESETS
from clavilux.model.time import FrameRate
from workshop import beat_times, clicks, decoded, frame_times, tiny, write_song

RATE = FrameRate(numerator=30)


def encoded(frames: list[np.ndarray], encoder: Encoder, quality: str | None = None) -> bytes:
    height, width = frames[0].shape
    return encode_segment(
        frames,
        width=width,
        height=height * 2 // 3,
        rate=RATE,
        settings=EncoderSettings.at(encoder.name, quality),  # type: ignore[arg-type]
    )


def joined(
    frames: list[np.ndarray], encoder: Encoder, folder: Path, cuts: list[int], song: Path | None
) -> Path:
    pieces = []
    for start, end in pairwise(cuts):
        path = folder / f"{start}.mp4"  # as the store names every segment
        path.write_bytes(encoded(frames[start:end], encoder))
        pieces.append((start, path))
    out = folder / f"out{encoder.suffixes[0]}"
    mux.join(pieces, out, rate=RATE, song=song)
    return out


def expect_seamless(encoder: Encoder, folder: Path) -> None:
    """The frames of a joined file are those that went in, each at its time."""
    frames = moving(48, size=(320, 192))
    out = joined(frames, encoder, folder, [0, 1, 3, 22, 48], None)
    found = decoded(out)
    assert len(found) == 48
    tolerance = 6e-4 if out.suffix in (".webm", ".mkv") else 1e-6  # these count milliseconds
    assert frame_times(out) == pytest.approx([n / 30 for n in range(48)], abs=tolerance)
    errors = np.abs(found.astype(int) - np.array(frames)).mean(axis=(1, 2))
    neighbours = np.abs(found[1:].astype(int) - np.array(frames)[:-1]).mean(axis=(1, 2))
    assert errors.max() < 4 and (errors[1:] < neighbours).all(), errors.round(1)
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == 30
        context = stream.codec_context
        for frame in container.decode(stream):
            assert (frame.colorspace, frame.color_range) == (1, 1)
        assert (context.color_primaries, context.color_trc) == (1, 1)


@pytest.mark.parametrize("encoder", SOFTWARE, ids=lambda e: e.name)
def test_segments_join_without_a_seam(encoder: Encoder, tmp_path: Path) -> None:
    expect_seamless(encoder, tmp_path)


@pytest.mark.parametrize("encoder", HARDWARE, ids=lambda e: e.name)
def test_hardware_joins_without_a_seam_where_there_is_some(
    encoder: Encoder, tmp_path: Path
) -> None:
    reason = why_not(EncoderSettings.at(encoder.name))
    if reason:
        pytest.skip(f"{encoder.name}: {reason}")
    expect_seamless(encoder, tmp_path)
    expect_colours(encoder, tmp_path)


@pytest.mark.parametrize("encoder", SOFTWARE, ids=lambda e: e.name)
def test_the_same_frames_give_the_same_bytes(encoder: Encoder) -> None:
    for count in (1, 2, 20):
        frames = moving(count)
        assert encoded(frames, encoder) == encoded(frames, encoder)


@pytest.mark.parametrize("encoder", SOFTWARE, ids=lambda e: e.name)
def test_a_better_quality_is_nearer_to_what_was_drawn(encoder: Encoder, tmp_path: Path) -> None:
    frames, errors, sizes = moving(16), [], []
    for quality in encoder.levels:
        (tmp_path / quality).write_bytes(encoded(frames, encoder, quality))
        sizes.append((tmp_path / quality).stat().st_size)
        found = decoded(tmp_path / quality).astype(int)
        errors.append(float(np.square(found - np.array(frames)).mean()))
    assert sorted(errors, reverse=True) == errors and sorted(sizes) == sizes
    assert errors[-1] < 7


@pytest.mark.parametrize(
    ("name", "option", "few"),
    [("hevc", "x265-params", "asm=sse2"), ("av1", "svtav1-params", "asm=sse2")],
)
def test_a_lesser_processor_gives_the_same_bytes(
    name: str, option: str, few: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames, encoder = moving(20), ENCODERS[name]
    usual = encoded(frames, encoder)
    options = {**encoder.options, option: f"{encoder.options[option]}:{few}"}
    monkeypatch.setitem(ENCODERS, name, encoder.model_copy(update={"options": options}))
    assert encoded(frames, encoder) == usual


# --- Colours ---------------------------------------------------------------------------------

BARS = (
    (180, 128, 128), (162, 44, 142), (131, 156, 44), (112, 72, 58),
    (84, 184, 198), (65, 100, 212), (35, 212, 114), (16, 128, 128),
)  # fmt: skip
"""75 % colour bars in limited-range BT.709, and black: luma and both colour differences."""


def bars(width: int = 320, height: int = 192) -> np.ndarray:
    planes = []
    for component, scale in ((0, 1), (1, 2), (2, 2)):
        row = np.repeat([bar[component] for bar in BARS], width // scale // len(BARS))
        planes.append(np.tile(row.astype(np.uint8), height // scale))
    return np.concatenate(planes).reshape(height * 3 // 2, width)


def expect_colours(encoder: Encoder, folder: Path) -> None:
    """The middle of every bar, as the file's own decoder has it, within two codes of 8 bits."""
    path = folder / "bars.mp4"
    path.write_bytes(encoded([bars()] * 4, encoder, list(encoder.levels)[-1]))
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            for number, bar in enumerate(BARS):
                found = [middle_of(frame, plane, number) for plane in range(3)]
                assert found == pytest.approx(bar, abs=1.5), f"{encoder.name}, bar {number}"


def middle_of(frame: av.VideoFrame, plane: int, bar: int) -> float:
    """The mean over the middle of a bar, in codes of 8 bits."""
    part = frame.planes[plane]
    bits = frame.format.components[plane].bits
    kind = np.uint8 if bits == 8 else np.uint16
    lines = np.frombuffer(part, kind).reshape(part.height, -1)[:, : part.width]
    wide = part.width // len(BARS)
    inside = lines[part.height // 4 : -part.height // 4, bar * wide + 8 : (bar + 1) * wide - 8]
    return float(inside.mean()) / 2 ** (bits - 8)


@pytest.mark.parametrize("encoder", SOFTWARE, ids=lambda e: e.name)
def test_colours_do_not_shift(encoder: Encoder, tmp_path: Path) -> None:
    expect_colours(encoder, tmp_path)


@pytest.mark.parametrize("pixels", sorted({e.pixels for e in ENCODERS.values()} | {"p010le"}))
def test_other_pixel_formats_hold_the_same_colours(pixels: str) -> None:
    frame = frame_of(bars(), pixels=pixels)
    assert frame.format.name == pixels
    back = frame.reformat(format="yuv420p").to_ndarray()
    height = 192
    apart = np.abs(back[:height].astype(int) - bars()[:height])
    assert apart.max() <= 1
    small = frame_of(back, pixels="yuv420p")
    for number, bar in enumerate(BARS):
        found = [middle_of(small, plane, number) for plane in range(3)]
        assert found == pytest.approx(bar, abs=1), number


# --- Containers and sound --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "suffix", "sound"),
    [
        ("vp9", ".webm", "opus"),
        ("av1", ".webm", "opus"),
        ("av1", ".mp4", "aac"),
        ("hevc", ".mp4", "aac"),
        ("h264", ".mkv", "opus"),
        ("h264", ".mov", "aac"),
        ("prores", ".mov", "pcm_s24le"),
        ("prores4444", ".mov", "pcm_s24le"),
    ],
)
def test_every_container_is_in_time(name: str, suffix: str, sound: str, tmp_path: Path) -> None:
    times = beat_times(120, 4)
    song = write_song(tmp_path / "song.wav", clicks(times, 4))
    piece = tmp_path / "piece.mp4"
    piece.write_bytes(encoded(moving(120, size=(96, 64)), ENCODERS[name]))
    out = tmp_path / f"out{suffix}"
    assert mux.join([(0, piece)], out, rate=RATE, song=song) == "encoded"
    expect_clicks(out, times, within=1e-3)
    with av.open(str(out)) as container:
        audio, video = container.streams.audio[0], container.streams.video[0]
        assert audio.codec_context.codec.canonical_name == sound
        assert container.format.name.split(",")[0] in ("mov", "matroska")
        assert float(container.duration / 1e6) == pytest.approx(4, abs=0.03)
        assert video.codec_context.codec.canonical_name == name.removesuffix("4444")
        wanted = {"hevc": "hvc1", "prores": "apch", "prores4444": "ap4h"}.get(name)
        assert wanted is None or video.codec_context.codec_tag == wanted


def test_sound_for_editing_is_what_the_song_holds(tmp_path: Path) -> None:
    """24 bits, nothing lost of 16, and loud samples do not wrap around."""
    rng = np.random.default_rng(1)
    loud = np.clip(rng.normal(0, 0.6, 44100), -1, 1).astype(np.float32)
    song = write_song(tmp_path / "song.flac", loud)
    piece = tmp_path / "piece.mp4"
    piece.write_bytes(encoded(moving(30, size=(96, 64)), ENCODERS["prores"]))
    mux.join([(0, piece)], tmp_path / "out.mov", rate=RATE, song=song)

    def samples(path: Path) -> np.ndarray:
        with av.open(str(path)) as container:
            parts = [f.to_ndarray().astype(np.float64) for f in container.decode(audio=0)]
        whole = np.concatenate(parts, axis=1)[0]
        return whole / np.abs(whole).max()

    assert np.abs(samples(tmp_path / "out.mov") - samples(song)).max() < 2**-14


# --- The table -------------------------------------------------------------------------------


def test_the_table_agrees_with_itself() -> None:
    assert set(USUAL) == set(CONTAINERS)
    for suffix, name in USUAL.items():
        assert suffix in ENCODERS[name].suffixes
    for name, encoder in ENCODERS.items():
        assert encoder.name == name and set(encoder.suffixes) <= set(USUAL)
        assert set(encoder.levels) <= set(QUALITIES)
        assert not encoder_named(encoder.instead).needs
        for quality in encoder.levels:
            settings = EncoderSettings.at(name, quality)
            assert settings.quality == quality
            assert settings.options(RATE)["g"] == "120"
            assert encoder.halving == 0 or settings.crf < encoder.coarsest


@pytest.mark.parametrize(
    ("name", "output", "says"),
    [
        ("vp9", "a.mov", r"vp9 does not fit .mov; name it .webm, .mkv or .mp4, or choose"),
        ("h264", "a.webm", r"choose --encoder av1 or vp9"),
        ("prores", "a.mp4", r"prores does not fit .mp4; name it .mov"),
        ("h264", "a.gif", r"a.gif: a video cannot be named so; name it .mp4, .m4v"),
        ("h264", "a", r"a: a video cannot be named so"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(name: str, output: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        check_fit(ENCODERS[name], Path(output))
    assert "\n" not in str(caught.value)


def test_unknown_names_and_qualities_are_refused() -> None:
    with pytest.raises(InputError, match=r"no encoder 'x264'; choose h264, hevc"):
        EncoderSettings.at("x264")
    with pytest.raises(InputError, match=r"prores has one quality; leave --quality out"):
        EncoderSettings.at("prores", "draft")
    with pytest.raises(InputError, match=r"prores cannot aim at a size; choose .* h264, hevc"):
        settings = EncoderSettings.at("prores")
        check_encoding(settings, Path("a.mov"), shape=tiny(), limit=10**6)


def test_missing_hardware_is_said_in_one_line_and_nothing_is_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    absent = [e for e in HARDWARE if why_not(EncoderSettings.at(e.name))]
    if not absent:
        pytest.skip("this machine has every kind of hardware")
    for encoder in absent:
        with pytest.raises(InputError, match=f"--encoder {encoder.name} does not work") as caught:
            check_encoding(
                EncoderSettings.at(encoder.name), Path("a.mp4"), shape=PRESETS["4k"], limit=None
            )
        message = str(caught.value)
        assert message.endswith(f"choose --encoder {encoder.instead}")
        assert "\n" not in message and encoder.needs in message
    for encoder in SOFTWARE:
        encoded(moving(2), encoder)
    assert capfd.readouterr() == ("", "")


def test_probing_leaves_the_log_as_it_was() -> None:
    before = av.logging.get_level()
    why_not(EncoderSettings.at("h264_nvenc"))
    why_not(EncoderSettings.at("h264"))
    assert av.logging.get_level() == before
    assert why_not(EncoderSettings.at("h264"), width=WIDTH, height=HEIGHT) == ""
