"""Learns the bar patterns of clavilux.analysis (patterns.npz) from made songs."""
