"""A city at nightfall across dark water."""

from clavilux.scenes.city.scene import City as City
