"""How pictures are made alike: the style's way, and the next best where the machine lacks it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clavilux.direction.style import load_style, style_names
from clavilux.interfaces import Capabilities
from clavilux.model.codec import digest
from clavilux.model.errors import ProviderError
from clavilux.model.likeness import AlikeBy
from clavilux.model.order import Order
from clavilux.model.request import ImageRequest
from clavilux.model.spec import PRESETS
from clavilux.planning.stills import image_requests
from clavilux.providers.alike import Ladder, likeness_of, ways_for
from clavilux.providers.buying import Bought
from clavilux.providers.likeness import Purchase
from clavilux.providers.shop import Shop
from providers.market import NAMES, settings_in
from providers.shopping import STYLE, order_of, request
from support import make_analysis, make_spec

WAYS: tuple[AlikeBy, ...] = ("edges", "depth", "picture")


def song(way: AlikeBy = "depth") -> tuple[ImageRequest, ...]:
    """Four pictures, of which the third is the strongest."""
    return tuple(
        request(section=f"part_{n}", prompt=f"p{n}", likeness=way, hero=n == 2) for n in range(4)
    )


class Machine:
    """A maker whose machine lacks some ways; keeps what it makes."""

    account = "song"

    def __init__(self, *lacks: AlikeBy, told: bool = True, there: bool = True) -> None:
        """`told`: whether it knows beforehand what it lacks. `there`: whether it can be asked."""
        self.without, self.told, self.there = lacks, told, there
        self.made: dict[str, Order] = {}
        self.bought = list[Order]()
        self.notes: dict[str, str] = {}

    def order(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Order:
        way = request.likeness if references else "seeds"
        return Order(provider="x", model=way, prompt=request.prompt, width=64, height=64,
                     references=references)  # fmt: skip

    def buy(self, request: ImageRequest, *, references: tuple[str, ...] = ()) -> Purchase:
        order = self.order(request, references=references)
        if order.key not in self.made:
            if not self.there:
                raise ProviderError("nobody there", trouble="transient")
            if order.model in self.without:
                raise ProviderError(f"no {order.model} here", trouble="model_gone")
            self.bought.append(order)
        self.made[order.key] = order
        return order, Bought(b"", reused=False), ()

    def lacking(self, way: AlikeBy) -> str | None:
        if not self.there:
            raise ProviderError("nobody there", trouble="transient")
        if not self.told:
            return None
        return f"no {way} here" if way in self.without else ""

    def kept(self, key: str) -> bool:
        return key in self.made

    def note(self, key: str, text: str | None = None) -> str:
        return self.notes.setdefault(key, text) if text else self.notes.get(key, "")


def can(*ways: AlikeBy) -> Capabilities:
    return Capabilities(
        seed=True, negative_prompt=True, references=1, prompt_limit=100, alike_by=ways
    )


def made(machine: Machine, wanted: Sequence[ImageRequest]) -> list[Purchase]:
    likeness = likeness_of(can(*WAYS), machine, wanted)
    return [likeness.bought(one) for one in wanted]


def ways_of(purchases: Sequence[Purchase]) -> list[str]:
    return [order.model for order, _, _ in purchases]


@pytest.mark.parametrize(
    ("there", "wanted", "ways"),
    [
        (WAYS, "depth", ("depth", "picture", "seeds")),
        (WAYS, "edges", ("edges", "picture", "seeds")),
        (WAYS, "picture", ("picture", "seeds")),
        (WAYS, "seeds", ("seeds",)),
        (("picture",), "depth", ("picture", "seeds")),
        (("edges",), "depth", ("seeds",)),
    ],
)
def test_the_wanted_way_comes_first_then_the_next_best(
    there: tuple[AlikeBy, ...], wanted: AlikeBy, ways: tuple[AlikeBy, ...]
) -> None:
    assert ways_for(can(*there), wanted) == ways


@pytest.mark.parametrize("way", ["edges", "depth"])
def test_lines_and_space_are_taken_from_the_picture_before(way: AlikeBy) -> None:
    orders = [order for order, _, _ in made(Machine(), song(way))]
    assert [order.model for order in orders] == ["seeds", way, way, way]
    assert [order.references for order in orders] == [
        (), *((before.key,) for before in orders[:-1])
    ]  # fmt: skip


def test_colours_are_taken_from_the_strongest_picture() -> None:
    machine = Machine()
    orders = [order for order, _, _ in made(machine, song("picture"))]
    assert [order.model for order in orders] == ["picture", "picture", "seeds", "picture"]
    assert {order.references for order in orders} == {(), (orders[2].key,)}
    assert machine.bought[0] == orders[2]
    changed = (*song("picture")[:3], request(section="part_3", prompt="new", likeness="picture"))
    made(machine, changed)
    assert len(machine.bought) == 5  # an edit makes one picture anew


def test_seeds_alone_refer_to_nothing() -> None:
    assert {order.references for order, _, _ in made(Machine(), song("seeds"))} == {()}


@pytest.mark.parametrize("told", [True, False])
def test_what_is_lacking_makes_way_for_the_next_best_and_is_told_once(told: bool) -> None:
    machine = Machine("depth", told=told)
    purchases = made(machine, song())
    assert "depth" not in ways_of(purchases) and ways_of(purchases).count("picture") >= 2
    (note,) = [note for _, _, notes in purchases for note in notes]
    assert note == (
        "and all others are alike by the video's strongest one, not by the depth of the one "
        "before (no depth here)"
    )
    if told:  # then even the first picture is as all others
        assert ways_of(purchases) == ["picture", "picture", "seeds", "picture"]


@pytest.mark.parametrize("told", [True, False])
def test_seeds_are_always_there(told: bool) -> None:
    purchases = made(Machine("depth", "picture", told=told), song())
    assert set(ways_of(purchases)) == {"seeds"} and len(purchases) == 4
    (note,) = [note for _, _, notes in purchases for note in notes]
    assert (
        note.startswith("and all others are alike by their seeds alone")
        and "no picture here" in note
    )


def test_other_troubles_take_no_step_down() -> None:
    machine = Machine()
    machine.there = False
    with pytest.raises(ProviderError, match="nobody there"):
        made(machine, song())


def test_many_threads_step_down_together() -> None:
    machine, wanted = Machine("depth", told=False), song() * 3
    likeness = likeness_of(can(*WAYS), machine, wanted)
    with ThreadPoolExecutor(6) as pool:
        purchases = list(pool.map(likeness.bought, wanted))
    assert sum(len(notes) for _, _, notes in purchases) == 1
    assert "depth" not in ways_of(purchases)


def test_what_is_here_already_does_where_the_machine_cannot_be_asked() -> None:
    machine = Machine("depth")
    before = [order for order, _, _ in made(machine, song())]
    machine.there = False
    assert [order for order, _, _ in made(machine, song())] == before
    machine.there, machine.without = True, ()  # it was installed
    assert ways_of(made(machine, song())) == ["seeds", "depth", "depth", "depth"]


def test_what_only_trying_tells_is_tried_once() -> None:
    machine = Machine("depth", told=False)
    assert "depth" not in ways_of(made(machine, song()))
    before = len(machine.bought)
    ladder = Ladder(machine, song(), ways_for(can(*WAYS), "depth"))
    plan = [ladder.planned(one) for one in song()]
    purchases = [ladder.bought(one) for one in song()]
    assert [order for order, _, _ in purchases] == plan
    assert not any(notes for _, _, notes in purchases)
    # The first picture was made before anybody knew: now it is like all others.
    assert [order.prompt for order in machine.bought[before:]] == ["p0"]


def test_a_plan_takes_what_a_run_before_had_to_do_with() -> None:
    machine, wanted = Machine("depth"), song()

    def planned() -> list[Order]:
        ladder = Ladder(machine, wanted, ways_for(can(*WAYS), "depth"))
        return [ladder.planned(one) for one in wanted]

    assert [order.model for order in planned()] == ["seeds", "depth", "depth", "depth"]
    orders = [order for order, _, _ in made(machine, wanted)]
    assert planned() == orders
    # Pictures of another way alone are no such run: they would be made anew.
    other = Machine()
    made(other, song("seeds"))
    ladder = Ladder(other, wanted, ways_for(can(*WAYS), "depth"))
    assert [ladder.planned(one).model for one in wanted][1:] == ["depth"] * 3
    assert not machine.bought[len(orders) :]


# --- Styles ----------------------------------------------------------------------------------


def test_every_style_says_its_way_and_why() -> None:
    ways = {name: load_style(name).likeness for name in style_names()}
    assert set(ways.values()) == {"seeds", *WAYS}
    assert all(len(load_style(name).likeness_reason) > 20 for name in ways)
    assert ways["stained_glass"] == ways["brutalist_geometry"] == "edges"
    assert ways["mountain_dusk"] == ways["neon_city"] == "depth"
    assert ways["oil_painting"] == "picture" and ways["deep_space"] == "seeds"


@pytest.mark.parametrize("name", style_names())
def test_the_docs_have_every_style_with_its_reason(name: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "likeness.md").read_text("utf-8")
    style = load_style(name)
    assert f"| `{name}` | {style.likeness} | {style.likeness_reason} |" in page


def test_a_specs_way_reaches_every_request() -> None:
    spec = make_spec(make_analysis()).model_copy(update={"likeness": "edges"})
    asked = image_requests(spec, PRESETS["youtube"])
    assert asked and {one.likeness for one in asked} == {"edges"}


# --- Addresses -------------------------------------------------------------------------------

PINNED = {
    "openai": "b739b07a9cbec62b",
    "gemini": "bb3cf742b7d9d1ec",
    "bfl": "9775e740df203e14",
    "fal": "a0a2865c37a1b16d",
    "stability": "c0b0595795398eac",
}


@pytest.mark.parametrize("way", ["seeds", *WAYS])
def test_a_painted_pictures_address_knows_nothing_of_it(way: AlikeBy) -> None:
    assert digest("still", "painter", "1", request(likeness=way)) == (
        "418c461972543f8f409a18b4dd94f3705c2e2b279e0e233423f4f2d435caad02"
    )
    assert request(likeness=way) == request()


@pytest.mark.parametrize("name", NAMES)
def test_hosted_providers_are_sent_what_they_were_sent(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(f"CLAVILUX_{name.upper()}_BASE_URL", raising=False)
    (seller,) = Shop((name,), settings_in(tmp_path)).sellers()
    assert seller.capabilities.alike_by == ()
    for way in ("seeds", *WAYS):
        wanted = request(likeness=way)
        assert order_of(seller, wanted=wanted).key.startswith(PINNED[name])
        assert order_of(seller, STYLE, wanted=wanted) == order_of(seller, STYLE)
