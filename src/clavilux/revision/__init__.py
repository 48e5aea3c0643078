"""A spec is changed in words: a request becomes a patch, a patch a readable difference."""
