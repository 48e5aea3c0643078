"""Every error Clavilux raises on purpose: one tree, one line each, saying what to do."""


class ClaviluxError(Exception):
    """Something a person can act on; the command line prints it in one line and exits with 2."""


class InputError(ClaviluxError):
    """A file or value given by the user cannot be used."""


class AudioError(InputError):
    """The song cannot be opened, decoded, or holds nothing to hear."""


class SpecError(InputError):
    """A render spec says something that cannot be drawn."""


class OutputError(ClaviluxError):
    """The result cannot be written."""


class PluginError(ClaviluxError):
    """A named plugin does not exist or does not keep its interface."""


class ProviderError(ClaviluxError):
    """An image or video could not be had from a provider."""


class WorkerError(ClaviluxError):
    """A drawing worker died or could not do its segment."""
