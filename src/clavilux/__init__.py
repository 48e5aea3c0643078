"""Clavilux: a song goes in, a music video comes out, in time with the music."""

__version__ = "0.1.0"
