# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What happens to one line of another program's configuration. It is removed only if it is there for the product."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass

from .names import SOURCING, Words, segments


@dataclass(frozen=True)
class Fate:
    """``goes`` with the line in its place, if there is one; else ``why`` a person has to check it, '' if none has
    to.
    """

    goes: bool
    becomes: str | None = None
    why: str = ""


GOES, STAYS = Fate(True), Fate(False)
MIXED = Fate(False, why="it also contains other things")
UNCLEAR = Fate(False, why="it names the product in an unexpected place")
SCRIPT_FOLDERS = ("/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly", "/etc/profile.d")
SCRIPTS = ("/etc/rc.local", "/etc/rc.d/rc.local")
# Users' own tables have no field for the user.
CRON_OF_SYSTEM = ("/etc/crontab", "/etc/cron.d/")
SETTING = re.compile(r"\s*[A-Za-z_][A-Za-z0-9_]*\s*=")
SUDO_TAGS = re.compile(r"(?:\([^)]*\)\s*|[A-Z_]+:\s*|!\s*)*")
SQUID_PROGRAMS = ("url_rewrite_program", "redirect_program", "store_id_program", "storeurl_rewrite_program")
SQUID_NAMED = ("icap_service", "icap_class", "icap_access", "adaptation_access", "acl")
SQUID_SETS = ("icap_class", "adaptation_service_set", "adaptation_service_chain")
SAMBA_COMMANDS = re.compile(
    r"(?:root )?(?:pre|post)exec|exec|magic script|panic action|(?:add|delete|change) .* (?:command|script)"
    r"|message command|(?:dfree|quota|get quota|set quota|print|lpq|lprm) command"
)
POSTFIX_COMMANDS = ("mailbox_command",)
POSTFIX_LISTS = ("smtpd_milters", "non_smtpd_milters")


def fate(place: str, path: str, text: str, words: Words) -> Fate:
    """Return what happens to one line, with its continuation lines, that names a product."""
    if is_script(path):
        return GOES if words.only_calls(text.strip()) else UNCLEAR
    judge = JUDGES.get(place)
    return judge(path, text, words) if judge is not None else UNCLEAR


def is_script(path: str) -> bool:
    """Return True for a place whose files are whole programs, from which no line can be removed."""
    return path in SCRIPTS or posixpath.dirname(path) in SCRIPT_FOLDERS


def command_of_cron(path: str, text: str) -> str:
    """Return the command of a cron line, '' for any other line."""
    fields = 1 if text.lstrip().startswith("@") else 5
    if path == "/etc/anacrontab":
        fields = 3
    elif path.startswith(CRON_OF_SYSTEM):
        fields += 1
    parts = text.split(None, fields)
    return parts[fields] if len(parts) > fields and not SETTING.match(text) else ""


def aliases_of(text: str) -> list[str]:
    """Return the command aliases that a sudoers line defines."""
    return re.findall(r"^\s*Cmnd_Alias\s+([A-Z][A-Z0-9_]*)\s*=", text)


def sudo_commands(text: str) -> list[str] | None:
    """Return the commands that a sudoers rule or alias names; None for a line of another kind or form."""
    plain = re.sub(r"\\\n\s*", " ", text)
    if re.match(r"\s*(?:Defaults|User_Alias|Host_Alias|Runas_Alias)", plain) or len(_unescaped(plain, "=")) != 2:
        return None
    commands = [part.strip() for part in _unescaped(_unescaped(plain, "=")[1], ",")]
    bare = [command[_end_of_tags(command) :] for command in commands]
    return None if any(len(_unescaped(command, ":")) > 1 or not command for command in bare) else bare


def _end_of_tags(command: str) -> int:
    match = SUDO_TAGS.match(command)
    return match.end() if match else 0


def _unescaped(text: str, mark: str) -> list[str]:
    return re.split(rf"(?<!\\){re.escape(mark)}", text)


def _sudoers(path: str, text: str, words: Words) -> Fate:
    commands = sudo_commands(text)
    if commands is None:
        return UNCLEAR
    own = [words.own(command.split()[0].replace("\\", "")) for command in commands]
    return GOES if all(own) else MIXED


def _cron(path: str, text: str, words: Words) -> Fate:
    return GOES if words.only_calls(command_of_cron(path, text)) else MIXED


def _squid(path: str, text: str, words: Words) -> Fate:
    if "\n" in text:
        return UNCLEAR
    parts = text.split()
    if text.lstrip().startswith("#"):
        return GOES if text.strip().lstrip("#").strip().lstrip("/") in words.marks else STAYS
    name, given = parts[0], parts[1:]
    if name in SQUID_SETS and given and (given[0] in words.marks or name != "icap_class"):
        return GOES if all(word in words.marks for word in given) else MIXED
    if name in SQUID_NAMED and given and given[0] in words.marks:
        return GOES
    return GOES if name in SQUID_PROGRAMS and given and words.own(given[0]) else UNCLEAR


def _mta(path: str, text: str, words: Words) -> Fate:
    """Only one file of one mail server has lines that are certainly independent; others refer to each other."""
    name, equals, value = text.partition("=")
    if posixpath.basename(path) != "main.cf" or not equals:
        return Fate(False, why="other lines may rely on it")
    value = value.replace("\n", " ").strip()
    if name.strip() in POSTFIX_LISTS:
        listed = re.split(r"[\s,]+", value)
        own = [words.own(re.sub(r"^(?:unix|local):", "", word)) for word in listed if word]
        return GOES if all(own) else MIXED
    if name.strip() in POSTFIX_COMMANDS:
        return GOES if words.only_calls(value.lstrip("|")) else MIXED
    return UNCLEAR


def _samba(path: str, text: str, words: Words) -> Fate:
    name, equals, value = text.partition("=")
    key = " ".join(name.split()).lower()
    if "\n" in text or not equals:
        return UNCLEAR
    if key in ("vfs objects", "vfs object"):
        return _without_own(text, value, words)
    if SAMBA_COMMANDS.fullmatch(key):
        return GOES if words.only_calls(value.strip().strip('"')) else MIXED
    return UNCLEAR


def _without_own(text: str, value: str, words: Words) -> Fate:
    """Return the line without the products' words in its list."""
    listed = re.findall(r"\s*[^\s,]+,?", value)
    kept = [part for part in listed if not words.own(part.strip().rstrip(","))]
    if '"' in value or len(kept) == len(listed):
        return UNCLEAR
    left = "".join(kept).rstrip(",")
    return Fate(True, text[: len(text) - len(value)] + left) if kept else GOES


def _autostart(path: str, text: str, words: Words) -> Fate:
    match = re.match(r"(?:Try)?Exec\s*=\s*(.*)\Z", text)
    if not match:
        return STAYS
    return GOES if words.only_calls(re.sub(r"%[a-zA-Z]", "", match.group(1))) else MIXED


def _shell(path: str, text: str, words: Words) -> Fate:
    """Return the fate of a line of a shell's start file: it is removed if it only sources a product's file."""
    parts = segments(text.strip())
    sources = any(part[0] in SOURCING for part in parts or ())
    return GOES if sources and words.only_calls(text.strip()) else UNCLEAR


JUDGES: dict[str, Callable[[str, str, Words], Fate]] = {
    "sudoers": _sudoers,
    "cron": _cron,
    "squid": _squid,
    "mta": _mta,
    "samba": _samba,
    "autostart": _autostart,
    "shell": _shell,
}
