"""The fixes in device lists: each is removed in a copy, and then its attack has to succeed."""

from __future__ import annotations

from mutations import ENGINE, Mutation

LISTS = (
    Mutation(
        "server-that-sends-elsewhere",
        f"{ENGINE}transport/https.py",
        'follow_redirects="none"',
        'follow_redirects="all"',
    ),
    Mutation(
        "certificate-of-another",
        f"{ENGINE}transport/https.py",
        "validate_certs=self._validate",
        "validate_certs=False",
    ),
    Mutation("server-answers-without-an-end", f"{ENGINE}transport/https.py", "if size > MOST_BYTES:", "if size < 0:"),
    Mutation(
        "password-in-an-answer",
        f"{ENGINE}device_list/server/calls.py",
        "for secret in self._account.secrets():",
        "for secret in ():",
    ),
    Mutation("half-a-list", f"{ENGINE}device_list/server/listing.py", "if named <= seen:", "if False:"),
    Mutation("a-million-devices", f"{ENGINE}device_list/server/listing.py", "if count > MOST_DEVICES:", "if False:"),
    Mutation(
        "name-that-acts",
        f"{ENGINE}device_list/names.py",
        "if folded in RESERVED or folded.endswith(OF_THIS_MACHINE):",
        "if False:",
    ),
    Mutation(
        "groups-without-end", f"{ENGINE}device_list/inventory.py", "if len(made.groups) > MOST_GROUPS:", "if False:"
    ),
    Mutation(
        "host-that-takes-another-s-place",
        f"{ENGINE}fleet/reconciliation.py",
        "if len(claimed) == 1 and number not in contested:",
        "if number not in contested:",
    ),
    Mutation("list-that-breaks-off", f"{ENGINE}device_list/export.py", "self.short.append(number)", "pass"),
)
