"""LoRAs are put into graphs that have no place for them, where they belong and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from clavilux.model.errors import InputError
from clavilux.providers.comfyui import ComfyUI
from clavilux.providers.comfyui.check import classes_of, problems
from clavilux.providers.comfyui.checking import check_graphs
from clavilux.providers.comfyui.graphs import load, shipped
from clavilux.providers.comfyui.loras import takes_loras, with_loras
from clavilux.providers.comfyui.orders import filled
from clavilux.providers.loras import named_loras
from providers.fakes.comfyui import FILES, NODES, FakeComfyUI
from providers.fakes.node_rules import object_info
from providers.shopping import await_picture, order_of, settings, trouble_of

needs_list = pytest.mark.skipif(not NODES.exists(), reason="the node list is not here")

TWO = "ink.safetensors:0.8, faces/sks.safetensors"


@pytest.fixture
def fake() -> Iterator[FakeComfyUI]:
    with FakeComfyUI() as server:
        server.files["lora_name"] = ["ink.safetensors", "faces/sks.safetensors"]
        yield server


def comfy(fake: FakeComfyUI, model: str = "sdxl", **options: Any) -> ComfyUI:
    return ComfyUI(settings(base_url=fake.url, model=model, options=options))


@needs_list
@pytest.mark.parametrize("name", shipped())
def test_every_shipped_graph_takes_them(name: str) -> None:
    graph = load(name)
    assert takes_loras(graph)
    nodes = filled(graph, {"lora": TWO})
    files = {**FILES, "lora_name": ["ink.safetensors", "faces/sks.safetensors"]}
    wrong = problems(nodes, classes_of(object_info(NODES, files)))
    assert [p for p in wrong if p.kind != "model"] == []
    for sampler in graph.said.slots["seed"]:
        assert nodes[sampler.partition(".")[0]]["inputs"]["model"] == ["lora_1", 0]
    assert nodes["lora_1"]["inputs"]["model"] == ["lora_0", 0]
    first = nodes["lora_0"]["inputs"]
    assert (first["lora_name"], first["strength_model"], first["strength_clip"]) == (
        "ink.safetensors", 0.8, 0.8,
    )  # fmt: skip
    assert "Loader" in nodes[first["model"][0]]["class_type"]
    texts = [node for node in nodes.values() if node["class_type"] == "CLIPTextEncode"]
    assert texts and all(node["inputs"]["clip"] == ["lora_1", 1] for node in texts)


def test_other_models_of_a_graph_are_left_alone() -> None:
    graph = load("sdxl_control_depth")
    nodes = filled(graph, {"lora": TWO})
    users = [id for id, node in nodes.items() if ["20", 0] in node["inputs"].values()]
    before = [id for id, node in graph.nodes.items() if ["20", 0] in node["inputs"].values()]
    assert users == before != []
    assert [id for id, node in nodes.items() if ["1", 0] in node["inputs"].values()] == ["lora_0"]


def test_nobody_who_names_none_is_changed() -> None:
    for name in shipped():
        graph = load(name)
        assert filled(graph, {}) == graph.filled({}) == with_loras(graph, graph.nodes, " , ")
        order = order_of(ComfyUI(settings(model=name)))
        assert "lora" not in order.options


def test_a_graph_with_a_slot_of_its_own_keeps_it(tmp_path: Path) -> None:
    nodes = {
        **load("sdxl").nodes,
        "20": {
            "class_type": "LoraLoader",
            "inputs": {"model": ["1", 0], "clip": ["1", 1], "lora_name": "mine.safetensors",
                       "strength_model": 1.0, "strength_clip": 1.0},
        },
    }  # fmt: skip
    (tmp_path / "g.json").write_text(json.dumps(nodes))
    slots = 'prompt = "2.text"\nseed = "5.seed"\nlora = "20.lora_name"\n'
    (tmp_path / "g.toml").write_text(f"[slots]\n{slots}")
    graph = load(str(tmp_path / "g.json"))
    assert not takes_loras(graph)
    sent = filled(graph, {"lora": "ink.safetensors"})
    assert sent["20"]["inputs"]["lora_name"] == "ink.safetensors" and set(sent) == set(nodes)


def test_a_picture_is_made_with_them(fake: FakeComfyUI) -> None:
    plain, styled = comfy(fake), comfy(fake, lora=TWO)
    order = order_of(styled)
    assert order.options["lora"] == TWO and order.key != order_of(plain).key
    ticket = styled.submit(order)
    await_picture(styled, ticket)
    (ran,) = fake.ran
    assert ran.nodes["5"]["inputs"]["model"] == ["lora_1", 0]
    alone = comfy(fake, "auto", **{"sdxl.lora": "ink.safetensors"})
    assert order_of(alone).options["lora"] == "ink.safetensors"


@needs_list
def test_one_that_the_server_lacks_is_named(fake: FakeComfyUI) -> None:
    client = comfy(fake, lora="none.safetensors:0.5")
    error = trouble_of(lambda: client.submit(order_of(client)))
    assert error.trouble == "model_gone" and "lora_name none.safetensors (it has ink" in str(error)
    said = settings(base_url=fake.url, options={"lora": "none.safetensors"})
    (found,) = check_graphs(["sdxl"], said)[fake.url].values()
    assert [p.text for p in found if "LoRA 1" in p.text]


@pytest.mark.parametrize("said", ["ink.safetensors:9", "ink.safetensors:-2.5", "a:nan"])
def test_strengths_out_of_range_are_refused(said: str) -> None:
    with pytest.raises(InputError, match=r"\[providers\.comfyui\.options\] lora: .* from -2 to 2"):
        ComfyUI(settings(options={"lora": said}))
    with pytest.raises(InputError, match=r"sdxl\.lora: .* from -2 to 2"):
        ComfyUI(settings(options={"sdxl.lora": said}))


@given(
    some.lists(
        some.tuples(
            some.text("abcXYZ 01._-/:\\", min_size=1)
            .map(str.strip)
            .filter(lambda s: s and s[-1].isalpha()),
            some.integers(-200, 200).map(lambda n: n / 100),
        ),
        max_size=5,
    )
)
def test_what_is_said_is_what_is_heard(loras: list[tuple[str, float]]) -> None:
    said = ", ".join(f"{name}:{strength}" for name, strength in loras)
    assert named_loras(said) == tuple(loras)
