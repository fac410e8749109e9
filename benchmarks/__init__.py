"""Measurements: docs/performance.md, docs/engine.md and docs/audio.md say which and with what
result."""

import sys
from importlib.util import find_spec

# Of each kind of package that only script/test installs, one.
if not all(map(find_spec, ("hibari", "httpx", "playwright", "psutil"))):
    sys.exit("Measuring needs the packages of the tests: run script/test once.")
