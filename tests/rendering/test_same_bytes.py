"""The same spec gives the same bytes on every machine: digests are pinned, processors pretended."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from digests import digests

GOLDEN = Path(__file__).parent / "golden" / "digests.json"
OLD_PROCESSOR = {
    "NUMBA_CPU_NAME": "x86-64-v2",  # of 2009: no AVX, no fused multiplication
    "NUMBA_CPU_FEATURES": "",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_ICL AVX512_SPR",
}


def test_frames_have_the_digests_they_always_had() -> None:
    """`make golden` writes them anew, after a change that was meant to be seen."""
    found = digests()
    if os.environ.get("CLAVILUX_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=2) + "\n")
    assert found == json.loads(GOLDEN.read_text())


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="pretends an old x86")
def test_an_old_processor_draws_the_same_bytes() -> None:
    names = ("ocean", "ink", "dissolve", "all effects", "all at once")
    command = [sys.executable, str(Path(__file__).parent / "digests.py"), *names]
    done = subprocess.run(
        command, env=os.environ | OLD_PROCESSOR, capture_output=True, text=True, check=True
    )
    pinned = json.loads(GOLDEN.read_text())
    assert json.loads(done.stdout) == {name: pinned[name] for name in names}
