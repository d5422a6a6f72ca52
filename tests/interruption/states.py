"""Whether two hosts are in the same state, as far as a state can be the same twice."""

from __future__ import annotations

import re
from typing import Any

Look = dict[str, list[Any]]

# Whether these exist, and their type, is compared, but not their content: the reason is beside each.
CONTENT_DIFFERS = re.compile(
    "|".join(
        (
            r"/var/log/.*",  # times, and what was tried twice
            r"/var/lib/avshift/journal\.json",  # the run's own
            r"/var/lib/dpkg/status(-old)?",  # packages' entries are in the order of their last change
            r"/var/lib/apt/extended_states",
            r"/var/cache/(apt|debconf|ldconfig)/.*",  # rebuilt from other files
            r"/etc/.*-",  # what a file contained before its last change
            r"/etc/ld\.so\.cache",
            r"/var/lib/clamav/freshclam\.dat",  # a random name for the host
            r"/var/lib/systemd/.*",
        )
    )
)
# These come and go by themselves, or have a name of the run.
NAME_DIFFERS = re.compile(
    "|".join(
        (
            r"/var/lib/avshift/retained/.*",  # judged by its content
            r"/(var/)?tmp/systemd-private-.*",  # created at every boot, with a random name
            r"/var/log/(btmp|wtmp|lastlog|journal/.*)",
            r"/var/lib/systemd/(random-seed|timers/.*)",
            r"/var/lib/dpkg/(lock.*|triggers/.*)",
            r"/var/cache/apt/.*\.bin",
            r"/var/lib/apt/extended_states\.\w{6}",  # apt leaves its draft if the disk is full
            r"/var/lib/clamav/tmp\.\w{10}",  # freshclam leaves its draft if it is killed
            r"/var/lib/clamav/tmp/\d{8}_\d{6}-scantemp\.\w+(/.*)?",  # clamd leaves what it unpacks if it is killed
            r"/etc/machine-id",  # every host's own
            r"/etc/(resolv\.conf|hosts|hostname|mtab)",  # written by podman at every start
        )
    )
)


def differences(uncut: Look, cut: Look) -> list[str]:
    """Return what on an interrupted host differs from an uninterrupted one, by path."""
    told = []
    for path in sorted({*uncut, *cut}):
        was, now = uncut.get(path), cut.get(path)
        if NAME_DIFFERS.fullmatch(path) or was == now:
            continue
        if was is None or now is None:
            told.append(f"{path}: {'is there too' if was is None else 'is not there'}")
        elif not CONTENT_DIFFERS.fullmatch(path) or was[:-1] != now[:-1]:
            told.append(f"{path}: is {now}, not {was}")
    return told
