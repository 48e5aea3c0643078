"""Brutalist halls of concrete in raking light."""

from clavilux.scenes.monolith.scene import Monolith as Monolith
