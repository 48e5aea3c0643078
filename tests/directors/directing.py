"""What the tests of directors share: a song, a model behind a fake, and somebody who asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clavilux.directors.asking import Asker
from clavilux.directors.briefing import Wish
from clavilux.directors.directing import Directed, direct_with_model
from clavilux.directors.openai import OpenAI
from clavilux.interfaces import LanguageModel
from clavilux.model.settings import ProviderSettings
from clavilux.model.song import Analysis
from clavilux.objects import open_objects
from clavilux.providers.ledger import Ledger
from directors.fakes.chat import FakeChat
from support import make_analysis

KEY = "kQ7f3secretletters9Zx"

POP = (
    ("intro", 8.0, 0.1), ("verse", 12.0, 0.4), ("chorus", 12.0, 0.9), ("verse", 12.0, 0.45),
    ("chorus", 12.0, 0.95), ("outro", 8.0, 0.2),
)  # fmt: skip

MODEL = "gpt-6.1-terra"


def pop_song() -> Analysis:
    """Six sections, of which verses and choruses return."""
    analysis = make_analysis(POP)
    groups = "ABCBCD"
    sections = tuple(
        section.model_copy(update={"group": groups[i]})
        for i, section in enumerate(analysis.sections)
    )
    return analysis.model_copy(update={"sections": sections})


def model_at(fake: Any, **said: Any) -> OpenAI:
    usual = {"key": KEY, "base_url": fake.url, "model": MODEL, "timeout": 20}
    return OpenAI(ProviderSettings.model_validate({**usual, **said}))


def asker_at(folder: Path, model: LanguageModel, **options: Any) -> Asker:
    """Somebody who asks on the account of "song", and waits for nothing."""
    usual: dict[str, Any] = {"cap": 1_000_000, "rest": lambda _: None}
    return Asker(
        model, Ledger(folder / "ledger.sqlite"), open_objects(folder / "pictures"), "song",
        **{**usual, **options},
    )  # fmt: skip


def direct(fake: FakeChat, folder: Path, **wish: Any) -> Directed:
    """A song directed by the model behind a fake."""
    asked = Wish(**{"analysis": pop_song(), "song_path": "song.wav", **wish})
    return direct_with_model(asked, asker_at(folder, model_at(fake)).ask, name="openai")
