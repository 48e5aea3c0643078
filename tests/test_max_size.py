"""--encoder, --quality and --max-size, from the command line to the finished file."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from clavilux import footage
from clavilux.arguments import encoding, size
from clavilux.documents import write_spec
from clavilux.media.encode import EncoderSettings
from clavilux.model.errors import InputError
from clavilux.model.spec import RenderSpec
from clavilux.storage import Store
from workshop import render, run, spec_of, tiny

pytestmark = pytest.mark.usefixtures("plain_scene")

SMALL = tiny(rate=10)
EDGES = (0, 4, 8, 12)


@pytest.fixture
def spec(clicks_wav: Path) -> RenderSpec:
    return spec_of(clicks_wav, EDGES, effects={"grain": 3.0})


def test_a_limit_that_is_met_already_changes_nothing(spec: RenderSpec, tmp_path: Path) -> None:
    plain = render(spec, tmp_path / "a.mp4", preset=SMALL)
    again = render(spec, tmp_path / "b.mp4", preset=SMALL, max_size=10**8)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert plain.encoding is not None and again.encoding is not None
    assert (again.encoding.passes, again.encoding.max_size) == (1, 10**8)
    assert again.encoding.crf == plain.encoding.crf == 19
    assert again.encoding.size == (tmp_path / "b.mp4").stat().st_size
    assert (again.encoding.encoder, again.encoding.quality) == ("h264", "standard")


@pytest.mark.parametrize("name", ["h264", "hevc", "av1", "vp9"])
def test_a_file_is_never_larger_than_it_may_be(spec: RenderSpec, tmp_path: Path, name: str) -> None:
    silent = SMALL.model_copy(update={"audio": False})
    settings, suffix = EncoderSettings.at(name), ".webm" if name == "vp9" else ".mp4"
    store = Store(tmp_path / "store")
    plain = render(spec, tmp_path / f"a{suffix}", preset=silent, encoder=settings, store=store)
    assert plain.encoding is not None
    limit = round(0.6 * plain.encoding.size)
    fitted = render(
        spec, tmp_path / f"b{suffix}", preset=silent, encoder=settings, store=store, max_size=limit
    )
    assert fitted.encoding is not None and fitted.sync.frames == plain.sync.frames
    assert (tmp_path / f"b{suffix}").stat().st_size == fitted.encoding.size <= limit
    assert fitted.encoding.crf > settings.crf and fitted.encoding.passes >= 2
    assert fitted.encoding.size > 0.5 * limit


def test_a_second_run_takes_everything_from_the_store(
    spec: RenderSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "store")
    plain = render(spec, tmp_path / "plain.mp4", preset=SMALL, store=store)
    assert plain.encoding is not None
    limit = round(0.8 * plain.encoding.size)
    first = render(spec, tmp_path / "a.mp4", preset=SMALL, store=store, max_size=limit)
    assert first.encoding is not None and first.encoding.passes >= 2
    asked: list[int] = []
    drawn = footage.draw_segments

    def counted(timeline, jobs, *arguments, **options):  # type: ignore[no-untyped-def]
        asked.append(len(jobs))
        return drawn(timeline, jobs, *arguments, **options)

    monkeypatch.setattr(footage, "draw_segments", counted)
    again = render(spec, tmp_path / "b.mp4", preset=SMALL, store=store, max_size=limit)
    assert asked and set(asked) == {0}
    assert again.encoding == first.encoding
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_render_that_is_stopped_while_it_fits_goes_on(
    spec: RenderSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = render(spec, tmp_path / "plain.mp4", preset=SMALL)
    assert plain.encoding is not None
    limit = round(0.8 * plain.encoding.size)
    straight = render(spec, tmp_path / "a.mp4", preset=SMALL, max_size=limit)
    store, drawn, left = Store(tmp_path / "store"), footage.draw_segments, 2

    def stopped(*arguments, **options):  # type: ignore[no-untyped-def]
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return drawn(*arguments, **options)

    out = tmp_path / "b.mp4"
    with monkeypatch.context() as patch:
        patch.setattr(footage, "draw_segments", stopped)
        with pytest.raises(KeyboardInterrupt):
            render(spec, out, preset=SMALL, store=store, max_size=limit)
    assert not out.exists()
    resumed = render(spec, out, preset=SMALL, store=store, max_size=limit)
    assert out.read_bytes() == (tmp_path / "a.mp4").read_bytes()
    assert resumed.encoding == straight.encoding


def test_a_size_that_cannot_be_leaves_what_was_there(spec: RenderSpec, tmp_path: Path) -> None:
    out = tmp_path / "film" / "a.mp4"
    out.parent.mkdir()
    out.write_bytes(b"old")
    with pytest.raises(InputError, match=r"--max-size: 30K is too small .* needs about \d+K"):
        render(spec, out, preset=SMALL, max_size=30_000)
    assert out.read_bytes() == b"old"
    assert sorted(p.name for p in out.parent.iterdir()) == ["a.mp4", "a.yaml"]


# --- The command line ------------------------------------------------------------------------


def test_the_command_line_chooses_encoder_quality_and_name(
    clicks_wav: Path, tmp_path: Path
) -> None:
    (tmp_path / "song.spec.yaml").write_text(write_spec(spec_of(clicks_wav, (0, 12)), name="s"))
    answer = run(
        "render", tmp_path / "song.spec.yaml", "--preset", "preview", "--encoder", "vp9",
        "--quality", "draft", "--duration", "0.5", "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert answer.json["encoding"]["encoder"] == "vp9"
    assert answer.json["encoding"]["quality"] == "draft"
    with av.open(str(tmp_path / "song.preview.webm")) as container:
        assert container.streams.video[0].codec_context.codec.canonical_name == "vp9"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--encoder", "x264"], "there is no encoder 'x264'; choose h264, hevc, av1"),
        (["--encoder", "vp9", "-o", "a.mov"], "vp9 does not fit .mov; name it .webm"),
        (["-o", "a.avi"], "a.avi: a video cannot be named so"),
        (["--quality", "best"], "there is no quality 'best'; choose draft, standard, master"),
        (["--encoder", "prores", "--quality", "draft"], "prores has one quality"),
        (["--encoder", "prores", "--max-size", "1G"], "--max-size: prores cannot aim at a size"),
        (["--max-size", "100"], "--max-size '100' is not a size; write 900K, 25M"),
        (["--max-size", "-5M"], "is not a size"),
        (["--max-size", "0M"], "--max-size '0M' is out of range"),
        (["--max-size", "5MiB"], "is not a size"),
    ],
)
def test_bad_choices_are_refused_at_once(clicks_wav: Path, arguments: list[str], says: str) -> None:
    answer = run("render", clicks_wav, *arguments)
    assert answer.code == 2 and says in answer.err
    assert answer.err.count("\n") == 1 and "Traceback" not in answer.err


def test_doctor_names_every_encoder() -> None:
    answer = run("doctor", "--json")
    checks = {check["name"]: check for check in answer.json}
    assert all(checks[f"encoder {name}"]["present"] for name in ("h264", "hevc", "av1", "vp9"))
    for kind in ("nvenc", "qsv", "amf", "vaapi", "videotoolbox"):
        check = checks[f"encoders {kind}"]
        assert not check["needed"] and (check["present"] or "it needs a" in check["adds"])
    assert "Svt" not in answer.err and "x265" not in answer.err


def test_sizes_are_read_in_decimal_units() -> None:
    assert size("100M") == size("100MB") == size("100 mb") == size("0.1G") == 100_000_000
    assert size("900k") == 900_000 and size("1.5GB") == 1_500_000_000


def test_the_suffix_decides_where_nobody_does() -> None:
    assert encoding("", "", None).encoder == "h264"
    assert encoding("", "", Path("a.WEBM")).encoder == "vp9"
    assert encoding("av1", "master", Path("a.webm")).quality == "master"
    assert encoding("prores", "", None).of.suffixes == (".mov",)
