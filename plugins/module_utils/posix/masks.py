# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Remove secrets from a result before it leaves the endpoint: a script may print the secret that it was given."""

import json

from ..agreed.secret_forms import forms_of, without

# These keys contain the program's own words, on which other code depends.
OWN_WORDS = ("id", "outcome", "code", "step", "undone", "pending")


_hidden = []


def hide(secrets):
    """Make ``hidden`` remove these secrets (str) from texts from now on."""
    _hidden[:] = forms_of(secrets, json.dumps)


def hidden(text):
    """Return a text without the secrets, before it is shortened."""
    return without(text, _hidden)


def masked(content, secrets):
    """Return JSON content without any of the secrets (str) in its texts; an empty secret is ignored."""
    forms = forms_of(secrets, json.dumps)
    return _masked(content, forms) if forms else content


def _masked(content, forms):
    if isinstance(content, dict):
        return {key: value if key in OWN_WORDS else _masked(value, forms) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_masked(value, forms) for value in content]
    return without(content, forms) if isinstance(content, str) else content
