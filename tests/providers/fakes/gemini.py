"""Google's generateContent for image models, as google-genai 3.4.0 speaks it.

It bills by tokens: 1120 for a picture of 1K, some for thinking, 560 for each picture that comes in.
"""

from __future__ import annotations

import base64
import hashlib
import io
import math
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from PIL import Image

from .server import Call, Fake, Fault, RefusalError, Reply

RATES = {
    "gemini-nano-banana-2.1": (1.5, 1.5, 7.5, 30.0),
    "gemini-3.1-flash-lite-image": (0.25, 0.25, 1.5, 30.0),
    "gemini-3-pro-image": (2.0, 2.0, 12.0, 120.0),
    "gemini-2.5-flash-image": (0.3, 0.3, 2.5, 30.0),
}
"""Dollars per million tokens: text in, picture in, text out, picture out."""

TOKENS = {"1K": 1120, "2K": 1680, "4K": 3780}

SIZES = {
    "gemini-nano-banana-2.1": ("1K", "2K", "4K"),
    "gemini-3.1-flash-lite-image": ("1K",),
    "gemini-3-pro-image": ("1K", "2K", "4K"),
    "gemini-2.5-flash-image": (),
}

ASPECTS = {
    "1:1": (1024, 1024), "2:3": (848, 1264), "3:2": (1264, 848), "3:4": (896, 1200),
    "4:3": (1200, 896), "9:16": (768, 1376), "16:9": (1376, 768), "21:9": (1584, 672),
}  # fmt: skip

LARGEST = 20 * 2**20
"""Bytes of a request with pictures in it."""


def error(status: int, name: str, message: str, *details: dict[str, Any]) -> Fault:
    """google.rpc.Status as JSON."""
    body: dict[str, Any] = {"code": status, "message": message, "status": name}
    return Fault(status, {"error": body | ({"details": list(details)} if details else {})})


def _detail(type: str, **said: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{type}", **said}


def _refuse(status: int, name: str, message: str, *details: dict[str, Any]) -> RefusalError:
    return RefusalError(status, error(status, name, message, *details).body)


def _limit(per: str) -> dict[str, Any]:
    violation = {
        "quotaMetric": "generativelanguage.googleapis.com/generate_requests_per_model",
        "quotaId": f"GenerateRequestsPer{per}PerProjectPerModel",
        "quotaDimensions": {"location": "global", "model": "gemini-nano-banana-2.1"},
    }
    return _detail("QuotaFailure", violations=[violation])


@dataclass(frozen=True)
class FinishFault(Fault):
    """The model stops without a picture; the prompt's tokens are billed, unless it says not."""

    finish: str = ""
    block: str = ""
    message: str = ""


QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more "
    "information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits."
)


