"""EDGE: render specs as files that people edit. Read, written, rewritten, and explained."""

from clavilux.documents.loading import LARGEST_BYTES as LARGEST_BYTES
from clavilux.documents.loading import parse_spec as parse_spec
from clavilux.documents.loading import read_spec as read_spec
from clavilux.documents.loading import text_of as text_of
from clavilux.documents.writing import write_spec as write_spec
