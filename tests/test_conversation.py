"""A conversation: what is said and noticed is kept, whoever asks, and whatever is killed."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from clavilux import pipeline
from clavilux.conversation import Conversation
from clavilux.documents import journal, read_spec, write_spec
from clavilux.model.errors import InputError, OutputError, ProviderError
from clavilux.model.request import ImageRequest, Still
from clavilux.pipeline import RenderOptions
from clavilux.storage import Store
from support import add_plugins, make_analysis
from workshop import HERE, Answer, cache, changed, clicks, spec_of, tiny, write_song

Cli = Callable[..., Answer]
OPTIONS = RenderOptions(preset=tiny(rate=10))

pytestmark = pytest.mark.usefixtures("plain_scene")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    analysis = make_analysis((("verse", 4.0, 0.3), ("chorus", 4.0, 0.9)))
    monkeypatch.setattr(pipeline, "analyze", lambda song, store, **options: analysis)
    song = write_song(tmp_path / "song.flac", clicks(np.arange(0, 8, 0.5).tolist(), 8))
    spec = spec_of(song, (0, 4, 8)).model_copy(update={"song": "song.flac"})
    path = tmp_path / "song.spec.yaml"
    path.write_text(write_spec(changed(spec, "part_2", tier=2), name=path.name))
    return path


@pytest.fixture
def talk(path: Path, tmp_path: Path) -> Conversation:
    return Conversation(path, OPTIONS, Store(tmp_path / "store"))


def kinds(talk: Conversation, *, since: int = 0) -> list[str]:
    return [message.kind for message in talk.messages(since=since)]


def test_a_yes_is_for_what_was_shown_here(talk: Conversation, path: Path) -> None:
    other = Conversation(path, OPTIONS, talk.store)
    talk.say("make part_1 darker")
    other.say("part_2 red and gold")
    text = path.read_bytes()
    with pytest.raises(InputError, match="say again: make part_1 darker"):
        talk.accept()
    assert path.read_bytes() == text
    assert other.accept().said == "part_2 red and gold"


def test_a_yes_keeps_what_was_edited_meanwhile(talk: Conversation, path: Path) -> None:
    proposal = talk.say("part_1 energy 0.6")
    assert proposal is not None
    edited = read_spec(path).model_copy(update={"title": "New"})
    path.write_text(write_spec(edited, name=path.name))
    talk.accept()
    after = read_spec(path)
    assert (after.title, after.sections[0].energy) == ("New", 0.6)
    talk.say("part_1 energy 0.2")
    path.write_text(path.read_text().replace("energy: 0.6", "energy: 0.7", 1))
    with pytest.raises(InputError, match="say again"):
        talk.accept()
    assert read_spec(path).sections[0].energy == 0.7


def test_a_wish_waits_for_a_yes(talk: Conversation, path: Path) -> None:
    text = path.read_bytes()
    proposal = talk.say("make part_1 darker")
    assert proposal is not None and path.read_bytes() == text
    assert kinds(talk) == ["said", "proposed"]
    said, proposed = talk.messages()
    assert (said.who, said.text, proposed.who) == ("user", "make part_1 darker", "system")
    assert proposed.text.startswith("part_1: palette") and proposed.details["patch"]
    talk.accept()
    assert read_spec(path) == proposal.after
    with pytest.raises(InputError, match="nothing waits"):
        talk.accept()
    assert talk.undo() == "make part_1 darker" and path.read_bytes() == text
    talk.redo()
    assert kinds(talk) == ["said", "proposed", "accepted", "undone", "redone"]
    assert read_spec(path) == proposal.after


def test_no_is_no(talk: Conversation, path: Path) -> None:
    text = path.read_bytes()
    talk.say("darker")
    talk.decline()
    talk.decline()
    assert kinds(talk) == ["said", "proposed", "declined"] and talk.pending is None
    assert path.read_bytes() == text


def test_what_is_not_understood_is_answered(talk: Conversation, path: Path) -> None:
    text = path.read_bytes()
    assert talk.say("make it sparkly") is None
    last = talk.messages()[-1]
    assert last.kind == "not understood" and "sparkly" in last.text and "for example" in last.text
    assert talk.pending is None and path.read_bytes() == text
    assert last.details == {"unknown": True}, "other words would help"
    talk.say("part_1 tier 1")
    assert talk.messages()[-1].details == {"unknown": False}


def test_another_process_goes_on_with_it(talk: Conversation, path: Path) -> None:
    talk.say("part_2 red and gold")
    last = talk.messages()[-1].id
    other = Conversation(path, OPTIONS, talk.store)
    assert other.messages() == talk.messages()
    assert other.pending is not None and other.accept().said == "part_2 red and gold"
    assert kinds(talk, since=last) == ["accepted"] and talk.pending is None
    ids = [message.id for message in talk.messages()]
    assert ids == sorted(set(ids)) and ids[0] == 1


def test_a_proposal_that_fits_no_more_is_not_pending(talk: Conversation, path: Path) -> None:
    talk.say("no bloom in part_1")
    spec = read_spec(path)
    path.write_text(
        write_spec(spec.model_copy(update={"sections": spec.sections[:1]}), name=path.name)
    )
    assert talk.pending is not None
    talk.say('part_1 mood = "tense"')
    path.write_text(path.read_text().replace("mood: calm", "mood: tense"))
    assert talk.pending is None


# --- Rendering -------------------------------------------------------------------------------


class Fickle:
    """A provider that fails."""

    gives_depth = False
    name, version = "fickle", "1"

    def generate(self, request: ImageRequest) -> Still:
        raise ProviderError("out of paint")


def test_a_render_says_what_happens(
    talk: Conversation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_plugins(monkeypatch, "providers", painter=Fickle())
    steps: list[str] = []
    heard: list[str] = []
    report = talk.render(
        tmp_path / "song.mp4",
        on_progress=lambda verb, *_: steps.append(verb),
        on_notice=heard.append,
    )
    assert "drawing" in steps and kinds(talk) == ["rendering", "notice", "finished"]
    notice, finished = talk.messages()[1:]
    assert "out of paint" in notice.text and heard == [notice.text] == list(report.notices)
    assert finished.details["output"] == str(tmp_path / "song.mp4")
    assert Path(finished.details["report"]).exists() and finished.details["paid"] == 0


def test_a_render_that_fails_says_so(talk: Conversation, tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        talk.render(tmp_path)
    assert kinds(talk) == ["rendering", "failed"]
    assert str(tmp_path) in talk.messages()[-1].text


def test_only_what_was_changed_is_drawn_after_a_yes(talk: Conversation, tmp_path: Path) -> None:
    talk.render(tmp_path / "song.mp4")
    talk.say("part_1 brighter")
    talk.accept()
    report = talk.render(tmp_path / "song.mp4")
    assert 0 < report.segments_reused < report.segments
    assert talk.messages()[-1].details["segments_reused"] == report.segments_reused


# --- The file --------------------------------------------------------------------------------


def test_lines_of_several_threads_stay_whole(talk: Conversation) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: talk.note("notice", f"{n} " + "x" * 3000), range(80)))
    said = [int(message.text.split()[0]) for message in talk.messages()]
    assert sorted(said) == list(range(80))


SCRIPT = """
import sys; sys.path.insert(0, sys.argv[2])
from pathlib import Path
from clavilux.documents import journal
print("go", flush=True)
for number in range(1_000_000):
    journal.append(Path(sys.argv[1]), {"number": number, "text": "x" * 500})
