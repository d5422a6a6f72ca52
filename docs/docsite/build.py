"""Build the site below .cache/docsite: the guides in docs/, and the reference out of the plugins' own documentation.

Called by ``make docs`` with the Python of .cache/docs. Any warning is an error.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
HOME = HERE.parents[1]
PLACE = HOME / ".cache" / "docsite"
TOOLS = Path(sys.executable).parent
# A link that leaves the folder docs leads to the repository.
OUTSIDE = re.compile(r"\]\(\.\./([^)\s]+)\)")
# One to a part of a plan is for whoever has a plan beside the page.
PLAN = re.compile(r"\[([^\]]+)\]\(plan\.html#[^)\s]+\)")
# A sample document is a file to be taken as it is, and no page of the site.
SAMPLE = "](examples/"
# What a page loads from elsewhere as it is opened.
LOADED = re.compile(
    r"<(?:script|img|iframe)[^>]+src=\"(?:https?:)?//|<link[^>]+rel=\"(?:stylesheet|icon)\"[^>]+href=\"(?:https?:)?//"
)


def main() -> int:
    """Build it, and return an exit code."""
    source, site = PLACE / "source", PLACE / "site"
    shutil.rmtree(PLACE, ignore_errors=True)
    source.mkdir(parents=True)
    _guides(source)
    _reference(source)
    command = [TOOLS / "sphinx-build", "-q", "-W", "--keep-going", "-j", "2", "-c", HERE, source, site]
    code = subprocess.run(command, cwd=HOME, check=False).returncode
    loading = sorted(page.name for page in site.rglob("*.html") if LOADED.search(page.read_text(encoding="utf-8")))
    if loading:
        sys.stderr.write(
            f"Building the site: {', '.join(loading)}: it loads something from elsewhere. Take that out.\n"
        )
        return 1
    if not code:
        sys.stdout.write(f"   {site.relative_to(HOME)}/index.html\n")
    return code


def _guides(source: Path) -> None:
    repository = yaml.safe_load((HOME / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
    for page in sorted((HOME / "docs").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        inside = PLAN.sub(r"\1", OUTSIDE.sub(rf"]({repository}/blob/main/\1)", text))
        (source / page.name).write_text(inside.replace(SAMPLE, "](path:examples/"), encoding="utf-8")
    shutil.copytree(HOME / "docs" / "pictures", source / "pictures")
    # Documents as they are, which the page of samples links.
    shutil.copytree(HOME / "docs" / "examples", source / "examples")
    for page in sorted(HERE.glob("*.rst")):
        shutil.copy(page, source)


def _reference(source: Path) -> None:
    own = {"ANSIBLE_COLLECTIONS_PATH": str(HOME / ".cache"), "PATH": f"{TOOLS}:{os.environ['PATH']}"}
    command = [TOOLS / "antsibull-docs", "collection", "--use-current", "--fail-on-error", "--squash-hierarchy"]
    collections = source / "collections"
    collections.mkdir()
    subprocess.run(
        [*command, "--dest-dir", collections, "avshift.endpoint"],
        cwd=HOME,
        env={**os.environ, **own},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    _before_a_release(collections / "changelog.rst")


def _before_a_release(page: Path) -> None:
    """Head the changelog's page when no version was released: antsibull-docs then writes one without a title."""
    released = yaml.safe_load((HOME / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
    if not released:
        page.write_text("Changelog\n=========\n\nNo version has been released.\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
