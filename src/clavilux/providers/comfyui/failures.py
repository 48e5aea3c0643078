"""What ComfyUI says when there is no picture, in one line with the node's name.

Nothing here is billed: the machine is the user's own.

Source of the words: ComfyUI's execution.py and server.py, versions 0.3.64 to 0.38.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clavilux.model.errors import ProviderError, Trouble
from clavilux.providers.comfyui.graphs import described
from clavilux.providers.comfyui.plain import listed, table
from clavilux.providers.web import Reply, provider_words

MODEL_FILES = (".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf")

UNKNOWN_CLASS = ("missing_node_type", "invalid_prompt")
"""The word for a node class that the server lacks, newer and older."""

SHOWN = 5
"""Names that are listed before "and others"."""


class OutOfMemoryError(ProviderError):
    """The GPU's memory did not suffice: worth one more try once models are unloaded."""


class InterruptedJobError(ProviderError):
    """Somebody stopped the job on the server."""


def refusal(reply: Reply, nodes: Mapping[str, Any]) -> ProviderError:
    """The trouble behind an answer to POST /prompt that is no 200."""
    body = table(_json(reply))
    if reply.status != 400 or not ("error" in body or "node_errors" in body):
        return of_status(reply)
    error, wrong = table(body.get("error")), table(body.get("node_errors"))
    if wrong:
        return wrong_nodes(wrong, nodes)
    extra = table(error.get("extra_info"))
    if str(error.get("type")) in UNKNOWN_CLASS:
        node, kind = extra.get("node_id"), str(extra.get("class_type") or "")
        what = f"the node class {kind}" if kind else _said(error)
        where = f", for {described(nodes, node)}" if node else ""
        return _error(f"the server lacks {what}{where}", "model_gone")
    return _error(f"the graph was refused: {_said(error)}", "bad_request")


def wrong_nodes(wrong: Mapping[str, Any], nodes: Mapping[str, Any]) -> ProviderError:
    """The trouble behind `node_errors`."""
    found = [
        (id, table(one)) for id, of in wrong.items() for one in listed(table(of).get("errors"))
    ]
    lacking = [line for id, one in found for line in _lacking(one)]
    if lacking:
        return _error(f"the server lacks {'; '.join(dict.fromkeys(lacking))}", "model_gone")
    said = [f"{described(nodes, id)}: {_said(one)}" for id, one in found]
    return _error("; ".join(said) or "the graph was refused", "bad_request")


def _lacking(one: Mapping[str, Any]) -> Iterator[str]:
    """A model file that is not installed: a value that is in no list of files."""
    extra = table(one.get("extra_info"))
    value = extra.get("received_value")
    if one.get("type") != "value_not_in_list" or not is_model_file(value):
        return
    yield f"{extra.get('input_name')} {value}{has_instead(choices_of(extra.get('input_config')))}"


def is_model_file(value: object) -> bool:
    return isinstance(value, str) and value.lower().endswith(MODEL_FILES)


def has_instead(choices: list[str]) -> str:
    """ " (it has a, b)", or "" where it has none."""
    if not choices:
        return " (it has none)"
    more = " and others" if len(choices) > SHOWN else ""
    return f" (it has {', '.join(choices[:SHOWN])}{more})"


def choices_of(config: object) -> list[str]:
    """The list of an input as /object_info has it: [[...], {}] or ["COMBO", {"options": [...]}]."""
    if not isinstance(config, list) or not config:
        return []
    options = config[0]
    if options == "COMBO" and len(config) > 1:
        options = table(config[1]).get("options")
    return [str(one) for one in options] if isinstance(options, list) else []


def failure(messages: object, nodes: Mapping[str, Any]) -> ProviderError:
    """Why a job of the history ended without success."""
    for kind, data in _events(messages):
        if kind == "execution_error":
            return execution_error(data, nodes)
        if kind == "execution_interrupted":
            where = described(nodes, data.get("node_id"))
            return InterruptedJobError(f"comfyui: the job was stopped on the server, in {where}")
    return _error("the job failed, and the server does not say why", "unusable")


def execution_error(data: Mapping[str, Any], nodes: Mapping[str, Any]) -> ProviderError:
    """An exception in a node."""
    kind = str(data.get("exception_type") or "")
    words = provider_words(data.get("exception_message"))
    where = described(nodes, data.get("node_id"))
    if "OutOfMemory" in kind or "out of memory" in words.lower() or "Allocation on" in words:
        # Every further picture of this size would meet it: whoever is next in line takes over.
        return OutOfMemoryError(
            f'comfyui: out of memory in {where}; ask for less, such as size = "1024x576" under '
            "[providers.comfyui], or start the server with --lowvram",
            trouble="quota",
        )
    return _error(f"{where}: {words or kind or 'it failed'}", "unusable")


def of_status(reply: Reply) -> ProviderError:
    """The trouble behind an HTTP status; mostly a proxy's in front of the server."""
    troubles: dict[int, Trouble] = {
        401: "authentication", 403: "authentication", 407: "authentication",
        400: "bad_request", 408: "transient", 413: "bad_request", 429: "rate_limited",
    }  # fmt: skip
    # Nothing else is answered by a ComfyUI: every further call would meet the same.
    trouble = troubles.get(reply.status, "transient" if reply.status >= 500 else "verification")
    advice = {
        "authentication": "; set CLAVILUX_COMFYUI_HEADER to the header that it wants, such as "
        "'Authorization: Bearer ...'",
        "verification": "; is base_url the address of a ComfyUI server?",
    }
    return ProviderError(
        f"comfyui: the server answered HTTP {reply.status}{advice.get(trouble, '')}",
        trouble=trouble,
        retry_after=reply.retry_after,
    )


def unbilled(error: ProviderError) -> ProviderError:
    """The same trouble; whatever happened, it cost nothing."""
    error.billed, error.cost = "no", None
    return error


def _error(words: str, trouble: Trouble) -> ProviderError:
    line = " ".join(words.split())
    line = line if len(line) <= 400 else line[:397] + "..."
    return ProviderError(f"comfyui: {line}", trouble=trouble)


def _said(one: Mapping[str, Any]) -> str:
    parts = (one.get("message"), one.get("details"))
    return provider_words(": ".join(dict.fromkeys(str(part) for part in parts if part)))


def _json(reply: Reply) -> Any:
    try:
        return reply.json()
    except ProviderError:
        return None


def _events(messages: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for one in listed(messages):
        if isinstance(one, list) and len(one) == 2:
            yield str(one[0]), table(one[1])
