# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Keys that the kernel, a package manager or Java trusts outside the certificate stores, by name and content."""

import base64
import binascii
import re
import stat

from ...posix.errors import EndpointError
from ..items import not_checked, seen

# (what trusts the keys there: the kernel, or a program's name; folders or files)
PLACES = (
    ("digsig", ("/etc/digsig/keys", "/etc/digsig/xattr_keys")),
    ("ima", ("/etc/keys/ima", "/etc/ima", "/etc/keys")),
    ("mok", ("/var/lib/shim-signed/mok", "/var/lib/dkms/mok.pub", "/root/mok", "/etc/mok")),
    ("module", ("/etc/pki/module-signing", "/etc/kernel/certs")),
    ("apt", ("/etc/apt/trusted.gpg", "/etc/apt/trusted.gpg.d", "/etc/apt/keyrings", "/usr/share/keyrings")),
    ("module", ("/var/lib/sbctl/keys", "/usr/share/secureboot/keys", "/etc/secureboot/keys")),
    ("verity", ("/etc/verity.d", "/usr/lib/verity.d", "/run/verity.d", "/usr/local/lib/verity.d")),
    ("rpm", ("/etc/pki/rpm-gpg", "/etc/zypp/keys", "/var/cache/zypp/pubkeys")),
    ("rpm", ("/var/lib/rpm/pubkeys", "/usr/lib/sysimage/rpm/pubkeys", "/usr/share/rpm/pubkeys", "/usr/lib/rpm/gnupg")),
    ("pacman", ("/usr/share/pacman/keyrings", "/etc/pacman.d/gnupg")),
    ("apk", ("/etc/apk/keys", "/usr/share/apk/keys", "/usr/lib/apk/keys")),
    ("xbps", ("/var/db/xbps/keys",)),
    ("portage", ("/etc/portage/gnupg", "/usr/share/openpgp-keys")),
    ("opkg", ("/etc/opkg/keys", "/etc/opkg/gpg")),
    ("swupd", ("/usr/share/clear/update-ca",)),
    ("ostree", ("/etc/ostree/remotes.d", "/usr/share/ostree/trusted.gpg.d", "/etc/ostree/trusted.gpg.d")),
    ("containers", ("/etc/pki/containers", "/etc/containers/certs.d", "/etc/docker/certs.d")),
    ("java", ("/etc/ssl/certs/java/cacerts", "/etc/pki/java/cacerts", "/etc/pki/ca-trust/extracted/java/cacerts")),
)
JAVA_HOMES = ("/usr/lib/jvm", "/opt/java", "/usr/java")
JAVA_STORES = ("/lib/security/cacerts", "/jre/lib/security/cacerts")
KEYRING = "/proc/keys"
FIRMWARE = "/sys/firmware/efi/efivars"
LISTED_BY_FIRMWARE = re.compile(r"(?:MokListRT|MokListXRT|db)-[0-9a-f-]{36}\Z")
DEEPEST = 4
LIMIT = 1 << 20
ARMOR = re.compile(
    rb"-----BEGIN (?:PGP|CERTIFICATE|X509|TRUSTED)[^\n]*\n(?:[^\n]*: [^\n]*\n)*([A-Za-z0-9+/=\s]+?)(?:\n=|-----END)"
)


def collect(asked, look):
    """Yield an item of each key whose path or content holds ``asked['word']`` (in lower case; '' asks for none)."""
    word = asked["word"]
    if not word:
        return
    for place, roots in (*PLACES, ("java", _java(look))):
        for root in roots:
            try:
                for path in _files(root, look, DEEPEST):
                    yield from _of_file(path, root, place, word, look)
            except EndpointError as error:
                yield not_checked("trusted_key", root, root, error)
    if look.live:
        yield from _of_kernel(word)
        yield from _of_firmware(word, look)


def holds(data, word):
    """Return True if the bytes of a key file contain a word in any case, even inside ASCII armour. Never raises."""
    wanted = word.encode()
    if wanted in data.lower():
        return True
    for found in ARMOR.finditer(data):
        try:
            decoded = base64.b64decode(b"".join(found.group(1).split()))
        except (ValueError, binascii.Error):
            continue
        if wanted in decoded.lower():
            return True
    return False


def kernel_keys(lines, word):
    """Yield the description of each key in a text like /proc/keys that contains a word. Never raises."""
    for line in lines:
        fields = line.rstrip("\n").split(None, 8)
        if len(fields) == 9 and fields[7].startswith("asymmetri") and word in fields[8].lower():
            yield fields[8].partition(": ")[0]


def _of_file(path, root, place, word, look):
    try:
        named = word in path[len(root) :].lower()
        if named or holds(look.tree.data(path, LIMIT) or b"", word):
            yield seen("trusted_key", path, root, place=place, by="name" if named else "content")
    except EndpointError as error:
        yield not_checked("trusted_key", path, root, error)


def _files(path, look, deeper):
    """Yield the path if it is a file, or all files below it; links are skipped, since their targets are here too."""
    status = look.tree.lstat(path)[0]
    if status is not None and stat.S_ISREG(status.st_mode):
        yield path
        return
    for name, is_link, is_folder in sorted(look.tree.entries(path) if status is not None else ()):
        below = path + "/" + name
        if is_folder and not is_link and deeper:
            yield from _files(below, look, deeper - 1)
        elif not is_link and not is_folder:
            yield below


def _java(look):
    return [
        home + "/" + name + store
        for home in JAVA_HOMES
        for name, is_link, is_folder in sorted(look.tree.entries(home))
        if is_folder and not is_link
        for store in JAVA_STORES
    ]


def _of_kernel(word):
    try:
        with open(KEYRING, errors="surrogateescape") as stream:
            found = sorted(set(kernel_keys(stream, word)))
    except FileNotFoundError:
        return
    for description in found:
        yield seen("trusted_key", "kernel " + description, KEYRING, place="kernel", by="content")


def _of_firmware(word, look):
    for name in look.tree.names(FIRMWARE):
        if LISTED_BY_FIRMWARE.match(name):
            yield from _of_file(FIRMWARE + "/" + name, FIRMWARE, "firmware", word, look)
