"""A fake that outlives its client: `PYTHONPATH=tests python -m providers.fakes openai`.

Prints its address as soon as it listens; every sale is a line of JSON in --sales. It ends when its
standard input is closed, so that no test leaves one behind.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from .server import Fake


def main() -> None:
    """Serve until the end of standard input."""
    parser = argparse.ArgumentParser(prog="python -m providers.fakes", description=__doc__)
    parser.add_argument("name", help="a module here, such as openai; or directors.fakes.chat")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default="test-key-0123456789")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long a picture takes")
    parser.add_argument("--sales", type=Path, help="a file for lines of JSON")
    parser.add_argument("--chance", type=float, default=0.0, help="of a fault, 0..1")
    parser.add_argument("--faults", default="", help="names, with commas between")
    parser.add_argument("--seed", type=int, default=0, help="of chance")
    said = parser.parse_args()
    options = {"key": said.key, "seconds": said.seconds, "sales_file": said.sales}
    with fake_of(said.name)(port=said.port, **options) as fake:
        fake.chaos(said.chance, *filter(None, said.faults.split(",")), seed=said.seed)
        print(fake.url, flush=True)
        sys.stdin.read()


def fake_of(name: str) -> type[Fake]:
    """The fake that a module of this folder defines, or of another with a dot in its name."""
    module = importlib.import_module(name if "." in name else f".{name}", __package__)
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Fake) and value is not Fake
    )


if __name__ == "__main__":
    main()
