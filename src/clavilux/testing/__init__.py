"""Conformance checks for plugin authors: does a scene, an effect or a seller keep its interface?

In a test of your own plugin:

    from clavilux.testing import check_effect, check_scene, check_seller

    def test_my_scene() -> None:
        check_scene(MyScene())

Each check raises AssertionError saying which rule is broken. Scenes and effects draw small
pictures; a seller is only asked what it would send and what that would cost.
"""

from __future__ import annotations

from clavilux.testing.effects import check_effect as check_effect
from clavilux.testing.scenes import check_scene as check_scene
from clavilux.testing.sellers import check_seller as check_seller
