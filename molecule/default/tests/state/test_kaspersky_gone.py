"""Nothing of Kaspersky is left except the archive, whose file names do not contain the name."""

from __future__ import annotations

import re

from testinfra.host import Host

NAMES = re.compile(r"kaspersky|kesl|klnag|bl4control|wdserver", re.IGNORECASE)
AGENT_PORT = 15000


def _naming(text: str) -> list[str]:
    return [line for line in text.splitlines() if NAMES.search(line)]


def _listed(host: Host, command: str) -> list[str]:
    """Return the lines that name something of Kaspersky; the command must have listed something."""
    said = host.check_output(command)
    assert said, f"{command} listed nothing"
    return _naming(said)


def test_no_package(host: Host) -> None:
    assert _listed(host, "dpkg-query --show --showformat '${Package} ${Status}\\n'") == []


def test_no_path(host: Host) -> None:
    assert _listed(host, "find / /run /tmp /dev -xdev -not -path '/proc/*' -not -path '/sys/*'") == []


def test_no_dangling_link_where_links_were(host: Host) -> None:
    folders = "/usr/bin /usr/local/share/man /etc/systemd /etc/init.d /etc/rc0.d /etc/rc2.d /etc/rc5.d /etc/xdg"
    assert _naming(host.check_output(f"find {folders} -type l -printf '%p -> %l\\n'")) == []


def test_no_process(host: Host) -> None:
    # A process may end while find looks at it, which is no failure here.
    assert _listed(host, "find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' -printf '%l\\n' 2>/dev/null || true") == []


def test_no_unit(host: Host) -> None:
    assert _listed(host, "systemctl list-unit-files --all --no-legend --no-pager") == []
    assert _listed(host, "systemctl list-units --all --no-legend --no-pager --plain") == []


def test_no_group_and_no_account(host: Host) -> None:
    assert _listed(host, "getent group") == []
    assert _listed(host, "getent passwd") == []


def test_no_socket(host: Host) -> None:
    sockets = host.check_output("ss --listening --all --processes --numeric --unix --tcp --udp")
    assert "clamd" in sockets
    assert _naming(sockets) == []
    assert not host.socket(f"udp://0.0.0.0:{AGENT_PORT}").is_listening


def test_nothing_is_set_up_to_talk(host: Host) -> None:
    named = host.run("grep --recursive --ignore-case --extended-regexp 'kaspersky(-labs)?[.](com|ru)|kas[.]pr' /etc")
    assert (named.rc, named.stdout) == (1, "")


def test_no_connection_of_it(host: Host) -> None:
    assert _naming(host.check_output("ss --all --processes --numeric --tcp --udp")) == []
