"""Which graph a ComfyUI server is sent for a style, and what comes of one that it cannot run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from clavilux.cli import app
from clavilux.consent import estimates
from clavilux.direction.style import load_style, style_names
from clavilux.model.errors import InputError
from clavilux.model.likeness import AlikeBy
from clavilux.model.request import ImageRequest
from clavilux.objects import open_objects
from clavilux.providers.comfyui import ComfyUI
from clavilux.providers.comfyui.choosing import BY_STYLE
from clavilux.providers.comfyui.graphs import load
from clavilux.providers.estimate import Estimate, estimate
from clavilux.providers.fulfil import Fulfilled
from clavilux.providers.shop import Shop
from clavilux.storage import Store
from clavilux.testing import check_seller
from providers.fakes.comfyui import NODES, FakeComfyUI
from providers.fakes.wire import Call, RefusalError, Reply
from providers.market import fulfilled, hurried, settings_in
from providers.shopping import STYLE, order_of, request, settings
from workshop import changed, render, spec_of, tiny

pytestmark = pytest.mark.skipif(not NODES.exists(), reason="the node list is not here")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeComfyUI]:
    hurried(monkeypatch)
    with shown() as server:
        yield server


def shown(kind: type[FakeComfyUI] = FakeComfyUI) -> FakeComfyUI:
    """One whose pictures are large enough to be shown."""
    server = kind()
    server.size = (640, 384)
    return server


def song(way: AlikeBy, count: int = 3) -> list[ImageRequest]:
    """The second is the strongest."""
    return [
        request(section=f"part_{n}", prompt=f"p{n}", likeness=way, hero=n == 1,
                width=640, height=360)
        for n in range(count)
    ]  # fmt: skip


def made(
    fake: FakeComfyUI, folder: Path, wanted: list[ImageRequest], **said: Any
) -> tuple[Fulfilled, ...]:
    told = {"base_url": fake.url, "timeout": 600, **said}
    done = fulfilled(folder, "comfyui", wanted=wanted, budget=None, comfyui=told)
    assert all(one.made for one in done), [one.reason for one in done]
    return done


def graphs_run(fake: FakeComfyUI) -> list[str]:
    """Names of the graphs, in the order they were run, told by their classes of nodes."""
    names = {_classes(load(name).nodes): name for name in BY_STYLE.values()}
    return [names[_classes(job.nodes)] for job in fake.ran]


def _classes(nodes: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(node["class_type"] for node in nodes.values()).items()))


def offer_of(fake: FakeComfyUI, folder: Path, wanted: list[ImageRequest]) -> Estimate:
    seller = ComfyUI(settings(key=None, base_url=fake.url))
    return estimate(wanted, seller, account="song", pictures=open_objects(folder / "pictures"))


@pytest.mark.parametrize("name", style_names())
def test_what_is_sent_is_the_styles_choice(fake: FakeComfyUI, tmp_path: Path, name: str) -> None:
    way = load_style(name).likeness
    wanted = song(way)
    before = offer_of(fake, tmp_path, wanted)
    made(fake, tmp_path, wanted)
    assert graphs_run(fake) == ["sdxl", *[BY_STYLE[way]] * 2]
    assert before.to_buy == 3 and before.model == BY_STYLE[way]
    after = offer_of(fake, tmp_path, wanted)  # it planned what was then ordered
    assert (after.to_buy, after.minutes) == (0, 0)


def test_edges_are_of_the_picture_before_and_fall(fake: FakeComfyUI, tmp_path: Path) -> None:
    wanted = [one.model_copy(update={"index": n, "hero": False})
              for n, one in enumerate(song("edges", 4))]  # fmt: skip
    made(fake, tmp_path, wanted)
    strengths = [job.nodes["11"]["inputs"]["strength"] for job in fake.ran[1:]]
    assert strengths == [0.45, 0.337, 0.253]
    loaded = [job.nodes["8"]["inputs"]["image"] for job in fake.ran[1:]]
    assert [fake.uploads[name] for name in loaded] == list(fake.images.values())[:3]


def test_colours_are_of_the_strongest_picture(fake: FakeComfyUI, tmp_path: Path) -> None:
    made(fake, tmp_path, song("picture", 4))
    assert next(job.nodes["2"]["inputs"]["text"] for job in fake.ran).startswith("p1")
    (anchor,) = fake.uploads.values()
    assert anchor == next(iter(fake.images.values()))
    assert {job.nodes["5"]["inputs"]["denoise"] for job in fake.ran[1:]} == {0.6}


def test_a_server_without_the_control_net_makes_them_alike_otherwise(
    fake: FakeComfyUI, tmp_path: Path
) -> None:
    fake.files["control_net_name"] = ["another.safetensors"]
    wanted = song("depth", 4)
    done = made(fake, tmp_path, wanted)
    assert graphs_run(fake) == ["sdxl", *["sdxl_img2img"] * 3]
    (notice,) = [one.notice for one in done if one.notice]
    assert notice == (
        "The picture for part_0 and all others are alike by the video's strongest one, not by the "
        "depth of the one before (the server lacks control_net_name "
        "diffusers_xl_depth_full.safetensors (it has another.safetensors), for ControlNetLoader "
        "'ControlNet' (node 10))."
    )
    assert offer_of(fake, tmp_path, wanted).to_buy == 0
    assert made(fake, tmp_path, wanted) and len(fake.ran) == 4  # nor again
    fake.kill()
    assert all(one.reused for one in made(fake, tmp_path, wanted))
    fake.revive()
    fake.files["control_net_name"] = ["diffusers_xl_depth_full.safetensors"]
    made(fake, tmp_path, wanted)
    assert graphs_run(fake)[4:] == ["sdxl", *["sdxl_control_depth"] * 3]


def test_a_server_that_tells_nothing_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried(monkeypatch)

    class Silent(FakeComfyUI):
        def _object_info(self, call: Call) -> Reply:
            raise RefusalError(403, {"error": "not for you"})

    with shown(Silent) as fake:
        fake.files["control_net_name"] = []
        done = made(fake, tmp_path, song("edges", 4))
        assert graphs_run(fake).count("sdxl_img2img") >= 2
        (notice,) = [one.notice for one in done if one.notice]
        assert "not by the edges of the one before" in notice and "has none" in notice


def test_a_server_without_the_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hurried(monkeypatch)

    class Old(FakeComfyUI):
        def _info(self) -> dict[str, Any]:
            return {n: c for n, c in super()._info().items() if n not in ("Canny", "VAEEncode")}

    with shown(Old) as fake:
        done = made(fake, tmp_path, song("edges"))
        assert set(graphs_run(fake)) == {"sdxl"}
        (notice,) = [one.notice for one in done if one.notice]
        assert "their seeds alone" in notice and "lacks Canny" in notice


def test_one_server_of_a_pool_that_lacks_it_is_enough(fake: FakeComfyUI, tmp_path: Path) -> None:
    with shown() as other:
        other.files["control_net_name"] = []
        done = made(fake, tmp_path, song("depth"), base_url=f"{fake.url},{other.url}")
        (notice,) = [one.notice for one in done if one.notice]
        assert other.url in notice
        assert "sdxl_control_depth" not in {*graphs_run(fake), *graphs_run(other)}


def test_a_graph_that_the_user_names_is_for_all_styles(fake: FakeComfyUI, tmp_path: Path) -> None:
    made(fake, tmp_path / "a", song("depth"), model="sdxl")
    assert set(graphs_run(fake)) == {"sdxl"}
    made(fake, tmp_path / "b", song("seeds"), model="sdxl_img2img")
    assert graphs_run(fake)[3:] == ["sdxl", *["sdxl_img2img"] * 2]
    own = ComfyUI(settings(key=None, model="sdxl_img2img"))
    assert own.capabilities.likeness == "previous" and not own.capabilities.alike_by


def test_it_keeps_the_rules_of_sellers() -> None:
    check_seller(ComfyUI)


def test_saying_auto_is_saying_nothing_and_seeds_are_what_they_were() -> None:
    said = [ComfyUI(settings(key=None, model=model)) for model in ("", "auto", "sdxl")]
    assert len({order_of(one).key for one in said}) == 1
    depth = [order_of(one, STYLE, wanted=request(likeness="depth")).key for one in said]
    assert depth[0] == depth[1] != depth[2]


def test_options_are_for_all_graphs_or_for_one() -> None:
    options = {
        "steps": 20, "control_net": "union.safetensors",
        "sdxl_control_canny.control_net": "canny.safetensors", "strength": 0.5,
    }  # fmt: skip
    client = ComfyUI(settings(key=None, options=options))

    def sent(way: AlikeBy) -> dict[str, Any]:
        return order_of(client, STYLE, wanted=request(likeness=way)).options

    assert sent("edges")["control_net"] == "canny.safetensors"
    assert sent("depth")["control_net"] == "union.safetensors"
    assert {sent(way)["steps"] for way in BY_STYLE} == {20}
    assert sent("picture")["denoise"] == sent("depth")["strength"] == 0.5
    assert order_of(client).options.keys() == sent("seeds").keys()


def test_a_chain_takes_its_time_on_however_many_servers(fake: FakeComfyUI, tmp_path: Path) -> None:
    urls = f"{fake.url},{fake.url.replace('127.0.0.1', 'localhost')}"
    said = settings_in(tmp_path, comfyui={"base_url": urls})
    sellers = Shop(("comfyui",), said).sellers()

    def minutes(way: AlikeBy) -> float:
        (offer,) = estimates(tuple(song(way, 4)), sellers, said, account="song")
        return offer.minutes * 60

    assert minutes("depth") == 8 + 3 * 14 and minutes("seeds") == 4 * 8 / 2


@pytest.mark.parametrize(
    ("arguments", "lacking"),
    [
        ([], True), (["auto"], True), (["sdxl"], False), (["sdxl_control_depth"], True),
        (["--style", "oil_painting"], False), (["--style", "neon_city"], True),
    ],
)  # fmt: skip
def test_the_check_looks_at_what_a_style_needs(
    fake: FakeComfyUI, monkeypatch: pytest.MonkeyPatch, arguments: list[str], lacking: bool
) -> None:
    monkeypatch.delenv("CLAVILUX_COMFYUI_BASE_URL", raising=False)
    fake.files["control_net_name"] = ["diffusers_xl_canny_full.safetensors"]
    said = ["comfyui", "check", *arguments, "--server", fake.url]
    ran = CliRunner().invoke(app, said)
    assert isinstance(ran.exception, InputError) == lacking, ran.output
    assert ("diffusers_xl_depth_full.safetensors" in ran.output) == lacking
    assert CliRunner().invoke(app, [*said, "--json"]).exit_code == (2 if lacking else 0)


@pytest.mark.usefixtures("plain_scene")
def test_a_song_is_rendered_in_the_way_of_its_spec(
    fake: FakeComfyUI, clicks_wav: Path, tmp_path: Path
) -> None:
    fake.size = (448, 256)
    spec = spec_of(clicks_wav, (0, 4, 8), tier=2).model_copy(update={"likeness": "edges"})
    for number in (1, 2):
        spec = changed(spec, f"part_{number}", prompt=f"bands {number}", theme=f"bands {number}")
    said = settings_in(tmp_path, comfyui={"base_url": fake.url, "timeout": 600})
    report = render(
        spec, tmp_path / "a.mp4", preset=tiny(rate=4), store=Store(tmp_path / "cache"),
        shop=Shop(("comfyui",), said),
    )  # fmt: skip
    assert [section.drawn_tier for section in report.sections] == [2, 2]
    assert graphs_run(fake) == ["sdxl", "sdxl_control_canny"]
    assert report.pictures[1].provider == "comfyui"


def test_a_graph_of_the_users_own_says_which_picture_it_is_shown(tmp_path: Path) -> None:
    graph = load("sdxl_img2img")
    slots = "".join(f"{name} = {list(at)}\n" for name, at in graph.said.slots.items())
    (tmp_path / "mine.json").write_text(json.dumps(graph.nodes))
    for follows in ("anchor", "previous"):
        (tmp_path / "mine.toml").write_text(
            f'without_reference = "sdxl"\nfollows = "{follows}"\n[slots]\n{slots}'
        )
        client = ComfyUI(settings(key=None, model=str(tmp_path / "mine.json")))
        assert client.capabilities.likeness == follows