class FakeGemini(Fake):
    """`url` is the address without /v1beta."""

    name = "gemini"
    faults: ClassVar[dict[str, Fault]] = {
        "bad_key": error(
            400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.",
            _detail("ErrorInfo", reason="API_KEY_INVALID", domain="googleapis.com"),
        ),
        "unauthenticated": error(401, "UNAUTHENTICATED", "Request had invalid credentials."),
        "forbidden": error(403, "PERMISSION_DENIED", "The caller does not have permission"),
        "no_billing": error(
            400, "FAILED_PRECONDITION",
            "Gemini API free tier is not available in your country. Please enable billing.",
        ),
        "bad_request": error(400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
        "model_gone": error(404, "NOT_FOUND", "models/x is not found for API version v1beta"),
        "rate_limited": error(
            429, "RESOURCE_EXHAUSTED", QUOTA, _limit("Minute"),
            _detail("RetryInfo", retryDelay="1.5s"),
        ),
        "busy": error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
        "quota": error(429, "RESOURCE_EXHAUSTED", QUOTA, _limit("Day")),
        "quota_bare": error(429, "RESOURCE_EXHAUSTED", QUOTA, _detail("Help", links=[])),
        "internal": error(500, "INTERNAL", "An internal error has occurred."),
        "unavailable": error(503, "UNAVAILABLE", "The model is overloaded."),
        "deadline": error(504, "DEADLINE_EXCEEDED", "The request timed out."),
        "moderated": FinishFault(finish="IMAGE_SAFETY", message="Unable to show the image."),
        "prohibited": FinishFault(finish="IMAGE_PROHIBITED_CONTENT"),
        "recitation": FinishFault(finish="IMAGE_RECITATION"),
        "no_image": FinishFault(finish="NO_IMAGE"),
        "free_refusal": FinishFault(
            finish="IMAGE_SAFETY", message="You will not be charged for this request."
        ),
        "other": FinishFault(finish="IMAGE_OTHER"),
        "blocked": FinishFault(block="PROHIBITED_CONTENT"),
        "text_only": FinishFault(finish="STOP"),
        "disabled": FinishFault(finish="PUP_LIMITED_DISABLED"),
    }  # fmt: skip

    thoughts = 300
    """Tokens of thinking for each picture."""

    def respond(self, call: Call) -> Reply:
        if call.headers.get("x-goog-api-key") != self.key:
            raise RefusalError(400, self.faults["bad_key"].body)
        found = re.fullmatch(r"/v1beta/models/([\w.-]+):generateContent", call.path)
        if call.method != "POST" or not found:
            raise _refuse(404, "NOT_FOUND", "The requested URL was not found on this server.")
        model = found[1]
        if model not in RATES:
            name = f"models/{model} is not found for API version v1beta"
            raise _refuse(404, "NOT_FOUND", name)
        if len(call.body) > LARGEST:
            raise _refuse(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit.")
        try:
            said = call.json()
        except ValueError as problem:
            raise _refuse(400, "INVALID_ARGUMENT", f"Invalid JSON payload: {problem}") from None
        return self._generate(model, said)

    def _generate(self, model: str, said: Any) -> Reply:
        _only(said, {"contents", "generationConfig"}, "")
        prompt, pictures = _contents(said.get("contents"))
        config = said.get("generationConfig", {})
        _only(config, {"responseModalities", "imageConfig", "candidateCount", "seed"},
              "generation_config")  # fmt: skip
        if "IMAGE" not in config.get("responseModalities", ["IMAGE"]):
            raise _refuse(400, "INVALID_ARGUMENT", "The model cannot answer without IMAGE.")
        image = config.get("imageConfig", {})
        _only(image, {"aspectRatio", "imageSize"}, "image_config")
        size, aspect = image.get("imageSize", "1K"), image.get("aspectRatio", "1:1")
        if aspect not in ASPECTS or ("imageSize" in image and size not in SIZES[model]):
            raise _refuse(400, "INVALID_ARGUMENT", f"{aspect} {size} is not supported.")
        if isinstance(self.fault, FinishFault):
            return self._stop(model, prompt, pictures, self.fault)
        self.wait()
        factor = {"1K": 1, "2K": 2, "4K": 4}[size]
        width, height = (side * factor for side in ASPECTS[aspect])
        data = self.picture(prompt, width, height)
        usage = self._bill(model, prompt, pictures, drawn=TOKENS[size])
        parts = [
            {"text": "A draft.", "thought": True},
            {"inlineData": {"mimeType": "image/png", "data": "ZHJhZnQ="}, "thought": True},
            {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(data).decode()}},
        ]
        content = {"parts": parts, "role": "model"}
        candidate = {"content": content, "finishReason": "STOP", "index": 0}
        return Reply.of({"candidates": [candidate], "usageMetadata": usage, "modelVersion": model})

    def _stop(self, model: str, prompt: str, pictures: int, fault: FinishFault) -> Reply:
        free = "not be charged" in fault.message
        usage = self._bill(model, prompt, pictures, drawn=0, free=free)
        if fault.block:
            feedback = {"blockReason": fault.block}
            return Reply.of({"promptFeedback": feedback, "usageMetadata": usage})
        said = {"finishMessage": fault.message} if fault.message else {}
        parts = [{"text": "I cannot."}] if fault.finish == "STOP" else []
        candidate = {"content": {"parts": parts}, "finishReason": fault.finish, "index": 0, **said}
        return Reply.of({"candidates": [candidate], "usageMetadata": usage})

    def _bill(
        self, model: str, prompt: str, pictures: int, *, drawn: int, free: bool = False
    ) -> dict[str, Any]:
        """Sell, and say so in tokens."""
        text = min(len(prompt.encode()), len(prompt) // 3 + 2)
        spread = hashlib.sha256(prompt.encode()).digest()[0]
        thoughts = self.thoughts + spread if drawn else 0
        rates = RATES[model]
        cost = text * rates[0] + 560 * pictures * rates[1] + thoughts * rates[2] + drawn * rates[3]
        if not free:
            self.sell(model, math.ceil(round(cost, 3)), prompt=prompt)
        return {
            "promptTokenCount": text + 560 * pictures,
            "candidatesTokenCount": drawn,
            "thoughtsTokenCount": thoughts,
            "totalTokenCount": text + 560 * pictures + drawn + thoughts,
            "promptTokensDetails": [
                {"modality": "TEXT", "tokenCount": text},
                {"modality": "IMAGE", "tokenCount": 560 * pictures},
            ],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": drawn}],
        }


def _only(said: Any, names: set[str], place: str) -> None:
    """Protocol buffers refuse fields that they do not know."""
    if not isinstance(said, dict):
        raise _refuse(400, "INVALID_ARGUMENT", f"Invalid value at '{place}'")
    for name in said:
        if name not in names:
            message = f"Invalid JSON payload received. Unknown name \"{name}\" at '{place}'"
            raise _refuse(400, "INVALID_ARGUMENT", message)


def _contents(contents: Any) -> tuple[str, int]:
    """The prompt, and how many pictures come with it."""
    if not isinstance(contents, list) or len(contents) != 1:
        raise _refuse(400, "INVALID_ARGUMENT", "* GenerateContentRequest.contents: one is needed")
    _only(contents[0], {"role", "parts"}, "contents")
    texts, pictures = [], 0
    for part in contents[0].get("parts", ()):
        _only(part, {"text", "inlineData"}, "parts")
        if "text" in part:
            texts.append(part["text"])
        else:
            _check_picture(part["inlineData"])
            pictures += 1
    if not "".join(texts) or pictures > 14:
        raise _refuse(400, "INVALID_ARGUMENT", "A prompt and at most 14 pictures are needed.")
    return "".join(texts), pictures


def _check_picture(said: Any) -> None:
    _only(said, {"mimeType", "data"}, "inline_data")
    try:
        with Image.open(io.BytesIO(base64.b64decode(said["data"], validate=True))) as image:
            kind = f"image/{(image.format or '').lower()}"
            image.load()
    except (OSError, ValueError, KeyError):
        kind = "not a picture"
    if kind != said.get("mimeType"):
        raise _refuse(400, "INVALID_ARGUMENT", "Unable to process input image.")
