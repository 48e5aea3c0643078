"""ComfyUI's rules for graphs, as its execution.py has them, over the node list of a real server.

This is not the check that Clavilux has (providers/comfyui/check.py): each judges the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=2)
def _listed(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8"))["nodes"] if path.exists() else {}


def object_info(path: Path, files: Mapping[str, list[str]]) -> dict[str, Any]:
    """A node list as GET /object_info gives it, with these model files; {} without a list."""
    info = {}
    for name, node in _listed(path).items():
        groups = {
            group: {i: _config(i, said, files) for i, said in inputs.items()}
            for group, inputs in node["inputs"].items()
        }
        info[name] = {
            "name": name,
            "input": groups,
            "output": node["outputs"],
            "output_node": node["output_node"],
        }
    return info


def _config(name: str, said: Mapping[str, Any], files: Mapping[str, list[str]]) -> list[Any]:
    more = {key: value for key, value in said.items() if key not in ("type", "options")}
    if said["type"] != "COMBO":
        return [said["type"], more]
    if name == "image":
        more["image_upload"] = True
    if "options" not in said:  # a list that is made when the server starts
        return ["COMBO", more]
    return [files.get(name, said["options"]), more]


def rule_errors(
    nodes: Mapping[str, Any], info: Mapping[str, Any], uploads: Mapping[str, bytes]
) -> dict[str, Any]:
    """`node_errors` of a graph; {} for a good one, and where there is no node list."""
    if not info:
        return {}
    errors = {}
    for id, node in nodes.items():
        found = list(_errors(node, nodes, info, uploads))
        if found:
            saved = [i for i, n in nodes.items() if info[n["class_type"]]["output_node"]]
            kind = node["class_type"]
            errors[id] = {"errors": found, "dependent_outputs": saved, "class_type": kind}
    return errors


def _errors(node: Any, nodes: Any, info: Any, uploads: Any) -> Any:
    groups = info[node["class_type"]]["input"]
    for group in ("required", "optional"):
        for name, config in groups.get(group, {}).items():
            if name not in node["inputs"]:
                if group == "required":
                    yield _wrong("required_input_missing", name, config, None)
                continue
            value = node["inputs"][name]
            if isinstance(value, list):
                yield from _link_errors(name, config, value, nodes, info)
            else:
                yield from _value_errors(name, config, value, uploads)


def _link_errors(name: str, config: Any, value: Any, nodes: Any, info: Any) -> Any:
    if len(value) != 2 or value[0] not in nodes:
        yield _wrong("bad_linked_input", name, config, value)
        return
    outputs = info[nodes[value[0]]["class_type"]]["output"]
    wanted = "COMBO" if isinstance(config[0], list) else config[0]
    if value[1] >= len(outputs) or outputs[value[1]] not in wanted.split(","):
        yield _wrong("return_type_mismatch", name, config, value)


def _value_errors(name: str, config: Any, value: Any, uploads: Any) -> Any:
    kind, more = config
    if kind in ("INT", "FLOAT"):
        if isinstance(value, bool) or not isinstance(value, int if kind == "INT" else int | float):
            yield _wrong("invalid_input_type", name, config, value)
        elif value < more.get("min", value):
            yield _wrong("value_smaller_than_min", name, config, value)
        elif value > more.get("max", value):
            yield _wrong("value_bigger_than_max", name, config, value)
    elif kind == "STRING" or kind == "BOOLEAN":
        if not isinstance(value, str if kind == "STRING" else bool):
            yield _wrong("invalid_input_type", name, config, value)
    elif more.get("image_upload"):
        if value not in uploads and value != "example.png":
            yield _wrong("custom_validation_failed", name, config, value)
    elif isinstance(kind, list):
        if value not in kind:
            yield _wrong("value_not_in_list", name, config, value)
    elif kind != "COMBO":  # a link is wanted
        yield _wrong("invalid_input_type", name, config, value)


def _wrong(kind: str, name: str, config: Any, value: Any) -> dict[str, Any]:
    extra = {"input_name": name, "input_config": config, "received_value": value}
    words = kind.replace("_", " ").capitalize()
    return {"type": kind, "message": words, "details": f"{name}: {value!r}", "extra_info": extra}
