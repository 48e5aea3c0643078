"""OpenAI's images API as documented in November 2026, and as compatible servers speak it.

It bills by tokens. Its counts come from OpenAI's table of output tokens, not from our own prices.
"""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import math
import re
from typing import Any, ClassVar

from PIL import Image

from .faults import Fault
from .server import Fake
from .wire import Call, File, RefusalError, Reply

TEXT_IN, IMAGE_IN, IMAGE_OUT = 5.0, 8.0, 30.0
"""Dollars per million tokens, which are millionths per token."""

TOKENS = {
    "gpt-image-2": {
        "low": (200, 167, 158, 233, 400),
        "medium": (1756, 1372, 1335, 1867, 3367),
        "high": (7024, 5488, 5268, 7400, 13367),
    },
    "gpt-image-2.5": {
        "low": (196, 156, 146, 206, 370),
        "medium": (439, 343, 343, 476, 866),
        "high": (1756, 1372, 1320, 1843, 3336),
        "xhigh": (3123, 2459, 2346, 3276, 5930),
        "max": (7023, 5486, 5280, 7370, 13343),
    },
}
"""Output tokens at 1024x1024, 1024x1536, 1920x1088, 2560x1440 and 3840x2160."""

PIXELS = (1024 * 1024, 1024 * 1536, 1920 * 1088, 2560 * 1440, 3840 * 2160)

MODELS = {
    "gpt-image-2.6-sunburst": "gpt-image-2.5",
    "gpt-image-2.6-flare": "gpt-image-2.5",
    "gpt-image-2.5-sunburst": "gpt-image-2.5",
    "gpt-image-2.5-flare": "gpt-image-2.5",
    "gpt-image-2": "gpt-image-2",
}

FIELDS = {
    "prompt", "model", "n", "size", "quality", "background", "output_format", "output_compression",
    "moderation", "stream", "partial_images", "safety_identifier", "user",
}  # fmt: skip

DALL_E_3_PRICES = {("standard", False): 40_000, ("standard", True): 80_000,
                   ("hd", False): 80_000, ("hd", True): 120_000}  # fmt: skip
"""By quality and whether it is oblong."""


def error(
    status: int, message: str, *, code: str | None, type: str = "invalid_request_error",
    param: str | None = None, **more: Any,
) -> Fault:  # fmt: skip
    """An error body as documented."""
    body = {"message": message, "type": type, "param": param, "code": code, **more}
    return Fault(status, {"error": body})


def _refuse(status: int, message: str, **more: Any) -> RefusalError:
    fault = error(status, message, **more)
    return RefusalError(status, fault.body)


