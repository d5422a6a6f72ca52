# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts from Kaspersky Security Center, by an exported device list or its OpenAPI, which is only read."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ksc
short_description: Hosts from Kaspersky Security Center
version_added: 0.1.0
description:
  - Reads a device list exported from Kaspersky Security Center, or asks the server through its OpenAPI.
  - It only reads. It refuses every call that is not on a list of nine, before anything is sent.
  - Hosts are grouped by administration group, server, product and agent version, platform, and month last seen. Two
    devices of the same name are in the group C(ksc_duplicate), and a device without a usable host name is in
    C(ksc_unnamed).
  - Each host has the server's data in the variable C(ksc_devices), a list with one item unless names repeat.
    All of it is marked as unsafe, so that Ansible evaluates nothing in it. The group C(ksc_all) has C(ksc_list),
    which gives the source with its SHA-256 and date, whether the list is complete, and what was recognised,
    ignored and missing.
  - It was tested against a simulated server that speaks the documented protocol, never against a real one.
    C(docs/fleet.md) has the details, and the rights that the account needs.
  - The name of the inventory file must end in C(ksc.yml) or C(ksc.yaml).
author:
  - avshift contributors (@avshift)
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description:
      - Has to be V(avshift.endpoint.ksc).
    type: str
    required: true
    choices: [avshift.endpoint.ksc]
  export:
    description:
      - Path on the controller of an exported device list, as text with tabs, semicolons, commas or pipes between its
        cells, or of a list that O(list_file) has written.
      - Required if O(server) is not given.
    type: path
  encoding:
    description:
      - Encoding of the export. If omitted, it is detected; an ambiguous export is refused.
    type: str
    choices: [utf-8, utf-16, windows-1251, windows-1252]
  delimiter:
    description:
      - What separates the cells of the export. If omitted, it is detected.
    type: str
    choices: [tab, semicolon, comma, pipe]
  columns:
    description:
      - Fields by the export's headings, such as C(Computer) for C(fqdn). They take precedence over the known
        headings.
      - Fields are C(name), C(fqdn), C(dns_name), C(dns_domain), C(netbios_name), C(windows_domain), C(address),
        C(group), C(server), C(platform), C(agent_version), C(product), C(product_version), C(last_seen),
        C(last_connected), C(host_id).
    type: dict
    default: {}
  time_zone:
    description:
      - IANA name of the time zone of the export, such as V(Europe/Berlin). If omitted, times without a zone are
        unknown.
    type: str
    default: ''
  date_order:
    description:
      - Order of day, month and year in the export. If omitted, dates that can be read in two ways are unknown.
    type: str
    choices: [dmy, mdy, ymd]
  server:
    description:
      - Address of the server's OpenAPI, such as V(https://ksc.example.org:13299).
    type: str
  user:
    description:
      - Account that signs in. Use a separate one that can only read, without a second factor.
    type: str
    default: ''
    env:
      - name: AVSHIFT_KSC_USER
  password:
    description:
      - The account's password. Pass it in the environment or from Ansible Vault. It is never cached, shown or
        written.
    type: str
    default: ''
    env:
      - name: AVSHIFT_KSC_PASSWORD
  domain:
    description:
      - Windows domain of the account.
    type: str
    default: ''
  internal_user:
    description:
      - Whether the account is an internal user of the server, not one of the operating system.
    type: bool
    default: false
  virtual_server:
    description:
      - Name of the virtual server to sign in to.
    type: str
    default: ''
  ca_path:
    description:
      - Path of the certificate (PEM) of the authority that signed the server's certificate, or of that certificate.
    type: path
    env:
      - name: AVSHIFT_KSC_CA_PATH
  validate_certs:
    description:
      - V(false) accepts any certificate, so that anyone on the network path can read the password. The list is
        marked as not verified, and each run warns.
    type: bool
    default: true
  timeout:
    description:
      - Seconds that one complete answer may take.
    type: float
    default: 60
  search_timeout:
    description:
      - Seconds that a search over secondary servers may take.
    type: float
    default: 600
  secondary_depth:
    description:
      - How many levels of secondary servers are asked as well. V(0) asks this server alone.
      - A secondary server that does not answer makes the list incomplete.
    type: int
    default: 9
  filter:
    description:
      - Which devices to read, as a filter in the server's own syntax. The default is all in administration groups.
    type: str
    default: '(&(KLHST_WKS_FROM_UNASSIGNED=0)(KLHST_WKS_DN="*"))'
  allow_incomplete:
    description:
      - Whether to use a list in which devices are known to be missing. It stays marked as incomplete, also in a
        report.
    type: bool
    default: false
  seen_since:
    description:
      - A day as YYYY-MM-DD. Hosts seen on that day or later are in C(ksc_seen_since), the others in
        C(ksc_seen_before).
    type: str
    default: ''
  group_prefix:
    description:
      - Prefix of the names of all groups.
    type: str
    default: ksc_
  list_file:
    description:
      - Path on the controller to write the list to, for C(avshift_device_list_file) of the playbook C(report).
      - It is written whenever the list is read. Only its owner may read it. It contains no password.
    type: path
"""

EXAMPLES = r"""
# devices.ksc.yml: an exported list. See it with: ansible-inventory -i devices.ksc.yml --graph
plugin: avshift.endpoint.ksc
export: /srv/avshift/devices.txt
time_zone: Europe/Berlin

