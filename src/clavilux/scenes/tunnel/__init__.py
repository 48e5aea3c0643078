"""A flight through a ribbed tunnel of panels towards a bright far end."""

from clavilux.scenes.tunnel.scene import Tunnel as Tunnel
