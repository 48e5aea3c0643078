"""What may stand for a place, and what a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from buckets import KEY, SECRET, Bucket

from clavilux.model.errors import InputError
from clavilux.objects import open_objects


@pytest.mark.parametrize(
    "where",
    [
        "s3://",
        "s3:///prefix",
        "s3:bucket/prefix",
        f"s3:key:{SECRET}@bucket",
        f"s3://key:{SECRET}@bucket/prefix",
        f"az://container/x?sig={SECRET}",
        f"s3://bucket/{SECRET}#{SECRET}",
        f"s3://bucket/../{SECRET}",
        f"s3://bucket/a//{SECRET}",
        "s3://buck et/prefix",
        f"s3://[bucket/{SECRET}",
        f"https://example.com/{SECRET}",
        f"ftp://example.com/{SECRET}",
        "memory:",
        "az://container/prefix",
    ],
)
def test_wrong_addresses_are_refused_in_one_line(where: str) -> None:
    with pytest.raises(InputError) as raised:
        open_objects(where)
    said = str(raised.value)
    assert "\n" not in said and len(said) < 250
    assert SECRET not in said
    assert raised.value.__cause__ is None


def test_folders_are_paths_and_file_urls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for where in ("a", Path("a"), (tmp_path / "a").as_uri(), "~/a", str(tmp_path / "b c")):
        open_objects(where).put(KEY, ".png", str(where).encode())
    assert open_objects(tmp_path / "a").get(KEY, ".png") == b"a"
    assert open_objects((tmp_path / "b c").as_uri()).has(KEY, ".png")


def test_a_bucket_and_its_prefix_can_be_written_in_several_ways(careless: Bucket) -> None:
    open_objects("s3://pictures/a.b/c_d-e/").put(KEY, ".png", b"x")
    assert f"/pictures/a.b/c_d-e/{KEY[:2]}/{KEY}.png" in careless.kept
    open_objects("S3://pictures").put(KEY, ".png", b"x")
    assert f"/pictures/{KEY[:2]}/{KEY}.png" in careless.kept


def test_google_is_another_cloud() -> None:
    assert open_objects("gs://bucket/prefix").name == "gs://bucket/prefix"


def test_azure_is_another_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "somebody")
    assert open_objects("az://container/prefix").name == "az://container/prefix"


def test_options_are_known_and_hold_no_credentials() -> None:
    with pytest.raises(InputError, match="credentials come from the environment") as raised:
        open_objects("s3://bucket", options={"secret_access_key": SECRET})
    assert SECRET not in str(raised.value)
    with pytest.raises(InputError, match="one of its options cannot be used"):
        open_objects("s3://bucket", options={"virtual_hosted_style_request": "perhaps"})


def test_the_endpoint_can_be_an_option(careless: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://nowhere.invalid")
    place = open_objects("s3://pictures", options={"endpoint": careless.url, "region": "auto"})
    place.check()
    assert place.put(KEY, ".png", b"x")


def test_plain_http_leaves_this_machine_only_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://nowhere.invalid")
    with pytest.raises(InputError, match="use https, or set AWS_ALLOW_HTTP=true"):
        open_objects("s3://pictures").check()
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    with pytest.raises(Exception, match="no such host"):
        open_objects("s3://pictures").check()


def test_what_is_asked_is_what_was_looked_at(
    careless: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server on this machine among the options does not open the door to another one."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://nowhere.invalid")
    with pytest.raises(InputError, match="plain http"):
        open_objects("s3://pictures", options={"endpoint": careless.url}).check()
    assert not careless.asked


def test_nothing_is_shown_of_credentials() -> None:
    assert repr(open_objects("s3://bucket/prefix")) == "Place('s3://bucket/prefix')"
