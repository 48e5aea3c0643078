"""A dome seen from below: an n-fold mirrored ornament."""

from clavilux.scenes.kaleidoscope.scene import Kaleidoscope as Kaleidoscope
