"""Requests become stored stills, once; what no provider makes is said, not raised."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from clavilux.media.image import decode_image, decode_still
from clavilux.model.errors import OutputError, ProviderError
from clavilux.model.request import ImageRequest, Still
from clavilux.providers.fulfil import Fulfilled, fulfil
from clavilux.providers.making import LocalMaker, still_key
from clavilux.storage import Store


def request(section: str = "verse_1", index: int = 0, **fields: object) -> ImageRequest:
    usual: dict[str, object] = {
        "section": section, "index": index, "prompt": "long prompt", "simplified": "short",
        "width": 32, "height": 32, "seed": 1, "scene": "plain", "palette": ("#000000", "#FFFFFF"),
        "energy": 0.5,
    }  # fmt: skip
    return ImageRequest.model_validate({**usual, **fields})


class Scripted:
    """Gives or raises one thing after the other."""

    name: ClassVar[str] = "scripted"
    gives_depth: ClassVar[bool] = True
    version = "1"

    def __init__(self, *answers: object) -> None:
        self.answers, self.asked = list(answers), list[ImageRequest]()

    def generate(self, request: ImageRequest) -> Still:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]


def made_by(
    provider: Scripted, requests: list[ImageRequest], folder: Path
) -> tuple[Fulfilled, ...]:
    return fulfil(requests, [LocalMaker(provider, Store(folder), workers=1)])


GOOD = Still(rgb=np.full((32, 32, 3), 99, np.uint8), depth=np.full((20, 20), 7, np.uint8))


def test_a_still_and_its_depth_are_stored_and_reused(tmp_path: Path) -> None:
    store, provider = Store(tmp_path), Scripted(GOOD)
    for reused in (False, True):
        (made,) = made_by(provider, [request()], tmp_path)
        assert made.reused == reused and made.source is not None and not made.notice
        picture, depth = (
            store.get(made.source.picture, ".qoi"),
            store.get(made.source.depth, ".depth.png"),
        )
        assert picture and (decode_still(picture) == GOOD.rgb).all()
        assert depth and (decode_image(depth, mode="L") == GOOD.depth).all()
    assert len(provider.asked) == 1


@pytest.mark.parametrize("change", [{"seed": 2}, {"prompt": "other"}, {"width": 34}])
def test_another_request_or_provider_or_version_is_another_still(change: dict[str, object]) -> None:
    provider = Scripted()
    key = still_key(provider, request())
    assert key == still_key(provider, request())
    assert key != still_key(provider, request(**change))
    provider.version = "2"
    assert key != still_key(provider, request())


BAD = [
    ProviderError("refused"),
    RuntimeError("a bug"),
    Still(rgb=np.zeros((32, 32), np.uint8)),
    Still(rgb=np.zeros((32, 32, 4), np.uint8)),
    Still(rgb=np.zeros((4, 4, 3), np.uint8)),
    Still(rgb=np.zeros((32, 32, 3), np.float32)),  # type: ignore[arg-type]
    Still(rgb=GOOD.rgb, depth=np.zeros((32, 32, 3), np.uint8)),
    None,
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: type(bad).__name__)
def test_one_retry_with_the_simplified_prompt(tmp_path: Path, bad: object) -> None:
    provider = Scripted(bad, GOOD)
    (made,) = made_by(provider, [request()], tmp_path)
    assert made.source is not None
    assert made.notice.startswith("The picture for verse_1 was made with a simpler prompt (")
    assert [r.prompt for r in provider.asked] == ["long prompt", "short"]

    provider = Scripted(bad, bad)
    (made,) = made_by(provider, [request(index=1)], tmp_path)
    assert made.source is None and made.notice.startswith("AI image generation failed for verse_1.")


def test_a_section_is_complained_of_once(tmp_path: Path) -> None:
    provider = Scripted(*[ProviderError("no")] * 4)
    made = made_by(provider, [request(), request(index=1)], tmp_path)
    assert [bool(m.notice) for m in made] == [True, False]


def test_a_store_that_cannot_be_written_is_no_fault_of_the_provider(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        made_by(Scripted(GOOD, GOOD), [request()], tmp_path / "file")
