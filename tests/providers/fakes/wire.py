"""What comes in to a fake, and what goes out."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class File:
    """A file part of a form."""

    name: str
    filename: str
    type: str
    data: bytes


@dataclass(frozen=True)
class Call:
    """What came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def json(self) -> Any:
        """The body; ValueError where it is no JSON or not said to be."""
        if self.type != "application/json":
            raise ValueError(f"content type {self.type!r} is not application/json")
        return json.loads(self.body)

    def form(self) -> tuple[dict[str, str], list[File]]:
        """Text fields and files of multipart/form-data (RFC 7578); ValueError where it is none."""
        kind = self.headers.get("content-type", "")
        boundary = re.fullmatch(r'multipart/form-data; *boundary="?([^";]{1,70})"?', kind)
        if not boundary:
            raise ValueError(f"content type {kind!r} is not multipart/form-data with a boundary")
        pieces = (b"\r\n" + self.body).split(b"\r\n--" + boundary[1].encode())
        if len(pieces) < 3 or pieces[0] or pieces[-1].rstrip() != b"--":
            raise ValueError("malformed multipart body")
        fields: dict[str, str] = {}
        files: list[File] = []
        for piece in pieces[1:-1]:
            head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            said = head.decode()
            name = re.search(r'[; ]name="([^"]*)"', said)
            filename = re.search(r'filename="([^"]*)"', said)
            if not name:
                raise ValueError("a part without a name")
            if filename:
                type_ = re.search(r"(?im)^content-type: *(\S+)", said)
                files.append(File(name[1], filename[1], type_[1] if type_ else "", data))
            elif name[1] in fields:
                raise ValueError(f"field {name[1]} twice")
            else:
                fields[name[1]] = data.decode()
        return fields, files


@dataclass
class Reply:
    """What goes out."""

    status: int
    body: bytes
    type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, plain: Any, *, status: int = 200, **headers: str) -> Reply:
        return cls(status, json.dumps(plain).encode(), headers=headers)


class RefusalError(Exception):
    """The API says no, and bills nothing."""

    def __init__(self, status: int, plain: Any, **headers: str) -> None:
        super().__init__(f"{status} {plain}")
        self.reply = Reply.of(
            plain, status=status, **{k.replace("_", "-"): v for k, v in headers.items()}
        )
