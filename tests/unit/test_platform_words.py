"""A platform's words are only used in its own rooms: otherwise the next platform would have to be added everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan.platform import Platform
from sources import PLUGINS, short, texts

ROOMS = ("catalog", "device_list", "detect", "plan", "fleet", "approval", "carry_out", "record", "rollout", "report")
ROOMS += ("schema", "transport")
# What Ansible calls on the controller; its documentation names systems for those who read it.
CALLED = ("action", "callback", "filter", "inventory", "lookup")
DOCUMENTED = re.compile(r'^(?:DOCUMENTATION|EXAMPLES|RETURN) = r?""".*?^"""', re.MULTILINE | re.DOTALL)
# Each reads the facts of one platform's entries, or reaches hosts of one platform.
OWN = ("catalog/of_linux.py", "catalog/of_windows.py", "transport/posix.py", "transport/windows.py")
SCHEMAS = PLUGINS / "plugin_utils" / "catalog" / "data" / "schemas"
# Descriptions of a platform's own part of the catalog, or of its collector's answers, and what names the platforms.
OF_A_PLATFORM = ("linux", "windows", "platforms")
SERVICES = "systemd|systemctl|journalctl|journald|initd|sysvinit|upstart|launchd|udev|dbus|polkit|auditd|crontabs?|cron"
PACKAGES = "dpkg|rpm|rpms|apt|apt-get|dnf|yum|zypper|debconf|deb|snapd|flatpak|debian|ubuntu|rhel|fedora|suse"
KERNEL = "fanotify|inotify|nftables|nft|iptables|ip6tables|ebpf|initramfs|dracut|kmod|modprobe|rmmod|kernel_module"
KERNEL += "|kernel modules?|netfilter|cgroups?|fwmarks?"
OTHERS = "selinux|apparmor|sudoers|sudo|squid|linux|posix|posixpath|ntpath|macos|chattr|os-release|fstab|busybox"
OTHERS += "|machine-id"
REGISTRY = "registry|registries|hive|hives|hklm|hkcu|hku|hkey_[a-z_]+|winreg|regf|ntuser|uninstallstring|productcode"
REGISTRY += "|upgradecode|machineguid"
MICROSOFT = "msi|msiexec|powershell|pwsh|defender|wmi|cim|minifilters?|bitlocker|runas|winrm|psrp|authenticode|gpo"
MICROSOFT += '|intune|configmgr|wsus|windows installer|windows\' own|a windows \\w+|on windows|"windows"(?![]:,])'
PATHS = r"(?<![\w.:/>*}])/(?:etc|usr|var|opt|proc|sys|run|lib|lib64|bin|sbin|boot|dev|home|root|srv|tmp)\b"
WORD = re.compile(
    rf"(?<![A-Za-z0-9])(?:{SERVICES}|{PACKAGES}|{KERNEL}|{OTHERS}|{REGISTRY}|{MICROSOFT})(?![A-Za-z0-9])|{PATHS}",
    re.IGNORECASE,
)
# Kinds of evidence and of steps that have a meaning on any system, so that the engine may name them.
EVERYWHERE = {"process", "path", "package", "journal", "mention", "limit", "interceptor", "container_interceptor"}
EVERYWHERE |= {"socket", "named_domain", "flow", "known_address", "announce", "handover", "finish"}
# Words that also mean other things: parts of a reason, of a goal, of an effect, and of an options' list; a folder of
# records, an approval's signature, a key of the catalog.
OF_OTHER_THINGS = {"file", "account", "group", "folder", "signature", "service", "retain"}


def _engine() -> list[Path]:
    engine = PLUGINS / "plugin_utils"
    rooms = [path for room in ROOMS for path in (engine / room).rglob("*.py")]
    called = [path for kind in CALLED for path in (PLUGINS / kind).glob("*.py")]
    return [path for path in (*rooms, *engine.glob("*.py"), *called) if not short(path).endswith(OWN)]


def _places() -> list[Path]:
    templates = [path for room in ROOMS for path in (PLUGINS / "plugin_utils" / room).rglob("*.j2")]
    schemas = [path for path in SCHEMAS.glob("*.json") if not path.name.startswith(OF_A_PLATFORM)]
    return [*_engine(), *templates, *schemas]


# What names a system where it has to: who reads the facts of each, what programs on the way to any host say, and what
# the controller, which runs Linux, is asked about itself.
NAMED = {
    "plugin_utils/catalog/loader.py": {"linux"},
    # A folder of the zones that the controller has.
    "plugin_utils/rollout/times.py": {"posix"},
    "plugin_utils/transport/adapter.py": {"posix"},
    "plugin_utils/transport/failures.py": {"sudo"},
    "plugin_utils/transport/limits.py": {"/proc"},
    "plugin_utils/transport/program.py": {"/usr"},
    "plugin_utils/transport/run_identity.py": {"/proc"},
}


def _code(path: Path) -> str:
    """Return a file's text with what documents a plugin for its users as empty lines."""
    return DOCUMENTED.sub(lambda told: "\n" * told.group().count("\n"), path.read_text(encoding="utf-8"))


def _words(text: str) -> list[str]:
    return [
        f"{number}: {found.group()}" for number, line in enumerate(text.split("\n"), 1) for found in WORD.finditer(line)
    ]


def test_no_word_of_a_system_stands_outside_its_rooms() -> None:
    places = _places()
    assert len(places) > 100
    found = [(short(path), word) for path in places for word in _words(_code(path))]
    named = {(file, word) for file, words in NAMED.items() for word in words}
    assert [f"{file}:{word}" for file, word in found if (file, word.partition(": ")[2].lower()) not in named] == []
    # What is no longer said there has to be removed from the list.
    assert named <= {(file, word.partition(": ")[2].lower()) for file, word in found}


@pytest.mark.parametrize("platform", platforms.ALL.values(), ids=platforms.ALL)
def test_the_engine_names_no_kind_of_one_system(platform: Platform) -> None:
    table = platform.table
    own = {*table.proving, *table.supporting, *table.running, *table.inert, *platform.kinds}
    own -= EVERYWHERE | OF_OTHER_THINGS
    assert len(own) > 8
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
        ("What a registry key holds", True),
        ('READ = "HKLM:SOFTWARE"', True),
        ("# A Windows host is only looked at", True),
        ('windows = wants["windows"]', False),
        ("def adapted(rapture): ...", False),
        ("https://example.org/etc/x", False),
        ("plugins/plugin_utils/run/x", False),
    ],
)
def test_a_word_of_a_system_is_seen_and_one_that_holds_it_is_not(line: str, is_one: bool) -> None:
    assert bool(_words(line)) is is_one
