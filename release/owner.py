"""The places that name what only the owner can give: write release/owner.yml into all of them, or say which differ.

``make owner`` writes: the repository's and the tracker's address wherever they stand, galaxy.yml, SECURITY.md,
MAINTAINERS.md, .github/CODEOWNERS and the site's links.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).resolve().parents[1]
PLACEHOLDER = re.compile(r"<[^<>]+>")
# What stands in links until the owner says where the repository is.
WRITTEN = "https://github.com/avshift/endpoint"
SHOWN = 5

Owner = dict[str, Any]


def read(home: Path) -> Owner:
    """Return what the owner has given."""
    owner: Owner = yaml.safe_load((home / "release/owner.yml").read_text(encoding="utf-8"))
    return owner


def problems(home: Path) -> Iterator[str]:
    """Yield what the owner has still to give, or which files say otherwise."""
    owner = read(home)
    left = [key for key, value in owner.items() if PLACEHOLDER.search(str(value))]
    for key in left:
        yield f"release/owner.yml: {key} is a placeholder."
    if not left and (differing := [name for name, _text in changes(home, owner)]):
        told = ", ".join([*differing[:SHOWN], *(["..."] if len(differing) > SHOWN else [])])
        yield f"{len(differing)} files say otherwise than release/owner.yml: {told}. Call 'make owner'."


def changes(home: Path, owner: Owner) -> Iterator[tuple[str, str]]:
    """Yield each file that says otherwise, and the text that it should have."""
    galaxy = yaml.safe_load((home / "galaxy.yml").read_text(encoding="utf-8"))
    links = {
        **{f"{old}/issues": owner["issues"] for old in (WRITTEN, galaxy["repository"])},
        galaxy["issues"]: owner["issues"],
        **dict.fromkeys((WRITTEN, galaxy["repository"]), owner["repository"]),
    }
    for name in sorted({*_naming(home, links), *OWN}):
        text = (home / name).read_text(encoding="utf-8")
        made = OWN.get(name, _as_it_is)(_linked(text, links), owner)
        if made != text:
            yield name, made


def _naming(home: Path, links: dict[str, str]) -> list[str]:
    patterns = [part for link in links for part in ("-e", link)]
    command = ["git", "grep", "-lIF", *patterns, "--", ".", ":!release"]
    done = subprocess.run(command, cwd=home, check=False, capture_output=True, text=True)
    # To find nothing is no fault of a search.
    if done.returncode > 1:
        raise SystemExit(f"Looking for addresses: git grep: {done.stderr.strip()}. Call it in a git checkout.")
    return done.stdout.splitlines()


def _linked(text: str, links: dict[str, str]) -> str:
    # The longest first: the tracker may be elsewhere than the repository that its address begins with.
    known = "|".join(re.escape(link) for link in sorted(links, key=len, reverse=True))
    return re.sub(rf"({known})(?![\w-])", lambda match: links[match[0]], text)


def _as_it_is(text: str, _owner: Owner) -> str:
    return text


def _galaxy(text: str, owner: Owner) -> str:
    for key in ("repository", "documentation", "issues"):
        text = _replaced(rf"^{key}: .*$", f"{key}: {owner[key]}", text)
    names = "".join(
        f"  - {yaml.safe_dump(name, allow_unicode=True, width=1000).splitlines()[0]}\n" for name in owner["maintainers"]
    )
    return _replaced(r"^authors:\n(?:  - .*\n)+", f"authors:\n{names}", text)


def _security(text: str, owner: Owner) -> str:
    contact = str(owner["security_contact"])
    target = f"mailto:{contact}" if "@" in contact and ":" not in contact else contact
    return _replaced(r"\[a private report\]\([^)]+\)", f"[a private report]({target})", text)


def _code_owners(text: str, owner: Owner) -> str:
    comments = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
    return f"{comments}* {owner['code_owners']}\n"


def _maintainers(text: str, owner: Owner) -> str:
    names = "".join(f"- {name}\n" for name in owner["maintainers"])
    listed = f"<!-- maintainers -->\n{names}<!-- end of maintainers -->"
    return _replaced(r"<!-- maintainers -->\n(?:- .*\n)*<!-- end of maintainers -->", listed, text)


def _site(text: str, owner: Owner) -> str:
    return _replaced(r"^  repository: .*$", f"  repository: {'/'.join(owner['repository'].split('/')[-2:])}", text)


def _replaced(pattern: str, text: str, whole: str) -> str:
    made, count = re.subn(pattern, lambda _match: text, whole, flags=re.MULTILINE)
    if not count:
        raise SystemExit(f"Writing the owner's values: {pattern}: nothing matches it. Correct it in release/owner.py.")
    return made


OWN: dict[str, Callable[[str, Owner], str]] = {
    ".github/CODEOWNERS": _code_owners,
    "MAINTAINERS.md": _maintainers,
    "SECURITY.md": _security,
    "docs/docsite/links.yml": _site,
    "galaxy.yml": _galaxy,
}


def main() -> int:
    """Write them all; return 1 where the owner has not given everything."""
    owner = read(HOME)
    if left := [key for key, value in owner.items() if PLACEHOLDER.search(str(value))]:
        print(f"Writing the owner's values: release/owner.yml: {', '.join(left)}: a placeholder. Fill it in.")
        return 1
    for name, text in list(changes(HOME, owner)):
        (HOME / name).write_text(text, encoding="utf-8")
        print(f"   {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
