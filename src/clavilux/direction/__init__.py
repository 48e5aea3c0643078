"""Analysis -> RenderSpec. Pure."""
