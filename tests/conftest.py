"""What every test may rely on: private settings, caches and slots, and nothing left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ("sound_server", "device_loop", "audio_engine", "person")

ROOT = Path(__file__).resolve().parent.parent
DEVELOPMENT_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def _private_places(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings and slots of a test are its own; compiled kernels are shared to save time."""
    private = tmp_path_factory.mktemp("private")
    monkeypatch.setenv("TRIMPOT_CONFIG", str(private / "config"))
    monkeypatch.setenv("TRIMPOT_SLOTS", str(private / "slots"))


@pytest.fixture(autouse=True)
def _no_threads_left() -> Iterator[None]:
    """A test that leaves a thread running fails (pools that live on by design are named here)."""
    before = set(threading.enumerate())
    yield
    lasting = ("ThreadPoolExecutor", "pytest", "Dummy", "QThread", "asyncio", "pydevd")
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        left = [
            thread
            for thread in set(threading.enumerate()) - before
            if thread.is_alive() and not thread.name.startswith(lasting)
        ]
        if not left:
            return
        time.sleep(0.05)
    pytest.fail(f"the test left threads running: {[thread.name for thread in left]}")


@pytest.fixture
def development_data() -> Path:
    """Real recordings beside the checkout; the test is skipped where they are not."""
    if not DEVELOPMENT_DATA.is_dir():
        pytest.skip("the development recordings (../shared/data) are not on this machine")
    return DEVELOPMENT_DATA
