"""A moving picture, or two -> a picture. Plugins."""