"""


def test_a_kill_loses_no_line_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(path), str(HERE)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None and process.stdout.readline() == b"go\n"
        size = path.stat().st_size if path.exists() else 0
        while not path.exists() or path.stat().st_size < size + 5000:
            assert process.poll() is None
        process.kill()
        process.wait(10)
        process.stdout.close()
    found = [entry["number"] for _, entry in journal.entries(path)]
    again = found.index(0, 1)
    assert found[:again] == list(range(again)) and found[again:] == list(range(len(found) - again))


def test_half_a_line_is_skipped_and_numbers_stay(talk: Conversation) -> None:
    talk.note("notice", "one")
    with talk.file.open("ab") as file:
        file.write(b'{"at": "2026", "kind": "noti')
    talk.note("notice", "two")
    assert [(m.id, m.text) for m in talk.messages()] == [(1, "one"), (3, "two")]
    talk.file.write_bytes(talk.file.read_bytes().replace(b'"one"', b'"bad"'))
    with pytest.raises(InputError, match="line 1, was changed by hand"):
        talk.messages()


@pytest.mark.parametrize(
    "content", [b"[]\n", b"\xff\xfe\n", b'{"a": 1}\n', b"[" * 100_000 + b"\n", b"null\n"]
)
def test_what_is_no_conversation_is_no_crash(talk: Conversation, content: bytes) -> None:
    talk.file.write_bytes(content)
    try:
        assert talk.messages() == ()
    except InputError as error:
        assert str(talk.file) in str(error)


# --- The terminal ----------------------------------------------------------------------------


def test_chat_in_the_terminal(cli: Cli, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = path.read_bytes()
    lines = (
        "help", "make it sparkly", "part_1 darker", "no", "yes", "part_1 darker", "yes", "undo",
        "render", "", "quit", "never read",
    )  # fmt: skip
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
    answer = cli("chat", path, "--preset", "preview")
    assert answer.code == 0, answer.err
    for words in ("quit: or Ctrl-D", "sparkly", "part_1\n  palette", "drawn again: part_1",
                  "yes or no?", "nothing was changed", "undone: part_1 darker",
                  f"video: {path.with_name('song.preview.mp4')}"):  # fmt: skip
        assert words in answer.out, (words, answer.out)
    assert "nothing waits for a yes" in answer.err
    assert path.read_bytes() == text and path.with_name("song.preview.mp4").exists()
    assert kinds(Conversation(path, OPTIONS, Store(cache())))[-1] == "finished"


def test_chat_about_a_song_begins_with_a_plan(
    cli: Cli, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.unlink()
    monkeypatch.setattr("sys.stdin", io.StringIO("warmer\nyes\n"))
    answer = cli("chat", path.with_name("song.flac"))
    assert answer.code == 0, answer.err
    spec = read_spec(path)
    assert spec.song == "song.flac" and [s.label for s in spec.sections] == ["verse_1", "chorus_1"]
    assert len(Conversation(path, OPTIONS, Store(cache())).messages()) == 3


def test_what_waited_for_a_yes_is_shown_again(
    cli: Cli, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = path.read_bytes()
    monkeypatch.setattr("sys.stdin", io.StringIO("part_1 darker\n"))
    assert "still waiting" not in cli("chat", path, "--preset", "preview").out
    assert path.read_bytes() == text
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    answer = cli("chat", path, "--preset", "preview")
    assert "still waiting for a yes: part_1 darker" in answer.out
    assert "part_1\n  palette" in answer.out.partition("changed:")[0]
    assert "changed: part_1 darker" in answer.out and path.read_bytes() != text
