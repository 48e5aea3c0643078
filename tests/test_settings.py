"""What the machine and the user decide: the environment, the config file, and keys in neither log
nor file."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from clavilux.model.errors import InputError
from clavilux.settings import Settings

KEY = "secretletters0123456789"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config file to write into."""
    path = tmp_path / "config.toml"
    monkeypatch.setenv("CLAVILUX_CONFIG", str(path))
    return path


def key_of(provider: str) -> str:
    key = Settings.read().provider(provider).key
    return key.get_secret_value() if key else ""


# --- Places ----------------------------------------------------------------------------------


def test_who_names_a_cache_has_the_data_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAVILUX_CACHE", "/somewhere")
    settings = Settings.read()
    assert settings.data == settings.cache == Path("/somewhere")
    monkeypatch.setenv("CLAVILUX_DATA", "/elsewhere")
    settings = Settings.read()
    assert settings.cache == Path("/somewhere")
    assert settings.ledger == Path("/elsewhere/ledger.sqlite")
    assert settings.picture_folder == Path("/elsewhere/pictures")


def test_without_any_cache_and_data_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was paid for must not go with a cache that is emptied."""
    monkeypatch.delenv("CLAVILUX_CACHE")
    settings = Settings.read()
    assert settings.cache not in (settings.data, *settings.data.parents)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("shots", "{folder}/shots"),
        ("/disk/shots", "/disk/shots"),
        ("s3://bucket/songs", "s3://bucket/songs"),
        ("s3:/bucket", "s3:/bucket"),  # malformed: to be refused as such, not taken for a folder
    ],
)
def test_pictures_are_seen_from_the_file_that_names_them(
    config: Path, said: str, meant: str
) -> None:
    config.write_text(f'pictures = "{said}"')
    assert Settings.read().pictures == meant.format(folder=config.parent)


# --- Keys ------------------------------------------------------------------------------------


def test_a_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    said = Settings.read().provider("openai")
    assert key_of("openai") == KEY
    for shown in (repr(said), str(said), said.model_dump_json(), str(said.model_dump())):
        assert KEY not in shown


def test_keys_are_where_providers_say_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "of google")
    monkeypatch.setenv("FAL_KEY", "of fal")
    monkeypatch.setenv("MY_PLUGIN_API_KEY", "of a plugin")
    assert key_of("gemini") == "of google"
    assert key_of("fal") == "of fal"
    assert key_of("my-plugin") == "of a plugin"
    assert key_of("bfl") == ""
    monkeypatch.setenv("GEMINI_API_KEY", "of gemini")
    assert key_of("gemini") == "of gemini"


@pytest.mark.parametrize("name", ["key", "api_key", "API_TOKEN", "secret"])
def test_keys_in_the_file_are_refused_without_being_shown(config: Path, name: str) -> None:
    config.write_text(f'[providers.openai]\n{name} = "{KEY}"')
    with pytest.raises(InputError) as caught:
        Settings.read()
    said = str(caught.value)
    assert KEY not in said and str(config) in said and "[providers.openai]" in said
    assert "OPENAI_API_KEY" in said and "keyring set clavilux openai" in said


def test_the_keyring_has_keys_too(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = types.ModuleType("keyring")
    kept = {("clavilux", "openai"): KEY}
    ring.get_password = lambda service, user: kept.get((service, user))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", ring)
    assert key_of("openai") == KEY
    assert key_of("bfl") == ""
    monkeypatch.setenv("OPENAI_API_KEY", "of the environment")
    assert key_of("openai") == "of the environment"


def test_a_keyring_that_is_locked_or_missing_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(service: str, user: str) -> str:
        raise RuntimeError("the keyring is locked")

    ring = types.ModuleType("keyring")
    ring.get_password = locked  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", ring)
    assert key_of("openai") == ""
    monkeypatch.setitem(sys.modules, "keyring", None)  # as if it were not installed
    assert key_of("openai") == ""


# --- Providers -------------------------------------------------------------------------------


def test_addresses_of_compatible_servers(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('[providers.openai]\nbase_url = "http://of.the/file"\nmodel = "dall-e-3"')
    assert Settings.read().provider("openai").base_url == "http://of.the/file"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://usual")
    assert Settings.read().provider("openai").base_url == "http://usual"
    monkeypatch.setenv("CLAVILUX_OPENAI_BASE_URL", "http://ours")
    said = Settings.read().provider("openai")
    assert (said.base_url, said.model) == ("http://ours", "dall-e-3")
    monkeypatch.setenv("CLAVILUX_MY_PLUGIN_BASE_URL", "http://plugin")
    assert Settings.read().provider("my-plugin").base_url == "http://plugin"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("concurrency = 0", "[providers.bfl] concurrency: Input should be greater than"),
        ("modle = 'x'", "[providers.bfl] there is no field 'modle'; known: base_url, model"),
        ("size = 'large'", "[providers.bfl] size: write width x height"),
        ("timeout = 'long'", "[providers.bfl] timeout: Input should be a valid number"),
    ],
)
def test_what_is_wrong_with_a_provider_names_file_and_field(
    config: Path, line: str, said: str
) -> None:
    config.write_text(f"[providers.bfl]\n{line}")
    with pytest.raises(InputError) as caught:
        Settings.read().provider("bfl")
    assert str(config) in str(caught.value) and said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("providers = 3", "'providers' must be a table"),
        ("[providers]\nopenai = 'x'", "[providers.openai] must be a table"),
        ("[prices]\nopenai = 0.04", "[prices.openai] must be a table"),
        ("openai_api_key = 'x'", "there is no setting 'openai_api_key'"),
        ("month_budget = 'much'", "'month_budget' must be a number"),
    ],
)
def test_what_is_wrong_with_the_file_is_said(config: Path, text: str, said: str) -> None:
    config.write_text(text)
    with pytest.raises(InputError) as caught:
        Settings.read()
    assert str(config) in str(caught.value) and said in str(caught.value)


@pytest.mark.parametrize(("said", "micros"), [("20", 20_000_000), ("0.5", 500_000), ("0", 0)])
def test_a_limit_for_the_month(
    config: Path, monkeypatch: pytest.MonkeyPatch, said: str, micros: int
) -> None:
    assert Settings.read().month_budget is None
    config.write_text(f"month_budget = {said}")
    assert Settings.read().month_budget == micros
    monkeypatch.setenv("CLAVILUX_MONTH_BUDGET", "3")
    assert Settings.read().month_budget == 3_000_000


@pytest.mark.parametrize("said", ["much", "-1", "nan", "inf"])
def test_a_limit_that_is_none(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("CLAVILUX_MONTH_BUDGET", said)
    with pytest.raises(InputError, match="month_budget"):
        Settings.read()
