"""Ribbons of silk threads carried by a slow current."""

from clavilux.scenes.flow.scene import Flow as Flow
