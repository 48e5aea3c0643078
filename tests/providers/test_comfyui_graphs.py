"""Graphs: those shipped are what a real server takes; a user's own are read with their slots."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as some

from clavilux.model.errors import InputError
from clavilux.providers.comfyui import ComfyUI
from clavilux.providers.comfyui.check import classes_of, problems
from clavilux.providers.comfyui.graphs import load, parsed, shipped
from clavilux.providers.comfyui.orders import slots_of, strength_of
from providers.fakes.comfyui import FILES, NODES
from providers.fakes.node_rules import object_info, rule_errors
from providers.shopping import order_of, request, settings

needs_list = pytest.mark.skipif(not NODES.exists(), reason="the node list is not here")

REFERENCE = "clavilux/abc.png"


def info() -> dict[str, Any]:
    return object_info(NODES, FILES)


def filled(name: str, **wanted: Any) -> dict[str, Any]:
    """A graph as it is sent for a later picture."""
    client = ComfyUI(settings(key=None, model=name))
    pictures = (b"",) if client.capabilities.references else ()
    order = order_of(client, *pictures, wanted=request(**wanted))
    return load(name).filled({**slots_of(order), "reference": REFERENCE})


@needs_list
@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (736, 736), (16, 4000), (2208, 1242)])
def test_a_real_servers_rules_allow_every_shipped_graph(name: str, size: tuple[int, int]) -> None:
    nodes = filled(name, width=size[0], height=size[1], index=3, hero=True)
    assert rule_errors(nodes, info(), {REFERENCE: b""}) == {}
    assert problems(nodes, classes_of(info())) == ()


@needs_list
@pytest.mark.parametrize("name", shipped())
def test_all_that_is_said_in_a_graph_is_an_input_of_its_node(name: str) -> None:
    for node in load(name).nodes.values():
        groups = info()[node["class_type"]]["input"]
        known = {i for group in groups.values() for i in group}
        assert node["inputs"].keys() <= known or node["class_type"] == "LotusConditioning"


def test_the_seeds_values_are_where_they_belong() -> None:
    for name in shipped():
        options = load(name).options
        if name == "flux":  # CFG is distilled into its guidance
            assert options["guidance"] == 3.5 and load(name).nodes["8"]["inputs"]["cfg"] == 1
        else:
            assert (options["steps"], options["cfg"]) == (30, 7.5)
    assert set(shipped()) == {
        "flux", "sdxl", "sdxl_control_canny", "sdxl_control_depth", "sdxl_img2img",
        "sdxl_upscale_match",
    }  # fmt: skip


def test_slots_are_filled_everywhere() -> None:
    nodes = filled("sdxl_upscale_match", width=2208, height=1242, palette=("#0A0B0C", "#FFFFFF"))
    assert nodes["5"]["inputs"]["seed"] == nodes["12"]["inputs"]["seed"] == 1
    width, height = nodes["4"]["inputs"]["width"], nodes["4"]["inputs"]["height"]
    assert width % 64 == height % 64 == 0 and 0.9 < width * height / 2**20 < 1.1
    large = nodes["10"]["inputs"]
    assert abs(large["width"] / large["height"] / (width / height) - 1) < 0.01
    assert large["width"] >= 2200 and nodes["21"]["inputs"]["width"] == large["width"]
    assert nodes["20"]["inputs"]["color"] == 0x0A0B0C and nodes["22"]["inputs"]["color"] == 0xFFFFFF
    assert load("sdxl_upscale_match").nodes["20"]["inputs"]["color"] != 0x0A0B0C  # a copy is filled


def test_strength_falls_within_a_section() -> None:
    falling = [strength_of(request(index=n), 0.6) for n in range(4)]
    assert falling[0] == 0.6 and falling == sorted(falling, reverse=True)
    assert strength_of(request(hero=True), 0.6) == 0.3
    nodes = filled("sdxl_img2img", index=1)
    assert nodes["5"]["inputs"]["denoise"] == 0.7  # 1 - 0.4 * 0.75
    assert filled("sdxl_control_canny", index=1)["11"]["inputs"]["strength"] == 0.45


def test_another_graph_or_option_is_another_picture() -> None:
    def key(**said: Any) -> str:
        return order_of(ComfyUI(settings(key=None, **said))).key

    keys = [key(), key(model="sdxl_upscale_match"), key(options={"steps": 31}), key(size="640x384")]
    assert len(set(keys)) == 4 and key(base_url="http://other:1") == keys[0]


# --- A user's own ----------------------------------------------------------------------------


def mine(**titles: str) -> dict[str, Any]:
    """A small graph, with titles by node id."""
    nodes = copy.deepcopy(load("sdxl").nodes)
    for id, title in titles.items():
        nodes[id[1:]]["_meta"] = {"title": title}
    return nodes


def test_titles_name_slots(tmp_path: Path) -> None:
    nodes = mine(_2="clavilux:prompt", _3="Clavilux:negative", _4="clavilux:width, height",
                 _5="clavilux:seed,steps,cfg", _1="clavilux:checkpoint")  # fmt: skip
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(nodes))
    graph = load(str(path))
    assert graph.name == "mine" and graph.output == "7"
    assert graph.said.slots["width"] == ("4.width",) and graph.said.slots["cfg"] == ("5.cfg",)
    assert graph.options == {"checkpoint": "sd_xl_base_1.0.safetensors", "steps": 30, "cfg": 7.5}
    (tmp_path / "mine.toml").write_text('[slots]\nseed = "5.seed"\nlook = ["5.scheduler"]')
    assert load(str(path)).options["look"] == "karras"


def test_a_slot_may_have_several_titled_nodes() -> None:
    nodes = mine(_2="clavilux:prompt", _3="clavilux:prompt", _5="clavilux:seed")
    assert parsed(nodes, {}, name="x").said.slots["prompt"] == ("2.text", "3.text")


@pytest.mark.parametrize(
    ("nodes", "said", "words"),
    [
        ({"nodes": [], "links": []}, {}, "File > Export (API)"),
        ([], {}, "is no ComfyUI graph in API format"),
        ({}, {}, "is no ComfyUI graph in API format"),
        ({"1": {"class_type": "SaveImage"}}, {}, "is no ComfyUI graph in API format"),
        (mine(_5="clavilux:seed"), {}, 'has no slot prompt; title a node "clavilux:prompt"'),
        (mine(_2="clavilux:prompt", _5="clavilux:seeed"), {}, "has no input seeed"),
        (mine(), {"slots": {"prompt": "2.txt"}}, "slot prompt is '2.txt', but there is no such"),
        (mine(), {"slots": {"prompt": "99.text"}}, "slot prompt is '99.text', but there is no"),
        (mine(), {"slots": {"prompt": "2.clip"}}, "which is a link"),
        (mine(), {"slots": 3}, "slots"),
        (mine(), {"stpes": 3}, "stpes"),
        (mine(), {"pixels": "many"}, "pixels"),
        (mine(_2="clavilux:prompt", _5="clavilux:seed"), {"output": "99"}, "output is '99'"),
        (
            mine(_2="clavilux:prompt", _5="clavilux:seed"),
            {"slots": {"reference": "3.text"}}, "without_reference",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_graph_is_said(nodes: Any, said: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parsed(nodes, said, name="x", source="x.json")
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_misspelled_field_is_said_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"pixelz: there is no such field; known: .*pixels"):
        parsed(mine(_2="clavilux:prompt", _5="clavilux:seed"), {"pixelz": 3}, name="x")


def test_which_picture_is_taken_must_be_clear() -> None:
    nodes = mine(_2="clavilux:prompt", _5="clavilux:seed")
    nodes["8"] = copy.deepcopy(nodes["7"])
    with pytest.raises(InputError, match="saves several pictures"):
        parsed(nodes, {}, name="x")
    assert parsed(nodes, {"output": "8"}, name="x").output == "8"
    del nodes["7"], nodes["8"]
    with pytest.raises(InputError, match="saves no picture"):
        parsed(nodes, {}, name="x")


# --- What a server lacks ---------------------------------------------------------------------


def breakages() -> dict[str, Any]:
    """Ways to break a good graph, and what is then said."""

    def put(id: str, name: str, value: Any) -> Any:
        return lambda nodes: nodes[id]["inputs"].__setitem__(name, value)

    return {
        "needs steps": lambda nodes: nodes["5"]["inputs"].pop("steps"),
        "at least 1": put("5", "steps", 0),
        "at most 10000": put("5", "steps", 10001),
        "no number": put("5", "steps", "many"),
        "'eulerr' (it has euler,": put("5", "sampler_name", "eulerr"),
        "lacks ckpt_name mine.ckpt (it has sd_xl": put("1", "ckpt_name", "mine.ckpt"),
        "which is nothing": put("6", "samples", ["77", 0]),
        "which has none such": put("6", "samples", ["5", 1]),
        "wants LATENT and is linked to MODEL": put("6", "samples", ["1", 0]),
        "wants a link to LATENT": put("6", "samples", 7),
    }


@needs_list
@pytest.mark.parametrize("words", breakages())
def test_what_is_wrong_on_a_server_is_said(words: str) -> None:
    nodes = filled("sdxl")
    breakages()[words](nodes)
    said = [problem.text for problem in problems(nodes, classes_of(info()))]
    assert any(words in line for line in said), said
    if "which" not in words:  # the real one answers those with an exception
        assert rule_errors(nodes, info(), {})


@needs_list
def test_a_class_that_is_not_there_and_a_circle() -> None:
    nodes = filled("sdxl")
    nodes["5"]["class_type"] = "KSamplerOfTomorrow"
    (found,) = problems(nodes, classes_of(info()))
    assert (found.kind, found.text) == (
        "class", "the server lacks KSamplerOfTomorrow, for KSamplerOfTomorrow 'Sampler' (node 5)",
    )  # fmt: skip
    nodes = filled("sdxl_upscale_match")
    nodes["5"]["inputs"]["latent_image"] = ["11", 0]
    assert any("depends on itself" in p.text for p in problems(nodes, classes_of(info())))


@needs_list
@trials(max_examples=150, deadline=None)
@given(data=some.data())
def test_both_judges_agree_on_broken_graphs(data: some.DataObject) -> None:
    """Any input of any shipped graph replaced by anything: ours finds fault where theirs does."""
    nodes = filled(data.draw(some.sampled_from(shipped())))
    id = data.draw(some.sampled_from(sorted(nodes)))
    if not nodes[id]["inputs"]:
        return
    name = data.draw(some.sampled_from(sorted(nodes[id]["inputs"])))
    links = some.tuples(some.sampled_from(sorted(nodes)), some.integers(0, 2)).map(list)
    nodes[id]["inputs"][name] = data.draw(links | some.integers(-5, 20000) | some.just("euler"))
    theirs = rule_errors(nodes, info(), {REFERENCE: b""})
    if name == "image" and not isinstance(nodes[id]["inputs"][name], list):
        return  # whether a picture is there, only a server knows
    ours = [p for p in problems(nodes, classes_of(info())) if "itself" not in p.text]
    if theirs and not ours:  # the real one turns numbers in words, and words in numbers, as we do
        kinds = {e["type"] for one in theirs.values() for e in one["errors"]}
        assert kinds == {"invalid_input_type"}
    assert not ours or theirs


@trials(max_examples=200, deadline=None)
@given(
    said=some.recursive(
        some.none() | some.booleans() | some.integers() | some.text(max_size=5)
        | some.just("COMBO") | some.just("INT"),
        lambda inner: some.lists(inner, max_size=3)
        | some.dictionaries(some.sampled_from(
            ("input", "required", "output", "options", "min", "KSampler", "steps")), inner),
        max_leaves=12,
    )
)  # fmt: skip
def test_no_node_list_is_too_strange(said: Any) -> None:
    classes = classes_of(said if isinstance(said, dict) else {"KSampler": {"input": said}})
    problems(load("sdxl").nodes, classes)