class FakeOpenAI(Fake):
    """`url` is the address without /v1."""

    name = "openai"
    faults: ClassVar[dict[str, Fault]] = {
        "moderated": error(
            400, "Your request was rejected by the safety system. safety_violations=[violence].",
            code="moderation_blocked", type="image_generation_user_error",
            moderation_stage="input", categories=["violence"],
        ),
        "moderated_after": Fault(filtered=True),
        "policy": error(
            400, "Your request was rejected as a result of our safety system.",
            code="content_policy_violation",
        ),
        "hard_limit": error(
            400, "Billing hard limit has been reached", code="billing_hard_limit_reached"
        ),
        "model_gone": error(
            404, "The model does not exist or you do not have access to it.",
            code="model_not_found",
        ),
        "bad_key": error(401, "Incorrect API key provided.", code="invalid_api_key"),
        "unverified": error(
            403, "Your organization must be verified to use the model `gpt-image-2.5-flare`.",
            code=None,
        ),
        "quota": error(
            429, "You exceeded your current quota, please check your plan and billing details.",
            code="insufficient_quota", type="insufficient_quota",
        ),
        "rate_limited": Fault(
            429,
            {"error": {"message": "Rate limit reached for images per minute.", "param": None,
                       "type": "rate_limit_exceeded", "code": "rate_limit_exceeded"}},
            {"retry-after": "1", "x-ratelimit-remaining-requests": "0"},
        ),
    }  # fmt: skip

    compatible = False
    """Whether it is somebody else's server, which still has DALL-E 3."""
    shutdown_dates: ClassVar[dict[str, str]] = {}
    gone: frozenset[str] = frozenset()
    """Models that are not there any more."""

    def respond(self, call: Call) -> Reply:
        self._authorise(call)
        if call.method == "GET" and (found := re.fullmatch(r"/v1/models/([\w.-]+)", call.path)):
            return self._model(found[1])
        try:
            if (call.method, call.path) == ("POST", "/v1/images/generations"):
                return self._generate(call.json(), [])
            if (call.method, call.path) == ("POST", "/v1/images/edits"):
                return self._generate(*call.form())
        except ValueError as problem:
            raise _refuse(400, f"Could not parse the body: {problem}", code=None) from None
        raise _refuse(404, f"Invalid URL ({call.method} {call.path})", code=None)

    def _authorise(self, call: Call) -> None:
        said = call.headers.get("authorization", "")
        if said != f"Bearer {self.key}":
            key = said.removeprefix("Bearer ")
            raise _refuse(401, f"Incorrect API key provided: {key}.", code="invalid_api_key")

    def _model(self, model: str) -> Reply:
        ends = self.shutdown_dates.get(model)
        return Reply.of(
            {"id": model, "object": "model", "owned_by": "openai", "shutdown_date": ends}
        )

    def _generate(self, said: Any, files: list[File]) -> Reply:
        if not isinstance(said, dict) or not isinstance(said.get("prompt"), str):
            raise _refuse(400, "Missing required parameter: 'prompt'.", code=None, param="prompt")
        model = said.get("model")
        if model == "dall-e-3" and self.compatible and not files:
            return self._dall_e_3(said)
        if model not in MODELS or model in self.gone:
            raise _refuse(404, f"The model '{model}' does not exist.", code="model_not_found")
        self._check(said, TOKENS[MODELS[model]])
        for number, file in enumerate(files):
            self._check_file(file, alone=len(files) == 1, number=number)
        if len(files) > 16:
            raise _refuse(400, "At most 16 images.", code=None, param="image")
        return self._make(model, said, files)

    def _check(self, said: dict[str, Any], table: dict[str, Any]) -> None:
        for field in said:
            if field not in FIELDS:
                message = f"Unknown parameter: '{field}'."
                raise _refuse(400, message, code="unknown_parameter", param=field)
        allowed = {
            "quality": {*table, "auto"},
            "background": {"transparent", "opaque", "auto"},
            "output_format": {"png", "jpeg", "webp"},
            "moderation": {"auto", "low"},
            "n": {1, "1"},
        }
        for field, values in allowed.items():
            if field in said and said[field] not in values:
                message = f"Invalid value: '{said[field]}'. Supported: {sorted(map(str, values))}."
                raise _refuse(400, message, code="invalid_value", param=field)
        if not 0 < len(said["prompt"]) <= 32_000:
            raise _refuse(400, "Invalid length of 'prompt'.", code="string_above_max_length")
        _check_size(said.get("size", "auto"))

    def _check_file(self, file: File, *, alone: bool, number: int) -> None:
        names = {"image[]", "image"} if alone else {"image[]"}
        if file.name not in names or not file.filename:
            raise _refuse(400, f"Unknown parameter: '{file.name}'.", code="unknown_parameter")
        try:
            with Image.open(io.BytesIO(file.data)) as image:
                kind = f"image/{(image.format or '').lower()}"
                image.load()
        except OSError:
            kind = "not a picture"
        if kind != file.type or kind not in ("image/png", "image/jpeg", "image/webp"):
            message = f"Invalid file 'image[{number}]': unsupported mimetype ('{file.type}')."
            raise _refuse(400, message, code="unsupported_file_mimetype", param="image")
        if len(file.data) >= 50 * 2**20:
            raise _refuse(413, "File too large.", code=None, param="image")

    def _make(self, model: str, said: dict[str, Any], files: list[File]) -> Reply:
        size, format = said.get("size", "auto"), said.get("output_format", "png")
        width, height = (1024, 1024) if size == "auto" else map(int, size.split("x"))
        quality = said.get("quality", "auto")
        quality = "high" if quality == "auto" else quality
        usage = _usage(said["prompt"], files, TOKENS[MODELS[model]][quality], width, height)
        data = self.picture(said["prompt"], width, height, format=format)
        inputs = usage["input_tokens_details"]
        cost = (
            inputs["text_tokens"] * TEXT_IN
            + inputs["image_tokens"] * IMAGE_IN
            + usage["output_tokens"] * IMAGE_OUT
        )
        self.wait()
        self.sell(model, math.ceil(cost), prompt=said["prompt"])
        if self.fault.filtered:
            raise _refuse(
                400,
                "Your request was rejected by the safety system.",
                code="moderation_blocked",
                type="image_generation_user_error",
                moderation_stage="output",
            )
        return Reply.of(
            {
                "created": 1795600000,
                "data": [{"b64_json": base64.b64encode(data).decode()}],
                "background": said.get("background", "opaque"),
                "output_format": format,
                "quality": quality,
                "size": f"{width}x{height}",
                "usage": usage,
            }
        )

    def _dall_e_3(self, said: dict[str, Any]) -> Reply:
        sizes = {"1024x1024", "1792x1024", "1024x1792"}
        allowed = {
            "size": sizes, "quality": {"standard", "hd"}, "style": {"vivid", "natural"},
            "response_format": {"url", "b64_json"}, "n": {1},
        }  # fmt: skip
        for field, value in said.items():
            if field in ("prompt", "model", "user"):
                continue
            if field not in allowed:
                raise _refuse(400, f"Unknown parameter: '{field}'.", code="unknown_parameter")
            if value not in allowed[field]:
                raise _refuse(400, f"Invalid value: '{value}'.", code="invalid_value", param=field)
        if len(said["prompt"]) > 4000:
            raise _refuse(400, "Prompt too long.", code="string_above_max_length", param="prompt")
        width, height = map(int, said.get("size", "1024x1024").split("x"))
        data = self.picture(said["prompt"], width, height)
        price = DALL_E_3_PRICES[said.get("quality", "standard"), width != height]
        self.wait()
        self.sell("dall-e-3", price, prompt=said["prompt"])
        if said.get("response_format", "url") == "url":
            return Reply.of({"created": 1, "data": [{"url": f"{self.url}/made.png"}]})
        made = {"b64_json": base64.b64encode(data).decode(), "revised_prompt": said["prompt"]}
        return Reply.of({"created": 1795600000, "data": [made]})


