"""Stability AI's v2beta/stable-image/generate as documented in November 2026."""

from __future__ import annotations

import base64
import re
from typing import Any, ClassVar

from .faults import Fault
from .server import Fake
from .wire import Call, RefusalError, Reply

CREDITS = {"ultra": 8, "core": 3}
CREDIT = 10_000
"""Millionths of a dollar."""

SIZES = {
    "16:9": (1344, 768), "1:1": (1024, 1024), "21:9": (1536, 640), "2:3": (832, 1216),
    "3:2": (1216, 832), "4:5": (896, 1088), "5:4": (1088, 896), "9:16": (768, 1344),
    "9:21": (640, 1536),
}  # fmt: skip

FIELDS = {"prompt", "negative_prompt", "aspect_ratio", "seed", "output_format"}
MORE_FIELDS = {"ultra": {"image", "strength"}, "core": {"style_preset"}}


def error(status: int, name: str, *errors: str, **headers: str) -> Fault:
    """An error body as documented."""
    return Fault(status, {"id": "a1b2c3d4", "name": name, "errors": list(errors)}, headers)


def _refuse(status: int, name: str, *errors: str) -> RefusalError:
    return RefusalError(status, error(status, name, *errors).body)


class FakeStability(Fake):
    """`url` is the base address."""

    name = "stability"
    faults: ClassVar[dict[str, Fault]] = {
        "filtered": Fault(filtered=True),
        "bad_request": error(400, "bad_request", "aspect_ratio: is no such thing"),
        "bad_key": error(401, "unauthorized", "missing or invalid authorization header"),
        "no_credits": error(402, "payment_required", "You lack sufficient credits"),
        "moderated": error(
            403, "content_moderation", "Your request was flagged by our content moderation system"
        ),
        "forbidden": error(403, "permission_denied", "Your key may not do this"),
        "too_large": error(413, "payload_too_large", "body exceeds 10MiB"),
        "refused": error(422, "unprocessable_entity", "English is the only supported language"),
        "rate_limited": error(429, "rate_limit_exceeded", "150 requests in 10 seconds"),
        "broken": error(500, "internal_error", "An unexpected error occurred"),
    }

    def respond(self, call: Call) -> Reply:
        if call.headers.get("authorization") != f"Bearer {self.key}":
            raise _refuse(401, "unauthorized", "missing or invalid authorization header")
        path = re.fullmatch(r"/v2beta/stable-image/generate/(\w+)", call.path)
        if call.method != "POST" or not path or path[1] not in CREDITS:
            raise _refuse(404, "not_found", f"there is no {call.method} {call.path}")
        accepted = call.headers.get("accept", "")
        if accepted not in ("application/json", "image/*", "*/*"):
            raise _refuse(400, "bad_request", f"accept: {accepted} is not supported")
        try:
            fields, files = call.form()
        except ValueError as problem:
            raise _refuse(400, "bad_request", f"content-type: {problem}") from None
        self._check(path[1], fields, {file.name for file in files})
        return self._make(path[1], fields, as_json=accepted == "application/json")

    def _check(self, model: str, fields: dict[str, str], files: set[str]) -> None:
        unknown = (set(fields) | files) - FIELDS - MORE_FIELDS[model]
        if unknown:
            raise _refuse(400, "bad_request", f"unknown fields: {', '.join(sorted(unknown))}")
        if not 1 <= len(fields.get("prompt", "")) <= 10_000:
            raise _refuse(400, "bad_request", "prompt: must be 1 to 10000 characters")
        if len(fields.get("negative_prompt", "")) > 10_000:
            raise _refuse(400, "bad_request", "negative_prompt: must be at most 10000 characters")
        if fields.get("aspect_ratio", "1:1") not in SIZES:
            raise _refuse(400, "bad_request", f"aspect_ratio: must be one of {', '.join(SIZES)}")
        seed = fields.get("seed", "0")
        if not seed.isdecimal() or int(seed) > 4_294_967_294:
            raise _refuse(400, "bad_request", "seed: must be 0 to 4294967294")
        if fields.get("output_format", "png") not in ("png", "jpeg", "webp"):
            raise _refuse(400, "bad_request", "output_format: must be png, jpeg or webp")

    def _make(self, model: str, fields: dict[str, str], *, as_json: bool) -> Reply:
        seed = int(fields.get("seed", "0")) or 4711
        width, height = SIZES[fields.get("aspect_ratio", "1:1")]
        format, filtered = fields.get("output_format", "png"), self.fault.filtered
        what = f"{fields['prompt']} {seed}"
        data = self.picture(what, width, height, format=format, blurred=filtered)
        self.wait()
        self.sell(model, CREDITS[model] * CREDIT, prompt=fields["prompt"])
        finish: Any = "CONTENT_FILTERED" if filtered else "SUCCESS"
        if as_json:
            image = base64.b64encode(data).decode()
            return Reply.of({"image": image, "finish_reason": finish, "seed": seed})
        headers = {"finish-reason": finish, "seed": str(seed)}
        return Reply(200, data, f"image/{format}", headers)
