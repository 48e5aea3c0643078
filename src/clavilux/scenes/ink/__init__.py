"""Ink let into still water: plumes that fold over themselves, lit like silk."""

from clavilux.scenes.ink.scene import Ink as Ink
