"""Mountain ridges at dusk, one behind another with mist between them."""

from clavilux.scenes.ridges.scene import Ridges as Ridges
