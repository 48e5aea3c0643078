"""The edge: where segments are drawn."""
