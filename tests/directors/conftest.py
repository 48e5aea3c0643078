"""A machine with two directors: OpenAI with a key, and a server of the user's own called box."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from directors.directing import KEY, MODEL
from directors.fakes.chat import FakeChat
from directors.fakes.writing import Plan


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeChat]:
    """The server behind both of them, with plans that are quickly drawn."""
    with FakeChat(key=KEY) as server:
        config = tmp_path / "config.toml"
        config.write_text(
            f'[directors.box]\nbase_url = "{server.url}"\nmodel = "llama"\ntimeout = 2\n'
            f'[directors.openai]\nmodel = "{MODEL}"\ntimeout = 2\n'
        )
        monkeypatch.setenv("CLAVILUX_CONFIG", str(config))
        monkeypatch.setenv("CLAVILUX_DATA", str(tmp_path / "data"))
        monkeypatch.setenv("CLAVILUX_DIRECTOR_OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("BOX_API_KEY", KEY)
        server.spoils.extend([plainly] * 20)
        yield server


def plainly(plan: Plan) -> Plan:
    """A plan whose scene has no compiled code; changes of one as they are."""
    for section in plan.get("sections", ()):
        section |= {"tier": 1, "scene": "plain"}
    return plan
