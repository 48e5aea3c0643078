"""fal's queue as documented in November 2026, with the models that Clavilux knows, strictly.

It checks a job's input when it runs it, as fal does: what is wrong with it is told as the result.
"""

from __future__ import annotations

import base64
import io
import math
import re
from typing import Any, ClassVar

from PIL import Image

from . import jobs
from .server import Call, Fault, RefusalError, Reply

COMMON_FIELDS = {"prompt", "seed", "output_format", "sync_mode"}
FLUX_1 = COMMON_FIELDS | {
    "image_size", "num_images", "num_inference_steps", "guidance_scale", "acceleration",
    "enable_safety_checker",
}  # fmt: skip
FLUX_2 = COMMON_FIELDS | {"image_size", "safety_tolerance", "enable_safety_checker"}
BANANA = COMMON_FIELDS | {
    "num_images", "aspect_ratio", "resolution", "safety_tolerance", "limit_generations",
    "enable_web_search",
}  # fmt: skip

FIELDS = {
    "fal-ai/flux/schnell": FLUX_1,
    "fal-ai/flux/dev": FLUX_1,
    "fal-ai/flux-2-pro": FLUX_2,
    "fal-ai/flux-2-pro/edit": FLUX_2 | {"image_urls"},
    "fal-ai/nano-banana-2": BANANA,
    "fal-ai/nano-banana-2/edit": BANANA | {"image_urls"},
}

PER_MEGAPIXEL = {
    "fal-ai/flux/schnell": (3_000, 3_000),
    "fal-ai/flux/dev": (25_000, 25_000),
    "fal-ai/flux-2-pro": (30_000, 15_000),
}
"""Millionths of a dollar for the first and each further one."""

RESOLUTIONS = {"1K": (1, 80_000), "2K": (2, 120_000), "4K": (4, 160_000)}

ASPECTS = {
    "1:1": (1024, 1024), "2:3": (848, 1264), "3:2": (1264, 848), "3:4": (896, 1200),
    "4:3": (1200, 896), "9:16": (768, 1376), "16:9": (1376, 768), "21:9": (1584, 672),
    "4:5": (928, 1152), "5:4": (1152, 928),
}  # fmt: skip


def problem(type: str, message: str, *place: str) -> dict[str, Any]:
    """One entry of a model error."""
    url = f"https://docs.fal.ai/errors#{type}"
    return {"loc": ["body", *place], "msg": message, "type": type, "url": url, "input": "..."}


