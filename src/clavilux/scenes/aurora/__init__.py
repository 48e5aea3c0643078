"""Curtains of northern light over snowy hills and a still lake."""

from clavilux.scenes.aurora.scene import Aurora as Aurora
