"""Files that a run is given: a catalog that another user can change, YAML that acts, another console's answer."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import loader, policies
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.record import console, runs
from attacks import attack
from hostile_records import RUN
from support import REPOSITORY

MALLORY, LIMIT, MEMORY = 65534, 120, 1 << 30
DATA = REPOSITORY / "plugins/plugin_utils/catalog/data"
OURS, HERS = "an entry of the site's", "an entry of mallory's"
# Reads a policy as a run does, with limited memory, and prints the result.
READING = f"""
import resource, sys
sys.path[:0] = {[str(REPOSITORY / "tests"), str(REPOSITORY / "tests/unit")]!r}
from importable import make_importable
make_importable()
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog import policies
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
try:
    policies.load([sys.argv[1]])
except AvshiftError as error:
    print(error.code, error)
"""


def _entry(name: str) -> str:
    entry = yaml.safe_load((DATA / "products/linux/kvrt.yml").read_text(encoding="utf-8"))
    return yaml.safe_dump({**entry, "id": "ours", "name": name})


@pytest.fixture
def site() -> Iterator[Path]:
    """A site's folder with one entry, in a place that every user of the machine can reach."""
    before = os.umask(0o022)
    with tempfile.TemporaryDirectory(dir="/tmp") as home:
        Path(home).chmod(0o755)
        (Path(home) / "site/products/linux").mkdir(parents=True)
        yield Path(home) / "site"
    os.umask(before)


def _by_mallory(code: str, *arguments: str) -> None:
    drop = f"import os, sys; os.setgroups([]); os.setgid({MALLORY}); os.setuid({MALLORY})\n"
    subprocess.run([sys.executable, "-c", drop + code, *arguments], check=True, timeout=LIMIT)


@attack("link-into-a-shared-folder", threat="she replaces what a site's link leads to", holds="hers is not taken")
@pytest.mark.parametrize("linked", ["products/linux", "products/linux/ours.yml"])
def test_what_another_user_puts_behind_a_link_is_not_read(site: Path, linked: str) -> None:
    shared = site.parent / "shared"
    shared.mkdir()
    (shared / "ours.yml").write_text(_entry(OURS), encoding="utf-8")
    if linked == "products/linux":
        (site / linked).rmdir()
    (site / linked).symlink_to(shared if linked == "products/linux" else shared / "ours.yml")
    shared.chmod(0o777)
    put = "os.unlink(sys.argv[1]); open(sys.argv[1], 'w').write(sys.argv[2])"
    _by_mallory(put, str(shared / "ours.yml"), _entry(HERS))
    assert HERS in (site / "products/linux/ours.yml").read_text(encoding="utf-8")
    with pytest.raises(AvshiftError) as refused:
        loader.load(sites=(site,))
    assert str(shared) in str(refused.value)


@attack("entry-that-is-passed-over", threat="an entry lies where nobody reads it", holds="the run does not go on")
@pytest.mark.parametrize("place", ["products/linux/ours.YML", "Products/linux/ours.yml", "products/ours.yml"])
def test_no_entry_is_missing_without_a_word(site: Path, place: str) -> None:
    (site / "products/linux/ours.yml").write_text(_entry(OURS), encoding="utf-8")
    (site / place).parent.mkdir(parents=True, exist_ok=True)
    (site / place).write_text(_entry(HERS), encoding="utf-8")
    with pytest.raises(AvshiftError) as refused:
        loader.load(sites=(site,))
    assert str(site / place) in str(refused.value)


ACTING = {
    "deep brackets": "rulings: " + "[" * 300_000,
    "a bomb of aliases": "\n".join(
        ["a: &a [" + ", ".join("x" * 9) + "]"]
        + [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in zip("abcdefghi", "bcdefghij", strict=True)]
    ),
    "an alias of itself": "rulings: &x [*x]",
    "an object of Python": "id: !!python/object/apply:os.system ['touch mark']",
    "a number as a key": "1: 2",
}


@attack("yaml-that-acts", threat="a file that somebody sent ends or holds up the run", holds="it is refused by name")
@pytest.mark.parametrize("name", ACTING)
def test_a_file_only_says_something(tmp_path: Path, name: str) -> None:
    (tmp_path / "sent.yml").write_text(ACTING[name], encoding="utf-8")
    read = [sys.executable, "-c", READING, "sent.yml"]
    done = subprocess.run(read, cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "sent.yml" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["sent.yml"]


@attack("console-of-another", threat="the answer of another product's console is given", holds="the host stays pending")
@pytest.mark.parametrize("given", ["sentinelone", "crowdstrike_falcon"])
def test_another_product_s_console_proves_nothing(given: str) -> None:
    checks = [{"id": "mode:not_local", "result": "unknown", "detail": "only the console can tell"}]
    seen = {"findings": [], "evidence": [], "unknowns": [], "complete": True, "removed_before": ["kesl"]}
    proven = {"provider": "sophos_spl", "checks": checks, "result": "unknown"}
    told = {"collected": {**seen, "earlier_runs": []}, "proven": proven}
    answer = console.Console(given, "2099-01-01T00:00:00Z", "an export", frozenset(("web1",)))
    assert runs.of_run("web1", "verify", RUN, told, console=answer)["verdict"] == "removed_console_check_pending"


@attack("console-with-two-hosts", threat="a second list of hosts stands hidden in the file", holds="it is refused")
def test_of_two_lists_none_is_believed() -> None:
    told = b"{format_version: 1, provider: x, time: '2026-01-01T00:00:00Z', source: y, hosts: [a], hosts: [a, web1]}"
    with pytest.raises(AvshiftError, match="hosts stands twice"):
        console.parse(told, "console.yml", "2099-01-01T00:00:00Z")


def test_the_policies_that_come_along_are_read() -> None:
    assert policies.load(["us_bod_17_01"])