def _check_size(size: Any) -> None:
    """The rules for gpt-image-2 and later."""
    if size == "auto":
        return
    found = re.fullmatch(r"(\d+)x(\d+)", size) if isinstance(size, str) else None
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    fits = (
        width % 16 == height % 16 == 0
        and 655_360 <= width * height <= 8_294_400
        and max(width, height) <= min(3840, 3 * min(width, height))
    )
    if not fits:
        raise _refuse(400, f"Invalid size '{size}'.", code="invalid_value", param="size")


def _usage(
    prompt: str, files: list[File], tokens: tuple[int, ...], width: int, height: int
) -> dict[str, Any]:
    """What is counted: it varies by a twentieth from prompt to prompt, as real counts do."""
    spread = hashlib.sha256(prompt.encode()).digest()[0] / 255  # 0..1
    text = min(len(prompt.encode()), math.ceil(len(prompt.encode()) / 2 + 8))
    images = sum(1000 + 25 * (hashlib.sha256(file.data).digest()[0] % 20) for file in files)
    output = math.ceil(_output_tokens(tokens, width, height) * (0.95 + 0.1 * spread))
    return {
        "input_tokens": text + images,
        "input_tokens_details": {"text_tokens": text, "image_tokens": images},
        "output_tokens": output,
        "total_tokens": text + images + output,
    }


def _output_tokens(tokens: tuple[int, ...], width: int, height: int) -> float:
    """Between the listed sizes by area; nearly square pictures take more, as 1024x1024 does."""
    area = width * height
    points = list(zip(PIXELS[1:], tokens[1:], strict=True))
    if area <= points[0][0]:
        oblong = points[0][1] * max(0.85, area / points[0][0])
    else:
        pairs = itertools.pairwise(points)
        (a, ta), (b, tb) = next(pair for pair in pairs if area <= pair[1][0])
        oblong = ta + (tb - ta) * (area - a) / (b - a)
    is_square = max(width, height) < 1.25 * min(width, height)
    return max(oblong, tokens[0]) if is_square else oblong
