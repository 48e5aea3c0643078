"""Black Forest Labs' API as documented in November 2026: FLUX.2 and FLUX 3, strictly.

It announces what a task costs in credits when it accepts it, and bills tasks that end as Ready.
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

MEGAPIXELS = {
    "flux-2-klein-4b": (1.4, 0.1, 4),
    "flux-2-klein-9b": (1.5, 0.2, 4),
    "flux-2-pro": (3.0, 1.5, 8),
    "flux-2-flex": (5.0, 5.0, 8),
    "flux-2-max": (7.0, 3.0, 8),
}
"""Credits for the first megapixel and for each further one, in or out; most references."""

CLASSES = {
    "768sq": (768, 4.1), "1k": (1024, 4.8), "1.5k": (1536, 7.0),
    "2k": (2048, 10.0), "4k": (4096, 60.7),
}  # fmt: skip
"""FLUX 3: side of a square, credits."""

ASPECTS = {
    "auto", "21:9", "2:1", "16:9", "3:2", "7:5", "4:3", "5:4", "1:1",
    "4:5", "3:4", "5:7", "2:3", "9:16", "1:2", "9:21",
}  # fmt: skip

MOST_TASKS = 24


def _refuse(status: int, detail: Any, **headers: str) -> RefusalError:
    return RefusalError(status, {"detail": detail}, **headers)


def _invalid(field: str, message: str) -> RefusalError:
    """As pydantic says it."""
    return _refuse(422, [{"type": "value_error", "loc": ["body", field], "msg": message}])


class FakeBFL(jobs.FakeJobs):
    """`url` is the address without /v1."""

    name = "bfl"
    faults: ClassVar[dict[str, Fault]] = {
        "moderated": jobs.JobFault(outcome="Request Moderated"),
        "content_moderated": jobs.JobFault(outcome="Content Moderated"),
        "failed": jobs.JobFault(outcome="Error"),
        "lost": jobs.JobFault(outcome="Task not found"),
        "bad_key": Fault(403, {"detail": "Not authenticated - Invalid Authentication"}),
        "unauthorized": Fault(401, {"detail": "Unauthorized"}),
        "no_access": Fault(
            403, {"detail": "Your organization does not have access to this endpoint."}
        ),
        "quota": Fault(402, {"detail": "Insufficient credits. Please add credits."}),
        "invalid": Fault(
            422, {"detail": [{"type": "missing", "loc": ["body", "prompt"], "msg": "Required"}]}
        ),
        "model_gone": Fault(404, {"detail": "Not Found"}),
        "rate_limited": Fault(
            429, {"detail": "Too many active tasks: 24"}, {"retry-after": "2"}
        ),
        "unavailable": Fault(503, {"detail": "Service unavailable"}),
    }  # fmt: skip

    polling_url = ""
    """Given as the place to poll, where it is set."""
    ends_with_503 = False
    """Whether tasks that failed are told of with HTTP 503, as FLUX 3 was seen to."""
    known: frozenset[str] = frozenset({*MEGAPIXELS, "flux-3-image"})

    def respond(self, call: Call) -> Reply:
        if call.method == "GET" and call.path.startswith("/pictures/"):
            return self.fetch(call)
        if call.headers.get("x-key") != self.key:
            raise RefusalError(403, self.faults["bad_key"].body)
        if (call.method, call.path) == ("GET", "/v1/get_result"):
            return self._result(call.query.get("id", ""))
        found = re.fullmatch(r"/v1/([\w.-]+)", call.path)
        if call.method != "POST" or not found or found[1] not in self.known:
            raise _refuse(404, "Not Found")
        try:
            said = call.json()
        except ValueError as problem:
            raise _invalid("", f"JSON decode error: {problem}") from None
        if sum(job.done == 0 for job in self.jobs.values()) >= MOST_TASKS:
            raise _refuse(429, "Too many active tasks", retry_after="1")
        return self._submit(found[1], said)

    def _submit(self, model: str, said: Any) -> Reply:
        if not isinstance(said, dict) or not isinstance(said.get("prompt"), str):
            raise _invalid("prompt", "Field required")
        check = self._flux_3 if model == "flux-3-image" else self._flux_2
        width, height, credits, format, megapixels = check(model, said)
        data = self.picture(said["prompt"], width, height, format=format)
        job = self.begin(data, type=f"image/{format}", credits=credits, prompt=said["prompt"])
        if not job.outcome:
            self.sell(model, round(credits * 10_000), prompt=said["prompt"], id=job.id)
        answer = {
            "id": job.id,
            "polling_url": self.polling_url or f"{self.url}/v1/get_result?id={job.id}",
            "cost": credits,
            **megapixels,
        }
        return Reply.of(answer)

    def _flux_2(self, model: str, said: dict[str, Any]) -> tuple[int, int, float, str, Any]:
        first, extra, most = MEGAPIXELS[model]
        names = ["input_image", *(f"input_image_{n}" for n in range(2, most + 1))]
        _only(said, {"prompt", "width", "height", "seed", "safety_tolerance", "output_format",
                     "webhook_url", "webhook_secret", *names})  # fmt: skip
        width, height = said.get("width", 1024), said.get("height", 1024)
        for name, side in (("width", width), ("height", height)):
            if type(side) is not int or side < 64 or side % 16:
                raise _invalid(name, "must be a multiple of 16, and 64 at least")
        if width * height > 4_000_000:
            raise _invalid("width", "at most 4 megapixels")
        _number(said, "seed", 0, 2**32 - 1)
        _number(said, "safety_tolerance", 0, 5)
        format = said.get("output_format", "jpeg")
        if format not in ("jpeg", "png"):
            raise _invalid("output_format", "jpeg or png")
        pictures = [name for name in names if name in said]
        if pictures != names[: len(pictures)]:
            raise _invalid("input_image", "references must be numbered without a gap")
        inputs = sum(_begun(_size(said[name])) for name in pictures)
        output = _begun(width * height)
        credits = round(first + (output - 1 + inputs) * extra, 4)
        return width, height, credits, format, {"input_mp": inputs, "output_mp": output}

    def _flux_3(self, model: str, said: dict[str, Any]) -> tuple[int, int, float, str, Any]:
        _only(said, {"prompt", "images", "aspect_ratio", "resolution", "safety_tolerance",
                     "grounding", "version"})  # fmt: skip
        aspect, size = said.get("aspect_ratio", "auto"), said.get("resolution", "1k")
        if aspect not in ASPECTS or size not in CLASSES:
            raise _invalid("resolution", f"{aspect} {size} is not permitted")
        _number(said, "safety_tolerance", 0, 4)
        if type(said.get("grounding", True)) is not bool:
            raise _invalid("grounding", "a boolean")
        pictures = said.get("images", [])
        if not isinstance(pictures, list) or len(pictures) > 10:
            raise _invalid("images", "one to ten")
        for picture in pictures:
            _size(picture)
        side, credits = CLASSES[size]
        wide, high = (1, 1) if aspect == "auto" else map(int, aspect.split(":"))
        width = round(math.sqrt(side * side * wide / high) / 16) * 16
        return width, round(width * high / wide / 16) * 16, credits, "png", {}

    def _result(self, id: str) -> Reply:
        job = self.jobs.get(id)
        if job is None:
            return Reply.of({"id": id, "status": "Task not found", "result": None}, status=404)
        answer: dict[str, Any] = {"id": id, "status": "Pending", "result": None, "progress": 0.3}
        if not self.is_done(job):
            return Reply.of(answer)
        if job.outcome:
            details = {"Moderation Reasons": ["Derivative Works Filter"]}
            answer |= {"status": job.outcome, "details": details}
            return Reply.of(answer, status=503 if self.ends_with_503 else 200)
        result = {"sample": self.address(job), "prompt": job.facts["prompt"], "seed": 42}
        return Reply.of(answer | {"status": "Ready", "result": result, "progress": 1.0})


def _only(said: dict[str, Any], names: set[str]) -> None:
    for name in said:
        if name not in names:
            raise _invalid(name, "Extra inputs are not permitted")


def _number(said: dict[str, Any], name: str, low: int, high: int) -> None:
    value = said.get(name, low)
    if type(value) is not int or not low <= value <= high:
        raise _invalid(name, f"must be from {low} to {high}")


def _size(encoded: Any) -> int:
    """Pixels of a picture in base64."""
    try:
        data = base64.b64decode(encoded, validate=True)
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return image.width * image.height
    except (TypeError, ValueError, OSError):
        raise _invalid("input_image", "Image could not be decoded") from None


def _begun(pixels: int) -> int:
    return math.ceil(pixels / 1_000_000)
