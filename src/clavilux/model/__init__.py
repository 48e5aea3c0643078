"""Nouns: frozen values with no dependency on anything of ours."""
