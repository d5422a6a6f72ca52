"""What a lying host may answer: each lie by its name. Most break the form of an answer; some are texts that act."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from hostile_records import HOSTILE
from lying_hosts import LOOK_UP, honest

Answer = dict[str, Any]
ESCAPES = "\x1b[2J\x1b]0;owned\x07\r\nfake: ok=1 \u009b2J \u202egpj \x08\x08"


def _item(kind: str, what: str, **value: Any) -> dict[str, Any]:
    return {"id": f"{kind}:{what}", "kind": kind, "what": what, "where": "x", "value": value}


def _with(change: Callable[[Answer], Any]) -> bytes:
    """Return an honest answer after a change, as JSON."""
    answer = honest()
    change(answer)
    return json.dumps(answer).encode()


def _added(*items: Any) -> bytes:
    return _with(lambda answer: answer["collected"]["evidence"].extend(items))


def _host(**changed: Any) -> bytes:
    return _with(lambda answer: answer["collected"]["host"].update(changed))


def _nested(levels: int) -> Any:
    content: Any = 1
    for _level in range(levels):
        content = {"a": content}
    return content


def _run(**fields: Any) -> bytes:
    return _added(_item("journal", "/var/lib/avshift/journal.json", runs=[{"digest": "a" * 12, **fields}]))


def _raw(old: str, new: str) -> bytes:
    """Return an honest answer with text inserted that no JSON writer would produce."""
    text = json.dumps(honest())
    assert old in text
    return text.replace(old, new, 1).encode()


def _without_children(answer: Answer) -> None:
    """Leave out the content of each directory; no schema can know that it was asked for."""
    for item in answer["collected"]["evidence"]:
        item.get("value", {}).pop("children", None)


CHANGES = [{"action": "install", "name": ["x"], "old": "", "new": "1"}]
KESL = {"manager": "apt-get", "refused": "", "names": ["kesl"]}


def _broken() -> dict[str, bytes]:
    """Return answers that must be rejected entirely."""
    return {**_of_a_wrong_form(), **_of_a_wrong_size(), **_no_answers()}


def _of_a_wrong_form() -> dict[str, bytes]:
    again = honest()["collected"]["evidence"][0]
    return {
        "list-for-a-name": _added(_item("package_change", "install", **KESL, changes=CHANGES)),
        "object-for-evidence": _with(lambda a: a["collected"].update(evidence={})),
        "null-for-evidence": _with(lambda a: a["collected"].update(evidence=None)),
        "null-for-all": _with(lambda a: a.update(collected=None)),
        "text-for-an-item": _added("x"),
        "number-for-an-id": _added({**_item("path", "/x", type="file"), "id": 7}),
        "kind-that-is-none": _added(_item("shell", "id")),
        "item-without-value": _added({"id": "path:/x", "kind": "path", "what": "/x", "where": "/x"}),
        "value-and-unknown": _added({**_item("path", "/x"), "unknown": "no"}),
        "text-for-a-process-id": _added(_item("process", "/x", pids=["1; id"], deleted=False)),
        "true-for-a-number": _added(_item("installer", "/tmp/x", bytes=True)),
        "fewer-bytes-than-none": _added(_item("installer", "/tmp/x", bytes=-1)),
        "number-without-end": _added(_item("installer", "/tmp/x", bytes=float("inf"))),
        "number-of-400-digits": _added(_item("installer", "/tmp/x", bytes=10**400)),
        "100000-levels": b'{"collected": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
        "one-id-twice": _added(copy.deepcopy(again)),
        "id-of-another-item": _added({**_item("package", "x"), "id": "path:/etc/shadow", "unknown": "no"}),
        "key-that-is-none": _with(lambda a: a["collected"].update(more=1)),
        "list-for-a-flag": _with(lambda a: a["collected"].update(live=["a"])),
        "text-for-the-family": _host(family="debian"),
        "machine-id-of-a-path": _host(machine_id="../../etc/passwd"),
        "window-that-is-negative": _run(window_seconds=-5),
        "window-of-300-digits": _run(window_seconds=1e300),
        "window-of-text": _run(window_seconds="1"),
        "list-for-what-was-retained": _run(retained=[1]),
        "retained-without-a-size": _run(retained={"archive": "/x"}),
        "text-for-products": _run(status="done", products="kesl"),
        "directory-without-what-is-in-it": _with(_without_children),
    }


def _of_a_wrong_size() -> dict[str, bytes]:
    return {
        "no-number": _raw('"live": true', '"live": NaN'),
        "number-of-9000-digits": _raw('"live": true', '"live": ' + "9" * 9000),
        "exponent-of-999": _raw('"live": true', '"live": 1e999'),
        "60-levels": _run(more=_nested(60)),
        "40-megabytes": _added(_item("file_text", "/x", text="A" * (40 << 20))),
        "600000-values": _run(more=[0] * 600_000),
    }


def _no_answers() -> dict[str, bytes]:
    return {
        "list-for-an-answer": b"[1, 2, 3]",
        "nothing": b"",
        "no-json": b"<html><script>alert(1)</script></html>",
        "bytes": bytes(range(256)) * 40,
        "two-answers": json.dumps(honest()).encode() * 2,
        "half-an-answer": json.dumps(honest()).encode()[:-200],
    }


def _failing() -> dict[str, bytes]:
    """Return answers that report a failure, in words that act on a terminal."""
    trace = f"Traceback (most recent call last):\n  x\nValueError: {ESCAPES}\n"
    said = {
        "failed-with-escapes": {"failed": True, "code": "x", "msg": ESCAPES},
        "code-of-escapes": {"failed": True, "code": ESCAPES, "msg": "x"},
        "object-for-a-message": {"failed": True, "code": "x", "msg": {"a": [ESCAPES]}},
        "code-without-a-message": {"failed": True, "code": "x"},
        "exception-with-escapes": {"exception": trace, "failed": True, "msg": ESCAPES},
        "template-for-a-message": {"failed": True, "code": "x", "msg": LOOK_UP},
    }
    return {name: json.dumps(answer).encode() for name, answer in said.items()} | {
        "traceback-with-escapes": trace.encode("utf-8", "surrogateescape")
    }


def _poisoned(poison: str) -> bytes:
    """Return a well-formed answer with a text in every place that a host can fill freely."""
    items = [
        _item("process", f"/opt/kaspersky/kesl/libexec/{poison}", pids=[1], deleted=False),
        _item("home_path", f"/home/{poison}/KVRT2024_Data", below="KVRT2024_Data", user=poison, type="directory"),
        _item("installer", f"/tmp/{poison}", bytes=1),
        {**_item("path", f"/x{poison}"), "unknown": f"no {poison}"},
    ]
    del items[-1]["value"]

    def change(answer: Answer) -> None:
        collected = answer["collected"]
        collected["host"].update(version=poison, name=poison, kernel=poison, python="3.11.2")
        for item in collected["evidence"]:
            item["where"] += poison
            if item["kind"] == "package" and "value" in item:
                item["value"]["version"] = poison
        collected["evidence"].extend(items)

    return _with(change)


def _overreaching() -> dict[str, bytes]:
    """Return correct answers that contain what Ansible itself may take for its own."""
    tagged = {
        "__ansible_type": "_AnsibleTaggedStr",
        "value": LOOK_UP,
        "tags": [{"__ansible_type": "TrustedAsTemplate"}],
    }
    facts = {"ansible_facts": {"inventory_hostname": "../../ESCAPED", "avshift_output_dir": "ESCAPED"}}
    more = {
        "facts": {**facts, "_ansible_facts_cached": True, "add_host": {"host_name": "x"}, "ansible_stats": {}},
        "warnings": {"warnings": [ESCAPES, LOOK_UP], "deprecations": [{"msg": ESCAPES, "version": "9"}]},
        "diff": {"diff": {"before": ESCAPES, "after": LOOK_UP}, "changed": True},
        "unsafe": {"msg": tagged, "_ansible_no_log": False, "invocation": tagged},
    }
    return {f"brings-{name}": _with(lambda answer, what=what: answer.update(what)) for name, what in more.items()}


TEMPLATES = (LOOK_UP, "{% set x = lookup('pipe', 'touch $AVSHIFT_PROOF') %}{{ x }}", "{#", "{", "{{", "#}{{ 7 * 7 }}")
BROKEN, FAILING, OVERREACHING = _broken(), _failing(), _overreaching()
TEXTS = {f"template-{number}": _poisoned(text) for number, text in enumerate(TEMPLATES)} | {
    f"text-{number}": _poisoned(text) for number, text in enumerate(text for text in HOSTILE if "\udcff" not in text)
}
