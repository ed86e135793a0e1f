"""The job that imports recordings; it is light, so it does not wait behind a training."""

from __future__ import annotations

from functools import partial

from engines.jobs.base import Handler
from engines.jobs.produce import ProduceConfig, produce

HANDLER = Handler(Config=ProduceConfig, run=partial(produce, "import"), heavy=False)
