"""Tier 1: time and music -> picture. Plugins."""
