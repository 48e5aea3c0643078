"""The edge: audio in, pictures in, video out."""
