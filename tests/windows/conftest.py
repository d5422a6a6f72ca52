"""Hosts of the Windows lab, as long as a test needs them. They run in the root of the list `windows`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from importable import make_importable

from avshift_windows import states
from avshift_windows.place import POWERSHELL, Place
from avshift_windows.wine import Prefix

make_importable()

# Its imports need that.
import removals  # noqa: E402

Up = Callable[[str], AbstractContextManager[Prefix]]


@pytest.fixture(scope="session")
def place() -> Iterator[Place]:
    """The template of every host. Hosts of earlier tests are removed."""
    made = Place.made()
    made.empty_hosts()
    yield made
    made.empty_hosts()


@pytest.fixture(scope="session")
def up(place: Place) -> Up:
    """Keep a host in a state running during a block; its folder stays until the end of the tests."""

    @contextmanager
    def running(name: str) -> Iterator[Prefix]:
        # Copies share files with the template, so they have to be beside it.
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=place.hosts))
        folder.chmod(0o755)
        prefix = place.template.copy(folder / "prefix")
        state = states.load(name)
        with prefix.up():
            states.make(state, prefix, place.built)
            if not state.restarted:
                yield prefix
        if state.restarted:
            prefix.boot()
            with prefix.up():
                yield prefix

    return running


@pytest.fixture(scope="session")
def story(up: Up) -> removals.Story:
    """Both products are removed, once for all tests that look at it."""
    return removals.story(up)


@pytest.fixture
def powershell() -> Path:
    """PowerShell 7 for Windows; a test that needs it is skipped if no .NET SDK has built one."""
    if not (POWERSHELL / "pwsh.exe").exists():
        pytest.skip("no PowerShell: `dotnet` (SDK 10) is not on the PATH, or lab/windows/powershell.sh was not run")
    return POWERSHELL
