"""Makes songs from the grooves of MMA and a General MIDI soundfont, to learn from.

MMA (Musical MIDI Accompaniment) runs as a program of its own; nothing of it is copied here.
"""
