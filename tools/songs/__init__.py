"""Makes songs whose beats, bars, sections and singing are known exactly, to learn from."""
