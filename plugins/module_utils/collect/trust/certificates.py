# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Certificates that the system or a user's programs trust, by subject."""

import hashlib
import os
import time

from ...agreed.linux import CERTIFICATE_LINKS, CERTIFICATES
from ...linux import certificates
from ...posix.errors import EndpointError
from ...posix.running.commands import SEARCH_PATH
from ..items import not_checked, seen

# Where administrators and products add certificates; distributions build the bundles from these and their own.
FOLDERS = (
    "/usr/local/share/ca-certificates",
    "/etc/pki/ca-trust/source/anchors",
    "/usr/share/pki/ca-trust-source/anchors",
    "/etc/pki/trust/anchors",
    "/usr/share/pki/trust/anchors",
    "/etc/ca-certificates/trust-source/anchors",
    CERTIFICATE_LINKS,
)
BUNDLES = (
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
)
TOOLS = (
    ("/usr/local/share/ca-certificates", "update-ca-certificates"),
    (CERTIFICATES, "update-ca-certificates"),
    ("/etc/pki/ca-trust/source/anchors", "update-ca-trust"),
    ("/usr/share/pki/ca-trust-source/anchors", "update-ca-trust"),
)
NSS_FOLDERS = ("/etc/pki/nssdb",)
NSS_IN_HOMES = ("/.pki/nssdb", "/.local/share/pki/nssdb", "/snap/chromium/current/.pki/nssdb")
PROFILES_IN_HOMES = (
    "/.mozilla/firefox",
    "/.config/mozilla/firefox",
    "/.thunderbird",
    "/snap/firefox/common/.mozilla/firefox",
)
DATABASES = ("cert9.db", "cert8.db")
# The means of removing a certificate from a database: no program, since NSS tools load what a user names.
EDITOR = "sqlite"
DEEPEST = 3
LIMIT = 1 << 24
# Seconds for the databases of one home.
MOST_SECONDS = 10
NOT_A_CERTIFICATE = (".db", ".0", ".txt", ".conf")


def collect(asked, look):
    """Yield an item of each certificate whose subject contains one of ``asked`` (texts)."""
    if not asked:
        return
    found = False
    for path in _files(look):
        for item in _of_file(path, asked, look):
            found = True
            yield item
    for path in _below(CERTIFICATES, look, DEEPEST) if found else ():
        yield from _of_file(path, asked, look)
    yield from look.unseen_homes("certificate")
    for home in [""] + sorted(look.homes()):
        try:
            yield from _of_databases(home, asked, look)
        except EndpointError as error:
            yield not_checked("certificate", home + "/*" if home else NSS_FOLDERS[0], home or NSS_FOLDERS[0], error)


def _of_databases(home, asked, look):
    ends = time.monotonic() + MOST_SECONDS
    for path in _databases(home, look):
        if home and time.monotonic() > ends:
            cause = "the databases there take more than %d s" % MOST_SECONDS
            yield not_checked("certificate", home + "/*", home, cause)
            return
        yield from _of_database(path, asked, look)


def _of_file(path, asked, look):
    try:
        data = look.tree.data(path, LIMIT) or b""
    except EndpointError as error:
        yield not_checked("certificate", path, path, error)
        return
    found = list(certificates.pem_blocks(data)) if b"-----BEGIN" in data else [data]
    for number, der in enumerate(found):
        if not any(text.encode() in der for text in asked):
            continue
        subject = certificates.subject(der)
        if any(text in subject for text in asked):
            what = path if len(found) == 1 else "%s#%d" % (path, number + 1)
            digest = hashlib.sha256(der).hexdigest()
            more = {"sha256": digest, "links": links_to(path, look.tree), "tool": _tool_for(path, look)}
            yield seen("certificate", what, path, subject=subject, store="system", name="", **more)


def _of_database(path, asked, look):
    # Few hosts have one, and loading unneeded code takes time.
    from ...linux import nss_database

    try:
        descriptor = look.tree.open(path, LIMIT)
        if descriptor is None:
            return
        with open(descriptor, "rb") as stream:
            data = _whole(stream)
        named = _by_text(data, asked)
        found = nss_database.certificates(data) if named and nss_database.is_database(data) else named
    except (EndpointError, OSError, ValueError) as error:
        yield not_checked("certificate", path, path, error)
        return
    for label, subject in found:
        if any(text in subject for text in asked):
            more = {"links": [], "tool": EDITOR if label and nss_database.is_database(data) else ""}
            yield seen("certificate", "%s#%s" % (path, label), path, subject=subject, store="nss", name=label, **more)


def links_to(path, tree):
    """Return the links, by path, through which programs find a file; some lead to it through another link."""
    found, aims = [], {path}
    links = {CERTIFICATE_LINKS + "/" + name: target for name, target in tree.links(CERTIFICATE_LINKS).items()}
    while True:
        more = [name for name in links if name not in aims and os.path.join(CERTIFICATE_LINKS, links[name]) in aims]
        if not more:
            return sorted(found)
        found += more
        aims.update(more)


def _tool_for(path, look):
    """Return the program that rebuilds the bundles when a file of one of the folders is gone, or ''."""
    return next((tool for folder, tool in TOOLS if path.startswith(folder + "/") and _has(tool, look)), "")


def _has(name, look):
    return any(look.tree.lstat(folder + "/" + name)[0] is not None for folder in SEARCH_PATH.split(":"))


def _whole(stream):
    data = stream.read(LIMIT + 1)
    if data is None:
        raise ValueError("it cannot be read without waiting")
    if len(data) > LIMIT:
        raise ValueError("it has more than %d bytes" % LIMIT)
    return data


def _by_text(data, asked):
    """Return what an old database, which this code cannot read, shows by its bytes alone."""
    return [("", text) for text in asked if text.encode() in data]


def _files(look):
    for folder in FOLDERS:
        yield from _below(folder, look, DEEPEST)
    for path in BUNDLES:
        if look.tree.lstat(path)[0] is not None:
            yield path


def _below(folder, look, deeper):
    for name, is_link, is_folder in sorted(look.tree.entries(folder)):
        path = folder + "/" + name
        if is_folder and not is_link and deeper:
            yield from _below(path, look, deeper - 1)
        elif not is_link and not is_folder and not name.endswith(NOT_A_CERTIFICATE):
            yield path


def _databases(home, look):
    """Yield the path of each database in a home, or of the system's for ''."""
    folders = [home + folder for folder in (NSS_IN_HOMES if home else NSS_FOLDERS)]
    for profiles in PROFILES_IN_HOMES if home else ():
        folders += [home + profiles + "/" + name for name in look.tree.names(home + profiles)]
    for folder in folders:
        for name in DATABASES:
            if look.tree.lstat(folder + "/" + name)[0] is not None:
                yield folder + "/" + name
