# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove secrets from a result before it leaves the endpoint: a script may print the secret that it was given."""

import json

MASK = "(secret)"
# A shorter line of a secret is not secret, and occurs in many texts.
SHORTEST_LINE = 4
# These keys contain the program's own words, on which other code depends.
OWN_WORDS = ("id", "outcome", "code", "step", "undone", "pending")


_hidden = []


def hide(secrets):
    """Make ``hidden`` remove these secrets (str) from texts from now on."""
    _hidden[:] = _forms(secrets)


def hidden(text):
    """Return a text without the secrets. Call it before shortening: a partial secret would not be recognised."""
    return _without(text, _hidden)


def masked(content, secrets):
    """Return JSON content without any of the secrets (str) in its texts; an empty secret is ignored."""
    forms = _forms(secrets)
    return _masked(content, forms) if forms else content


def _forms(secrets):
    """Return the forms that secrets may have, longest first: whole, line by line, and as JSON and Python write them."""
    found = set()
    for secret in secrets:
        lines = [line.strip() for line in secret.splitlines()] if "\n" in secret else []
        for form in [secret] + [line for line in lines if len(line) >= SHORTEST_LINE]:
            found |= {form, json.dumps(form)[1:-1], repr(form)[1:-1]}
    return sorted(found - {""}, key=lambda form: (-len(form), form))


def _masked(content, forms):
    if isinstance(content, dict):
        return {key: value if key in OWN_WORDS else _masked(value, forms) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_masked(value, forms) for value in content]
    return _without(content, forms) if isinstance(content, str) else content


def _without(text, forms):
    for form in forms:
        text = text.replace(form, MASK)
    return text
