"""A dpkg database like that of a busy server, made from a fixed seed, so that every run measures the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

SEED = 20240607
SECTIONS = ("admin", "libs", "net", "utils", "python", "perl", "libdevel", "doc", "web", "text")
TEXT = """
archive audio backup base binary bridge buffer cache client cluster codec common compiler config core crypt data
daemon database debug device dialog disk driver editor engine event file filter font format frame gateway graph image
index input kernel language layer library link locale logger mail manager media memory monitor network node object
package parser plugin policy print process protocol proxy query queue render report runtime scanner schema script
search server service session shell signal socket sound storage stream string system table task terminal text theme
thread timer tool tracker transport tree unicode update user utility vector video viewer virtual web
"""
WORDS = TEXT.split()
KEPT_CONFIGURATION_IN = 25
OURS = (("kesl", "12.1.0-1297"), ("klnagent64", "15.1.0-20748"))
OURS_FILES = 1500


@dataclass(frozen=True)
class Database:
    """What was made: packages, and the sizes of the status file and of all lists of files."""

    packages: int
    status_bytes: int
    listed_files: int


def make(folder: Path, packages: int) -> Database:
    """Write status and info/*.list, *.md5sums below a folder, with Kaspersky's two packages among them."""
    random = Random(SEED)
    (folder / "info").mkdir(parents=True, exist_ok=True)
    names = _names(random, packages - len(OURS))
    stanzas = [_stanza(random, name, names) for name in names]
    stanzas += [_ours(name, version) for name, version in OURS]
    listed = sum(_lists(folder, random, name, min(int(random.expovariate(1 / 60)) + 4, 2500)) for name in names)
    listed += sum(_lists(folder, random, name, OURS_FILES, f"/opt/kaspersky/{name}") for name, _version in OURS)
    status = "\n".join(sorted(stanzas))
    (folder / "status").write_text(status, encoding="utf-8")
    (folder / "available").write_text("", encoding="utf-8")
    return Database(len(stanzas), len(status.encode()), listed)


def _names(random: Random, count: int) -> list[str]:
    names: set[str] = set()
    while len(names) < count:
        parts = random.sample(WORDS, random.choice((1, 2, 2, 3)))
        prefix = random.choice(("", "", "lib", "python3-", "lib"))
        names.add(prefix + "-".join(parts) + random.choice(("", "", str(random.randint(1, 9)), "-dev", "-doc")))
    return sorted(names)


def _stanza(random: Random, name: str, names: list[str]) -> str:
    kept = random.randrange(KEPT_CONFIGURATION_IN) == 0
    lines = [
        f"Package: {name}",
        f"Status: {'deinstall ok config-files' if kept else 'install ok installed'}",
        "Priority: optional",
        f"Section: {random.choice(SECTIONS)}",
        f"Installed-Size: {random.randint(20, 40000)}",
        f"Maintainer: Debian {random.choice(WORDS).title()} Team <{random.choice(WORDS)}@lists.example.org>",
        f"Architecture: {random.choice(('amd64', 'amd64', 'all'))}",
        "Multi-Arch: same" if name.startswith("lib") else "Multi-Arch: foreign",
        f"Source: {name.split('-')[0]}",
        f"Version: {random.randint(0, 12)}.{random.randint(0, 40)}-{random.randint(1, 9)}+deb12u{random.randint(1, 5)}",
        f"Depends: {_relations(random, names, 6)}",
        f"Recommends: {_relations(random, names, 2)}",
        *_conffiles(random, name),
        f"Description: {_sentence(random, 6)}",
        *_description(random),
        f"Homepage: https://{name.replace('+', '')}.example.org/",
    ]
    return "\n".join(lines) + "\n"


def _relations(random: Random, names: list[str], most: int) -> str:
    chosen = random.sample(names, random.randint(1, most))
    return "libc6 (>= 2.34), " + ", ".join(
        f"{name} (>= {random.randint(0, 9)}.{random.randint(0, 30)})" for name in chosen
    )


def _conffiles(random: Random, name: str) -> list[str]:
    if random.randrange(4):
        return []
    files = [
        f" /etc/{name}/{random.choice(WORDS)}.conf {random.getrandbits(128):032x}" for _n in range(random.randint(1, 4))
    ]
    return ["Conffiles:", *files]


def _description(random: Random) -> list[str]:
    lines = [f" {_sentence(random, 11)}" for _number in range(random.randint(2, 7))]
    return [*lines, " .", f" {_sentence(random, 11)}"]


def _sentence(random: Random, words: int) -> str:
    return " ".join(random.choices(WORDS, k=words))


def _ours(name: str, version: str) -> str:
    return (
        f"Package: {name}\nStatus: install ok installed\nPriority: extra\nSection: utils\nInstalled-Size: 900000\n"
        f"Maintainer: AO Kaspersky Lab <support@example.org>\nArchitecture: amd64\nVersion: {version}\n"
        f"Depends: perl, libc6\nDescription: a stand-in's entry\n for a benchmark\n"
    )


def _lists(folder: Path, random: Random, name: str, count: int, below: str = "") -> int:
    place = below or random.choice(("/usr/share", "/usr/lib", "/usr/lib/x86_64-linux-gnu", "/usr/include")) + f"/{name}"
    folders = ["/.", *("/".join(place.split("/")[:depth]) for depth in range(2, place.count("/") + 2))]
    files = [f"{place}/{random.choice(WORDS)}-{number}" for number in range(count)]
    sums = [f"{random.getrandbits(128):032x}  {path[1:]}" for path in files]
    (folder / "info" / f"{name}.list").write_text("\n".join(folders + files) + "\n", encoding="utf-8")
    (folder / "info" / f"{name}.md5sums").write_text("\n".join(sums) + "\n", encoding="utf-8")
    return len(folders) + len(files)