---
# server.ksc.yml: the server itself, with AVSHIFT_KSC_USER and AVSHIFT_KSC_PASSWORD in the environment
plugin: avshift.endpoint.ksc
server: https://ksc.example.org:13299
ca_path: /srv/avshift/ksc-ca.pem
internal_user: true
list_file: /srv/avshift/device-list.json
seen_since: '2026-10-01'
"""

import contextlib
import time
from datetime import datetime, timezone
from pathlib import Path

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.avshift.endpoint.plugins.plugin_utils import documents
from ansible_collections.avshift.endpoint.plugins.plugin_utils.canonical import digest, encode
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list import document, export, inventory, read
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list import options as given
from ansible_collections.avshift.endpoint.plugins.plugin_utils.device_list.server import calls, listing
from ansible_collections.avshift.endpoint.plugins.plugin_utils.errors import AvshiftError
from ansible_collections.avshift.endpoint.plugins.plugin_utils.times import utc
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.https import Https

ENDINGS = ("ksc.yml", "ksc.yaml")
# What a cached list depends on.
ASKED = (
    "server",
    "user",
    "domain",
    "internal_user",
    "virtual_server",
    "filter",
    "secondary_depth",
    "validate_certs",
)
display = Display()


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """See DOCUMENTATION. The decisions are made in device_list."""

    NAME = "avshift.endpoint.ksc"

    def verify_file(self, path):
        """Return True for a file whose name says that it is for this plugin."""
        return super().verify_file(path) and path.endswith(ENDINGS)

    def parse(self, inventory, loader, path, cache=True):
        """Fill the inventory with a complete list, or not at all."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        try:
            self._fill(self._list(path, cache))
        except AvshiftError as error:
            raise AnsibleParserError(f"{error.code}: {error}") from None

    def _list(self, path, cache):
        """Return the list that the options select."""
        given.check({name: self._text(name) for name in ("export", "server", "user", "password", *given.CHECKED)})
        given.check_numbers({name: self.get_option(name) for name in given.LIMITS})
        found = self._of_server(path, cache) if self._text("server") else self._of_export()
        for line in given.remarks(found):
            display.warning(line)
        given.must_be_whole(found, self.get_option("allow_incomplete"))
        if self._text("list_file"):
            documents.write_text(Path(self._text("list_file")), encode(document.compose(found)))
        return found

    def _text(self, name):
        """Return an option as plain text, '' if it is not set; a value from a vault is decrypted here."""
        value = self.get_option(name)
        return "" if value is None else "".join(str(value))

    def _of_export(self):
        texts = {name: self._text(name) for name in ("encoding", "delimiter", "time_zone", "date_order")}
        columns = {"".join(str(key)): "".join(str(name)) for key, name in (self.get_option("columns") or {}).items()}
        return read.file(self._text("export"), export.Form(columns=columns, **texts))

    def _of_server(self, path, cache):
        """Return the server's list, from Ansible's cache if that is on and has it."""
        key = f"{self.get_cache_key(path)}_{digest([self._text(name) for name in ASKED])[:16]}"
        if self.get_option("cache") and cache and key in self.cache:
            # One that is damaged, or from another release, is as good as none.
            with contextlib.suppress(AvshiftError):
                return document.parse(self.cache[key], "the inventory's cache")
        found = self._asked()
        # Whatever is missing now may be available in the next run.
        if self.get_option("cache") and found.is_whole:
            self.cache[key] = document.compose(found)
        return found

    def _asked(self):
        is_checked = self.get_option("validate_certs")
        link = Https(self._text("server"), self.get_option("timeout"), self._text("ca_path") or None, is_checked)
        names = ("user", "password", "domain", "virtual_server")
        account = calls.Account(**{name: self._text(name) for name in names}, internal=self.get_option("internal_user"))
        request = listing.Request(
            self._text("filter"), self.get_option("secondary_depth"), self.get_option("search_timeout")
        )
        clock = listing.Clock(lambda: utc(datetime.now(timezone.utc)), time.monotonic, time.sleep)
        return listing.read(link, account, request, clock, is_checked)

    def _fill(self, found):
        """Put hosts, groups and variables into the inventory. All data of the server is marked as unsafe."""
        prefix = self._text("group_prefix")
        made = inventory.of_list(found, prefix, self._text("seen_since"))
        everyone = self.inventory.add_group(f"{prefix}all")
        self.inventory.set_variable(everyone, "ksc_list", wrap_var(made.variables))
        for host, devices in made.hosts.items():
            self.inventory.add_host(host, group=everyone)
            self.inventory.set_variable(host, "ksc_devices", wrap_var(devices))
        for group, hosts in made.groups.items():
            name = self.inventory.add_group(group)
            for host in hosts:
                self.inventory.add_child(name, host)
        self._construct(made.hosts)

    def _construct(self, hosts):
        """Add what the user composes from the variables."""
        strict = self.get_option("strict")
        for host in hosts:
            told = self.inventory.get_host(host).get_vars()
            self._set_composite_vars(self.get_option("compose"), told, host, strict=strict)
            self._add_host_to_composed_groups(self.get_option("groups"), told, host, strict=strict)
            self._add_host_to_keyed_groups(self.get_option("keyed_groups"), told, host, strict=strict)
