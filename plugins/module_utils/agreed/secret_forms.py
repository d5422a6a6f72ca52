# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""The forms in which a text may repeat a secret, and how the controller and endpoints take them out of it."""

MASK = "(secret)"
# A shorter line of a secret is not secret, and occurs in many texts.
SHORTEST_LINE = 4


def forms_of(secrets, as_json):
    """Return the forms that secrets may have, longest first: whole, line by line, and as JSON and Python write them,
    also one within the other. ``as_json`` writes a text as JSON.
    """
    found = set()
    for secret in secrets:
        lines = [line.strip() for line in secret.splitlines()] if "\n" in secret else []
        for form in [secret] + [line for line in lines if len(line) >= SHORTEST_LINE]:
            for written in (form, as_json(form)[1:-1], repr(form)[1:-1]):
                found |= {written, as_json(written)[1:-1], repr(written)[1:-1]}
    return sorted(found - {""}, key=lambda form: (-len(form), form))


def without(text, forms):
    """Return a text without any of the forms. Call it before shortening: a part of a form would not be recognised."""
    for form in forms:
        text = text.replace(form, MASK)
    return text
