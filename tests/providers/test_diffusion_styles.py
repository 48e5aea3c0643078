"""How local diffusion makes pictures alike where the user leaves that to the style."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clavilux.model.errors import InputError
from clavilux.model.likeness import AlikeBy
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.settings import ProviderSettings
from clavilux.objects import open_objects
from clavilux.providers.diffusers import Diffusers
from clavilux.providers.diffusion import engine, extra
from clavilux.providers.diffusion.families import FAMILIES
from clavilux.providers.estimate import estimate
from clavilux.providers.fulfil import Fulfilled
from clavilux.providers.ledger import Ledger
from clavilux.testing import check_seller
from providers.market import fulfilled, settings_in
from providers.shopping import request

needs_models = [
    pytest.mark.skipif(bool(extra.missing()), reason="the extra is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]

REFERENCE = ("a" * 64,)
ALL: tuple[AlikeBy, ...] = ("seeds", "edges", "depth", "picture")


def seller(**options: Any) -> Diffusers:
    return Diffusers.configured(ProviderSettings(model="me/m", options=options))


def sent(one: Diffusers, way: AlikeBy, **fields: Any) -> Order:
    return one.order(request(likeness=way, **fields), model="m", references=REFERENCE)


def how(order: Order) -> str:
    """What of the earlier picture an order follows."""
    if "control" in order.options:
        return str(order.options["control"])
    if order.options.get("adapter_strength"):
        return "adapter"
    return "change" if "change" in order.options else ""


# --- Orders ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "follow"),
    [
        ({}, ["", "change", "change", "change"]),
        ({"control_canny": "/c"}, ["", "canny", "change", "change"]),
        ({"control_depth": "/d", "depth_model": "/e"}, ["", "change", "depth", "change"]),
        ({"adapter": "/a", "follow": "style", "control_canny": "/c"},
         ["", "canny", "adapter", "adapter"]),
        ({"control": "canny", "control_model": "/c", "follow": "style"},
         ["", "canny", "change", "change"]),
        ({"control": "canny", "control_model": "/c"}, ["canny"] * 4),
        ({"adapter": "/a"}, ["adapter"] * 4),
        ({"change": 0.3}, ["change"] * 4),
    ],
)  # fmt: skip
def test_the_style_chooses_where_the_user_does_not(
    options: dict[str, Any], follow: list[str]
) -> None:
    one = seller(**options)
    orders = [sent(one, way) for way in ALL]
    assert [how(order) for order in orders] == follow
    assert [bool(order.references) for order in orders] == [bool(word) for word in follow]
    assert bool(one.capabilities.alike_by) == (follow[0] == "")
    assert one.capabilities.references == 1


def test_a_first_picture_is_the_same_for_all_styles() -> None:
    one = seller(control_canny="/c")
    plain = {one.order(request(likeness=way), model="m").key for way in ALL}
    assert plain == {seller().order(request(), model="m").key, sent(one, "seeds").key} - {
        sent(one, "edges").key
    }


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize("said", [{}, {"steps": 1}, {"follow": "style", "change": 0.05}])
def test_a_step_is_always_made_and_a_few_step_model_keeps_its_own(
    family: str, said: dict[str, Any]
) -> None:
    one = seller(family=family, **said)
    for fields in ({}, {"index": 3}, {"hero": True}):
        options = sent(one, "picture", **fields).options
        steps, change = int(options["steps"]), float(options["change"])
        assert steps * change >= 1 and 0 < change < 1
        if not said:
            assert steps == FAMILIES[family].steps


def test_later_stills_and_the_climax_change_more() -> None:
    one = seller()
    changes = [float(sent(one, "picture", index=n).options["change"]) for n in range(3)]
    assert changes == [0.6, 0.72, 0.804]
    assert sent(one, "picture", hero=True).options["change"] == 0.8


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"control_canny": "/c", "change": 0.5}, 'control_canny: it is for follow = "style"'),
        ({"control_depth": "/c"}, "control_depth: name a depth estimator"),
        ({"follow": "styles"}, "follow: "),
    ],
)
def test_options_that_do_not_go_together(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        seller(**options)


def test_it_keeps_the_rules_of_sellers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(extra, "missing", lambda: "")
    monkeypatch.setattr("clavilux.providers.diffusion.model.Model.trouble", lambda _: "")
    check_seller(
        Diffusers, ProviderSettings(model=str(tmp_path), options={"control_canny": str(tmp_path)})
    )


def test_a_part_that_is_not_there_is_said_beforehand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(extra, "missing", lambda: "")
    monkeypatch.setattr("clavilux.providers.diffusion.model.check_pipeline", lambda _: None)
    said = ProviderSettings(model=str(tmp_path), options={"control_canny": str(tmp_path / "c")})
    assert Diffusers.configured(said).ready().endswith("/c")


# --- Pictures --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from providers import tiny_diffusion as tiny

    folder = tmp_path_factory.mktemp("models")
    tiny.save_sdxl(folder / "sdxl")
    tiny.save_flux(folder / "flux")
    tiny.save_controlnet(folder / "controlnet")
    tiny.save_depth_estimator(folder / "depth")
    tiny.save_adapter(folder / "adapter", model=folder / "sdxl")
    yield folder
    engine.forget()


def song(way: AlikeBy) -> list[ImageRequest]:
    """The second is the strongest."""
    return [
        request(section=f"part_{n}", prompt=f"p{n}", likeness=way, hero=n == 1,
                width=448, height=256)
        for n in range(3)
    ]  # fmt: skip


def made(
    folder: Path, model: Path, wanted: list[ImageRequest], left: int = 0, **options: Any
) -> tuple[list[Order], tuple[Fulfilled, ...]]:
    said = {
        "model": str(model), "size": "448x256", "options": {"steps": 2, "device": "cpu", **options}
    }  # fmt: skip
    done = fulfilled(folder, "diffusers", wanted=wanted, budget=None, diffusers=said)
    assert all(one.made for one in done), [one.reason for one in done]
    one = Diffusers.configured(settings_in(folder, diffusers=said).provider("diffusers"))
    offer = estimate(wanted, one, account="song", pictures=open_objects(folder / "pictures"))
    assert (offer.to_buy, offer.trouble) == (left, "")  # what was planned is what was ordered
    return [one.made.order for one in done if one.made and one.made.order], done


class TestPictures:
    pytestmark = needs_models

    @pytest.mark.parametrize(
        ("model", "options"),
        [
            ("sdxl", {}), ("flux", {}), ("sdxl", {"family": "sdxl-turbo", "steps": 1}),
            ("sdxl", {"family": "sdxl-lightning", "steps": 4}),
            ("sdxl", {"family": "sdxl-lcm", "steps": 1}),
        ],
    )  # fmt: skip
    def test_colours_come_from_the_strongest(
        self, models: Path, tmp_path: Path, model: str, options: dict[str, Any]
    ) -> None:
        orders, done = made(tmp_path, models / model, song("picture"), **options)
        assert [how(order) for order in orders] == ["change", "", "change"]
        assert {order.references for order in orders} == {(), (orders[1].key,)}
        assert not any(one.notice for one in done if "negative" not in one.notice)

    def test_edges_come_from_the_one_before(self, models: Path, tmp_path: Path) -> None:
        orders, _ = made(
            tmp_path, models / "sdxl", song("edges"), control_canny=str(models / "controlnet")
        )
        assert [how(order) for order in orders] == ["", "canny", "canny"]
        assert [order.references for order in orders[1:]] == [(o.key,) for o in orders[:-1]]

    def test_depth_and_edges_stand_ready_side_by_side(self, models: Path, tmp_path: Path) -> None:
        nets = {
            "control_canny": str(models / "controlnet"), "depth_model": str(models / "depth"),
            "control_depth": str(models / "controlnet"),
        }  # fmt: skip
        depth, _ = made(tmp_path / "a", models / "sdxl", song("depth"), **nets)
        kept = engine._kept
        edges, _ = made(tmp_path / "b", models / "sdxl", song("edges"), **nets)
        assert engine._kept is kept  # the model was not loaded again
        assert [how(order) for order in depth + edges] == ["", *["depth"] * 2, "", *["canny"] * 2]

    def test_an_adapter_holds_the_style(self, models: Path, tmp_path: Path) -> None:
        orders, _ = made(
            tmp_path, models / "sdxl", song("picture"),
            adapter=str(models / "adapter"), follow="style",
        )  # fmt: skip
        assert [how(order) for order in orders] == ["adapter", "", "adapter"]

    def test_a_control_net_that_does_not_fit_makes_way(self, models: Path, tmp_path: Path) -> None:
        """One for SDXL, with Flux: nobody can tell before it is loaded."""
        net, flux = str(models / "controlnet"), models / "flux"
        orders, done = made(tmp_path, flux, song("edges"), left=1, control_canny=net)
        assert "canny" not in map(how, orders)
        (notice,) = [one.notice for one in done if "not by the edges" in one.notice]
        assert "alike by the video's strongest one" in notice and "canny does not go" in notice
        # The first was made before that was known; another run makes it like all others.
        orders, done = made(tmp_path, flux, song("edges"), control_canny=net)
        assert [how(order) for order in orders] == ["change", "", "change"]
        assert not any("not by the edges" in one.notice for one in done)

    def test_a_model_without_a_pipeline_for_it_makes_pictures_all_the_same(
        self, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import diffusers

        def refuse(*_: object, **__: object) -> None:
            raise ValueError("AutoPipeline can't find a pipeline linked to Sana")

        monkeypatch.setattr(diffusers.AutoPipelineForImage2Image, "from_pipe", refuse)
        engine.forget()
        orders, done = made(tmp_path, models / "sdxl", song("picture"))
        assert [how(order) for order in orders] == [""] * 3
        (notice,) = [one.notice for one in done if "their seeds alone" in one.notice]
        assert "can't find a pipeline" in notice
        rows = Ledger(settings_in(tmp_path).ledger).rows()
        assert sum(row.state == "settled" for row in rows) == 3
