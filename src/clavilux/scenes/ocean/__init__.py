"""Open sea under a low sun or moon."""

from clavilux.scenes.ocean.scene import Ocean as Ocean
