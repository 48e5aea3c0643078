"""A video shown while it is made."""
