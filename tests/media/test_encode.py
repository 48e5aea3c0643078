"""Segments: what goes in comes out, tagged, closed, and the same bytes every time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from clavilux.media.encode import EncoderSettings, encode_segment
from clavilux.model.time import FrameRate
from clavilux.rendering.compose import to_yuv420
from support import make_picture
from workshop import decoded

WIDTH, HEIGHT = 192, 108


def moving(
    count: int, *, seed: int = 0, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> list[np.ndarray]:
    """A picture that drifts and flickers a little, as ours do."""
    still = make_picture(*size, seed=seed).transpose(1, 2, 0)
    rng = np.random.default_rng(seed)
    return [
        to_yuv420(np.clip(np.roll(still, k, axis=1) + rng.normal(0, 0.01, still.shape), 0, 1))
        for k in range(count)
    ]


def encode(frames: list[np.ndarray], rate: str = "30", **settings: object) -> bytes:
    return encode_segment(
        frames,
        width=WIDTH,
        height=HEIGHT,
        rate=FrameRate.parse(rate),
        settings=EncoderSettings.model_validate(settings),
    )


@pytest.mark.parametrize("rate", ["24", "30000/1001", "60"])
def test_frames_come_out_in_order_and_on_time(tmp_path: Path, rate: str) -> None:
    frames = moving(40)
    (tmp_path / "a.mp4").write_bytes(encode(frames, rate, crf=8))
    found = decoded(tmp_path / "a.mp4")
    assert len(found) == 40
    assert np.abs(found.astype(int) - np.array(frames)).mean() < 1.5
    exact = FrameRate.parse(rate).fraction
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        times = [f.pts * stream.time_base for f in container.decode(stream)]
        assert stream.average_rate == exact
    assert [float(t) for t in times] == pytest.approx([float(n / exact) for n in range(40)])


def test_a_segment_is_closed_and_can_be_entered_every_four_seconds(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(encode(moving(100), "10"))
    with av.open(str(tmp_path / "a.mp4")) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    entries = [n for n, p in enumerate(packets) if p.is_keyframe]
    assert entries[0] == 0 and np.diff([*entries, 100]).max() <= 40
    assert min(p.pts for p in packets) == 0
    with av.open(str(tmp_path / "a.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.color_primaries, context.color_trc, context.colorspace) == (1, 1, 1)
        assert context.color_range == 1 and container.streams.video[0].profile == "High"


HASH_OF_A_SEGMENT = """
import hashlib, test_encode
print(hashlib.sha256(test_encode.encode(test_encode.moving(60))).hexdigest())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="fills new memory as glibc can")
def test_the_bytes_do_not_depend_on_what_memory_held() -> None:
    """x264 once read beyond what it had written; glibc's malloc can be told what lies there."""
    answers = set()
    for filler in ("0", "85", "170"):
        here = Path(__file__).parent
        environment = {
            "MALLOC_PERTURB_": filler,
            "PYTHONPATH": ":".join([str(here), str(here.parent), *filter(None, sys.path)]),
        }
        done = subprocess.run(
            [sys.executable, "-c", HASH_OF_A_SEGMENT],
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        answers.add(done.stdout)
    assert len(answers) == 1


def test_settings_change_the_bytes() -> None:
    frames = moving(10)
    small, large = encode(frames, crf=35.0), encode(frames, crf=10.0)
    assert len(small) < len(large)
