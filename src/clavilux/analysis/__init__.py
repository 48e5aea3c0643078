"""Samples -> Analysis. Pure: no files, no clock, no randomness."""
