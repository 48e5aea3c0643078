"""Stained glass, lit from behind by a light that wanders."""

from clavilux.scenes.glass.scene import Glass as Glass
