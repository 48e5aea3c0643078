"""Processes of their own that put things."""

from __future__ import annotations

import subprocess
import sys
import textwrap


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A process for which `place` is what the first argument names."""
    head = """
        import hashlib, sys
        from clavilux.objects import open_objects
        place = open_objects(sys.argv[1])
        key_of = lambda text: hashlib.sha256(str(text).encode()).hexdigest()
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
