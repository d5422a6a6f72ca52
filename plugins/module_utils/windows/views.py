# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Which key a path means in the two views that a 64-bit system has of its registry."""

from .letters import folded

NODE = "Wow6432Node"
# Keys of SOFTWARE that both views share since Windows 7 ("Registry keys affected by WOW64").
SHARED = (
    "Clients",
    "Microsoft/COM3",
    "Microsoft/Cryptography/Calais/Current",
    "Microsoft/Cryptography/Calais/Readers",
    "Microsoft/Cryptography/Services",
    "Microsoft/CTF/SystemShared",
    "Microsoft/CTF/TIP",
    "Microsoft/DFS",
    "Microsoft/Driver Signing",
    "Microsoft/EnterpriseCertificates",
    "Microsoft/EventSystem",
    "Microsoft/MSMQ",
    "Microsoft/Non-Driver Signing",
    "Microsoft/Notepad/DefaultFonts",
    "Microsoft/OLE",
    "Microsoft/RAS",
    "Microsoft/RPC",
    "Microsoft/SOFTWARE/Microsoft/Shared Tools/MSInfo",
    "Microsoft/SystemCertificates",
    "Microsoft/TermServLicensing",
    "Microsoft/Transaction Server",
    "Microsoft/Windows/CurrentVersion/Control Panel/Cursors/Schemes",
    "Microsoft/Windows/CurrentVersion/Explorer/AutoplayHandlers",
    "Microsoft/Windows/CurrentVersion/Explorer/DriveIcons",
    "Microsoft/Windows/CurrentVersion/Explorer/KindMap",
    "Microsoft/Windows/CurrentVersion/Group Policy",
    "Microsoft/Windows/CurrentVersion/Policies",
    "Microsoft/Windows/CurrentVersion/PreviewHandlers",
    "Microsoft/Windows/CurrentVersion/Setup",
    "Microsoft/Windows/CurrentVersion/Telephony/Locations",
    "Microsoft/Windows NT/CurrentVersion/Console",
    "Microsoft/Windows NT/CurrentVersion/FontDpi",
    "Microsoft/Windows NT/CurrentVersion/FontLink",
    "Microsoft/Windows NT/CurrentVersion/FontMapper",
    "Microsoft/Windows NT/CurrentVersion/Fonts",
    "Microsoft/Windows NT/CurrentVersion/FontSubstitutes",
    "Microsoft/Windows NT/CurrentVersion/Gre_Initialize",
    "Microsoft/Windows NT/CurrentVersion/Image File Execution Options",
    "Microsoft/Windows NT/CurrentVersion/LanguagePack",
    "Microsoft/Windows NT/CurrentVersion/NetworkCards",
    "Microsoft/Windows NT/CurrentVersion/Perflib",
    "Microsoft/Windows NT/CurrentVersion/Ports",
    "Microsoft/Windows NT/CurrentVersion/Print",
    "Microsoft/Windows NT/CurrentVersion/ProfileList",
    "Microsoft/Windows NT/CurrentVersion/Time Zones",
    "Policies",
    "RegisteredApplications",
)
_SHARED = [[folded(name) for name in path.split("/")] for path in SHARED]
# Among the classes, these have two views, and all others are shared.
CLASSES = "CLASSES"
TWICE = ("CLSID", "DIRECTSHOW", "INTERFACE", "MEDIA TYPE", "MEDIAFOUNDATION")


def software(names, view):
    """Return the names below the hive SOFTWARE for a path's names below HKLM\\SOFTWARE in a view."""
    if view != "Registry32" or is_shared(names):
        return names
    if folded(names[0]) == CLASSES and len(names) > 1:
        return [names[0], NODE, *names[1:]]
    return [NODE, *names]


def is_shared(names):
    """Return whether both views have the same key there."""
    known = [folded(name) for name in names]
    if not known or known[0] == folded(NODE):
        return True
    if known[0] == CLASSES:
        return known[1:2] != [] and known[1] not in TWICE
    return any(known[: len(shared)] == shared for shared in _SHARED)