class InvalidError(Exception):
    """The input of a job is not what its model takes."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.problem = problem("value_error", message, name)


class FakeFal(jobs.FakeJobs):
    """`url` is the address of the queue."""

    name = "fal"
    faults: ClassVar[dict[str, Fault]] = {
        "moderated": jobs.JobFault(outcome="content_policy_violation"),
        "invalid": jobs.JobFault(outcome="value_error"),
        "no_media": jobs.JobFault(outcome="no_media_generated"),
        "timeout": jobs.JobFault(outcome="request_timeout"),
        "runner": jobs.JobFault(outcome="runner_disconnected"),
        "lost": jobs.JobFault(outcome="lost"),
        "filtered": jobs.JobFault(filtered=True),
        "bad_key": Fault(401, {"detail": "No user found for Key ID and Secret"}),
        "forbidden": Fault(403, {"detail": "Cannot access application 'fal-ai/flux'."}),
        "locked": Fault(
            403, {"detail": "User is locked. Reason: Admin lock. Please contact support@fal.ai."}
        ),
        "quota": Fault(
            403,
            {"detail": "User is locked. Reason: Exhausted balance. Top up your balance at "
                       "fal.ai/dashboard/billing."},
        ),
        "model_gone": Fault(404, {"detail": "Application 'flux' not found"}),
        "rate_limited": Fault(429, {"detail": "Too many requests"}, {"retry-after": "3"}),
        "unavailable": Fault(503, {"detail": "Service unavailable"}),
    }  # fmt: skip

    status_url = ""
    """Given as the place to ask for the status, where it is set."""

    def respond(self, call: Call) -> Reply:
        if call.method == "GET" and call.path.startswith("/pictures/"):
            return self.fetch(call)
        if call.headers.get("authorization") != f"Key {self.key}":
            raise RefusalError(401, self.faults["bad_key"].body)
        asked = re.fullmatch(r"/([\w-]+/[\w.-]+)/requests/([\w-]+)(/status)?", call.path)
        if call.method == "GET" and asked:
            return self._status(asked[2]) if asked[3] else self._result(asked[2])
        model = call.path.strip("/")
        if call.method != "POST" or model not in FIELDS:
            raise RefusalError(404, {"detail": f"Application '{model}' not found"})
        try:
            said = call.json()
        except ValueError as wrong:
            raise RefusalError(422, {"detail": [problem("json_invalid", str(wrong))]}) from None
        return self._submit(model, said)

    def _submit(self, model: str, said: Any) -> Reply:
        try:
            width, height, micros = _check(model, said)
        except InvalidError as wrong:
            job = self.begin(b"", type="image/png")
            job.outcome, job.facts["problem"] = "value_error", wrong.problem
        else:
            format = said.get("output_format", "jpeg")
            data = self.picture(said["prompt"], width, height, format=format)
            facts = {"width": width, "height": height, "nsfw": self.fault.filtered}
            job = self.begin(data, type=f"image/{format}", **facts)
            if not job.outcome:
                self.sell(model.removesuffix("/edit"), micros, prompt=said["prompt"], id=job.id)
        address = f"{self.url}/{'/'.join(model.split('/')[:2])}/requests/{job.id}"
        return Reply.of(
            {
                "status": "IN_QUEUE",
                "request_id": job.id,
                "response_url": address,
                "status_url": self.status_url or f"{address}/status",
                "cancel_url": f"{address}/cancel",
                "logs": None,
                "metrics": {},
                "queue_position": 0,
            }
        )

    def _job(self, id: str) -> jobs.Job:
        job = self.jobs.get(id)
        if job is None or job.outcome == "lost":
            raise RefusalError(404, {"detail": "Request not found"})
        return job

    def _status(self, id: str) -> Reply:
        job = self._job(id)
        if not self.is_done(job):
            waiting = "IN_PROGRESS" if job.polls < self.polls - 1 else "IN_QUEUE"
            return Reply.of({"status": waiting, "request_id": id, "logs": None}, status=202)
        answer = {"status": "COMPLETED", "request_id": id, "logs": None, "metrics": {}}
        error = {"error": "Something went wrong", "error_type": job.outcome} if job.outcome else {}
        return Reply.of(answer | error)

    def _result(self, id: str) -> Reply:
        job = self._job(id)
        if not job.done:
            raise RefusalError(400, {"detail": "Request is still in progress"})
        if job.outcome in ("request_timeout", "runner_disconnected"):
            status = 504 if job.outcome == "request_timeout" else 503
            body = {"detail": "Request timed out", "error_type": job.outcome}
            raise RefusalError(status, body, x_fal_error_type=job.outcome)
        if job.outcome:
            said = "The content was flagged by a content checker."
            found = job.facts.get("problem") or problem(job.outcome, said, "prompt")
            raise RefusalError(422, {"detail": [found]}, x_fal_retryable="false")
        image = {"url": self.address(job), "content_type": job.type,
                 "width": job.facts["width"], "height": job.facts["height"]}  # fmt: skip
        flags = [bool(job.facts["nsfw"])]
        return Reply.of({"images": [image], "seed": 7, "has_nsfw_concepts": flags, "timings": {}})


def _check(model: str, said: Any) -> tuple[int, int, int]:
    """Width, height and price in millionths of a dollar."""
    if not isinstance(said, dict) or not isinstance(said.get("prompt"), str):
        raise InvalidError("prompt", "Field required")
    for name in said:
        if name not in FIELDS[model]:
            raise InvalidError(name, "Extra inputs are not permitted")
    if type(said.get("seed", 0)) is not int or said.get("seed", 0) < 0:
        raise InvalidError("seed", "Input should be a valid integer")
    if said.get("output_format", "jpeg") not in ("jpeg", "png"):
        raise InvalidError("output_format", "Input should be 'jpeg' or 'png'")
    inputs = _pictures(said.get("image_urls"), wanted=model.endswith("/edit"))
    if "nano-banana" in model:
        return _by_class(said)
    size = said.get("image_size", {"width": 1024, "height": 768})
    if not isinstance(size, dict) or set(size) != {"width", "height"}:
        raise InvalidError("image_size", "Input should be width and height")
    width, height = size["width"], size["height"]
    if any(type(side) is not int or not 64 <= side <= 4096 for side in (width, height)):
        raise InvalidError("image_size", "Input should be from 64 to 4096")
    first, extra = PER_MEGAPIXEL[model.removesuffix("/edit")]
    return width, height, first + extra * (_begun(width * height) - 1 + inputs)


def _by_class(said: dict[str, Any]) -> tuple[int, int, int]:
    aspect, size = said.get("aspect_ratio", "1:1"), said.get("resolution", "1K")
    if aspect not in ASPECTS or size not in RESOLUTIONS:
        raise InvalidError("aspect_ratio", f"{aspect} {size} is not permitted")
    factor, micros = RESOLUTIONS[size]
    width, height = (side * factor for side in ASPECTS[aspect])
    return width, height, micros


def _pictures(said: Any, *, wanted: bool) -> int:
    """The megapixels of the pictures that come in."""
    if not wanted:
        return 0
    if not isinstance(said, list) or not 1 <= len(said) <= 14:
        raise InvalidError("image_urls", "Field required")
    total = 0
    for address in said:
        found = re.fullmatch(r"data:(image/\w+);base64,(.+)", str(address))
        try:
            data = base64.b64decode(found[2] if found else "", validate=True)
            with Image.open(io.BytesIO(data)) as image:
                image.load()
                kind = f"image/{(image.format or '').lower()}"
        except (ValueError, OSError):
            kind = "none"
        if not found or kind != found[1]:
            raise InvalidError("image_urls", "Could not load the image")
        total += _begun(image.width * image.height)
    return total


def _begun(pixels: int) -> int:
    return math.ceil(pixels / 1_000_000)
