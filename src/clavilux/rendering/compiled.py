from clavilux.compiled import fast, kernel  # noqa: F401
