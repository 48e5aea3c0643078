"""A sea of dunes under a low sun."""

from clavilux.scenes.dunes.scene import Dunes as Dunes
