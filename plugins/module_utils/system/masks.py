# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Take secrets out of a result before it leaves the endpoint: a script may print what it was given."""

MASK = "(secret)"
# What these hold is the program's own words, on which others go on.
OWN_WORDS = ("id", "outcome", "code", "step", "undone", "pending")


def masked(content, secrets):
    """Return JSON content without any of the secrets (str) in its texts; an empty one is none."""
    secrets = sorted((secret for secret in secrets if secret), key=len, reverse=True)
    return _masked(content, secrets) if secrets else content


def _masked(content, secrets):
    if isinstance(content, dict):
        return {key: value if key in OWN_WORDS else _masked(value, secrets) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_masked(value, secrets) for value in content]
    if isinstance(content, str):
        for secret in secrets:
            content = content.replace(secret, MASK)
    return content
