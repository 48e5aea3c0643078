"""Deep space: gas lit from inside by a young core, and stars."""

from clavilux.scenes.nebula.scene import Nebula as Nebula
