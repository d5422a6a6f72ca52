# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Ask a product's own command line about its state and judge the answer by the rules that the catalog gives.

A probe is {argv, limit, output, codes, clean, pattern, checks}: ``output`` is a form, or a list of the forms that
releases print. A check is {id, field} with one rule, ``field`` a name or a list of the names that releases give it:

- ok, bad: lists of values (text, in lower case); a value in neither is unknown, unless bad is ["*"];
- set: true: there is a value;  empty: true: a JSON list is empty;
- age: {unit: minutes, milliseconds (since 1970) or date, max_hours, sane_days}.

What the product reports does not show that it protects; it is evidence in addition to a detection.
"""

import datetime
import re
import time

from ..posix.errors import EndpointError
from ..posix.masks import hidden
from ..posix.running.commands import run
from . import vendor_output
from .checks import BAD, OK, UNKNOWN, check

MOST = 1 << 18
SHOWN = 120
HOUR = 3600
# A date has no time zone, and clocks differ.
FUTURE_HOURS = 26
NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]+)?")
DATE = re.compile(r"(?<![0-9])([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?![0-9])")


def prove(probes, now=None):
    """Return one check per rule of each probe. No answer, or an answer that is not understood, gives unknown."""
    moment = time.time() if now is None else now
    return [found for probe in probes for found in _prove_one(probe, moment)]


def _prove_one(probe, now):
    try:
        finished = run(probe["argv"], probe["limit"])
    except EndpointError as error:
        return [check(rule["id"], UNKNOWN, str(error)) for rule in probe["checks"]]
    return judge(probe, finished.code, finished.output, now)


def judge(probe, code, output, now):
    """Return the checks of a probe from the exit code and output of its command. ``now``: seconds since 1970.

    Never raises.
    """
    try:
        found = _fields(probe, code, output)
    except vendor_output.Unreadable as error:
        detail = "%s: %s" % (" ".join(probe["argv"]), error)
        return [check(rule["id"], UNKNOWN, detail) for rule in probe["checks"]]
    judged = [(rule["id"],) + _judge_field(rule, found, now) for rule in probe["checks"]]
    if code and probe["output"] != "return_code":
        # A command whose exit code reports a problem is no good sign.
        judged = [(name, UNKNOWN if result == OK else result, detail) for name, result, detail in judged]
    return [check(*told) for told in judged]


def _fields(probe, code, output):
    if probe["output"] == "return_code":
        return {"code": [str(code)]}
    if code not in probe.get("codes", [0]):
        raise vendor_output.Unreadable("exit code %d" % code)
    if len(output) > MOST:
        raise vendor_output.Unreadable("it printed more than %d characters" % MOST)
    forms = [probe["output"]] if isinstance(probe["output"], str) else probe["output"]
    if "json" in forms and vendor_output.without_attention(output, probe.get("clean", ())).lstrip().startswith("{"):
        # Output that begins as an object is an object or nothing: an incomplete answer is not tried in another form.
        forms = ["json"]
    found, unreadable = {}, None
    for form in forms:
        try:
            for name, value in vendor_output.fields(output, form, probe.get("clean", ()), probe.get("pattern", "")):
                found.setdefault(vendor_output.same_name(name), []).append(value)
        except vendor_output.Unreadable as error:
            unreadable = error
    if unreadable is not None and len(forms) == 1:
        raise unreadable
    return found


def _judge_field(rule, found, now):
    names = [rule["field"]] if isinstance(rule["field"], str) else rule["field"]
    field = names[0]
    # Releases name a field differently; if an answer has several of the names, they must agree.
    values = [value for name in names for value in found.get(vendor_output.same_name(name), ())]
    if not values:
        return UNKNOWN, "the answer has no %s" % " or ".join(names)
    if any(value != values[0] for value in values):
        return UNKNOWN, "the answer contradicts itself about %s" % field
    value = values[0]
    detail = "%s: %s" % (field, "not set" if value is None else hidden(repr(value))[:SHOWN])
    if "age" in rule:
        return _judge_age(rule["age"], value, detail, now)
    if "set" in rule:
        return (OK if isinstance(value, str) else BAD), detail
    if "empty" in rule:
        return _judge_list(value), detail
    return _judge_value(rule, value), detail


def _judge_list(value):
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        value = value[1:-1].split()
    if not isinstance(value, list):
        return UNKNOWN
    return BAD if value else OK


def _judge_value(rule, value):
    text = value.strip().rstrip(".,;").rstrip().lower() if isinstance(value, str) else None
    if text is not None and text in rule["ok"]:
        return OK
    bad = rule.get("bad", ())
    return BAD if text is not None and (text in bad or "*" in bad) else UNKNOWN


def _judge_age(rule, value, detail, now):
    hours = _hours(rule["unit"], value, now)
    if hours is None:
        return UNKNOWN, detail + ", which is not an age"
    if hours < -FUTURE_HOURS or hours > rule["sane_days"] * 24:
        return UNKNOWN, detail + ", which is impossible"
    told = "%s, %d hours old, at most %d are allowed" % (detail, max(hours, 0), rule["max_hours"])
    return (OK if hours <= rule["max_hours"] else BAD), told


def _hours(unit, value, now):
    """Return an age in hours; None if there is none. A date counts from its beginning."""
    if not isinstance(value, str):
        return None
    if unit == "date":
        return _hours_since_date(value, now)
    if not NUMBER.fullmatch(value.strip()):
        return None
    number = float(value)
    return number / 60 if unit == "minutes" else (now - number / 1000) / HOUR


def _hours_since_date(value, now):
    match = DATE.search(value)
    if match is None:
        return None
    try:
        begun = datetime.datetime(*map(int, match.groups()), tzinfo=datetime.timezone.utc)
    except ValueError:
        return None
    return int((now - begun.timestamp()) // HOUR)
