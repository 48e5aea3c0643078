"""Tier 1: time and music -> picture. Plugins.

A folder for each: its `scene.py` tells what is drawn, in which order, and what the music moves; the
other files are the parts. What scenes share: `noise` (noise and shaping), `planes` (tones, depth,
numbers for kernels), `sparks` (small lights), `supersample` (stills).
"""
