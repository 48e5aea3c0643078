"""Local servers that speak the wire formats of language models, strictly, and can fail."""
