"""Requests -> pictures. Plugins."""
