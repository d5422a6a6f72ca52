"""A platform's words are only used in its own rooms: otherwise the next platform would have to be added everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from sources import PLUGINS, short, texts

ROOMS = ("detect", "plan", "fleet", "approval", "carry_out", "record", "report", "schema")
SCHEMAS = PLUGINS / "plugin_utils" / "catalog" / "data" / "schemas"
# Descriptions of a platform's own part of the catalog, or of its collector's answers, and what names the platforms.
OF_A_PLATFORM = ("linux", "windows", "platforms")
SERVICES = "systemd|systemctl|journalctl|journald|initd|sysvinit|upstart|launchd|udev|dbus|polkit|auditd|crontabs?|cron"
PACKAGES = "dpkg|rpm|rpms|apt|apt-get|dnf|yum|zypper|debconf|deb|snapd|flatpak|debian|ubuntu|rhel|fedora|suse"
KERNEL = "fanotify|inotify|nftables|nft|iptables|ip6tables|ebpf|initramfs|dracut|kmod|modprobe|rmmod|kernel_module"
KERNEL += "|kernel modules?|netfilter|cgroups?|fwmarks?"
OTHERS = "selinux|apparmor|sudoers|sudo|squid|linux|posix|posixpath|ntpath|macos|hklm|winreg|powershell|chattr"
OTHERS += "|os-release|fstab|rmmod|busybox"
PATHS = r"(?<![\w.:/>*}])/(?:etc|usr|var|opt|proc|sys|run|lib|lib64|bin|sbin|boot|dev|home|root|srv|tmp)\b"
WORD = re.compile(rf"(?<![A-Za-z0-9])(?:{SERVICES}|{PACKAGES}|{KERNEL}|{OTHERS})(?![A-Za-z0-9])|{PATHS}", re.IGNORECASE)
# Kinds of evidence and of steps that have a meaning on any system, so that the engine may name them.
EVERYWHERE = {"process", "path", "package", "journal", "mention", "limit", "interceptor", "container_interceptor"}
EVERYWHERE |= {"socket", "named_domain", "flow", "known_address", "announce", "handover", "finish"}
# Words that also mean other things: parts of a reason, of a goal, of an effect, and of an options' list.
OF_OTHER_THINGS = {"file", "account", "group"}


def _engine() -> list[Path]:
    engine = PLUGINS / "plugin_utils"
    return [*(path for room in ROOMS for path in (engine / room).rglob("*.py")), *engine.glob("*.py")]


def _places() -> list[Path]:
    templates = [path for room in ROOMS for path in (PLUGINS / "plugin_utils" / room).rglob("*.j2")]
    schemas = [path for path in SCHEMAS.glob("*.json") if not path.name.startswith(OF_A_PLATFORM)]
    return [*_engine(), *templates, *schemas]


# Redaction has to know the version formats of every system.
READING_ALL = {"plugin_utils/report/redact/redactor.py": {"deb", "ubuntu"}}


def _words(text: str) -> list[str]:
    return [
        f"{number}: {found.group()}" for number, line in enumerate(text.split("\n"), 1) for found in WORD.finditer(line)
    ]


def test_no_word_of_a_system_stands_outside_its_rooms() -> None:
    places = _places()
    assert len(places) > 100
    found = [(short(path), word) for path in places for word in _words(path.read_text(encoding="utf-8"))]
    read = {(file, word) for file, words in READING_ALL.items() for word in words}
    assert [f"{file}:{word}" for file, word in found if (file, word.partition(": ")[2]) not in read] == []
    # What is no longer said there has to be removed from the list.
    assert read <= {(file, word.partition(": ")[2]) for file, word in found}


def test_the_engine_names_no_kind_of_one_system() -> None:
    table = platforms.expected().table
    own = {*table.proving, *table.supporting, *table.running, *table.inert, *platforms.expected().kinds}
    own -= EVERYWHERE | OF_OTHER_THINGS
    assert len(own) > 40
    found = [f"{short(path)}:{line}: {text}" for path in _engine() for line, text in texts(path) if text in own]
    assert found == []


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ('KEEP_OUT = "/etc/avshift/keep-out"', True),
        ('if step["kind"] == "kernel_module":', True),
        ('"enum": ["selinux_boolean"]', True),
        ("import posixpath", True),
        ("# dpkg tells it", True),
        ('"description": "os-release\'s ID of a Debian host"', True),
        ("It is ended by systemd.", True),
        ("def adapted(rapture): ...", False),
        ("https://example.org/etc/x", False),
        ("plugins/plugin_utils/run/x", False),
    ],
)
def test_a_word_of_a_system_is_seen_and_one_that_holds_it_is_not(line: str, is_one: bool) -> None:
    assert bool(_words(line)) is is_one
