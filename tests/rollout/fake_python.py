"""Stands in for a host's Python, and answers as that host: a folder beside it says what.

``calls`` gets a line per call, with how it was made. ``collect`` is the result of a first look, ``after`` that of a
look once something was carried out; without them the host is broken. Self-tests of its replacement pass. If
``vanishes`` exists, the host is gone after its first complete answer, for a connection that asks (``fake_ssh.sh``). If
``stops`` names a file, it is created while this host is changed, as an administrator's ``touch`` would.
"""

import json
import os
import re
import sys
import time

PLACE, NAME = os.path.split(os.path.abspath(sys.argv[0]))
HOME = os.path.dirname(PLACE) if os.path.basename(PLACE) == "bin" else PLACE
PROTECTED = {"checks": [{"id": "real_time_marks", "result": "ok", "detail": "2 marks"}], "result": "ok"}


def path(name):
    return os.path.join(HOME, name)


def read(name):
    with open(path(name)) as file:
        return json.load(file)


def asked():
    """Return the call and its arguments from the module that Ansible sent."""
    named = [argument for argument in sys.argv[1:] if os.path.isfile(argument)]
    with open(named[0]) if named else sys.stdin as module:
        text = module.read()
    told = re.search('^ARGUMENTS = r"""(.*)"""$', text, re.MULTILINE)
    if told is None:
        # What Ansible asks a Python that it has discovered.
        exec(compile(text, "stdin", "exec"), {"__name__": "__main__"})
        sys.exit()
    with open(path("pythons"), "a") as pythons:
        pythons.write(NAME + "\n")
    return json.loads(told.group(1))


def is_first_look(given):
    """Return True for a look that asks only which system this is; what else is asked follows from its answer."""
    return given["call"] == "collect" and given["arguments"]["probes"] == "{}"


def carried_out(arguments, check):
    """Return the result of carrying out a part: all of its steps change something."""
    word = "would_change" if check else "changed"
    mine = [step for step in arguments["steps"] if step["part"] in arguments["parts"]]
    outcomes = [{"id": step["id"], "outcome": word, "facts": {}, "seconds": 0.0} for step in mine]
    pending = arguments["pending"] or [step["id"] for step in arguments["steps"]]
    return {"changed": bool(mine), "outcomes": outcomes, "pending": pending, "failure": None}


def main():
    given = asked()
    with open(path("calls"), "a") as calls:
        calls.write("{} {}\n".format(given["call"], "check" if given["check_mode"] else "real"))
    with open(path("journal"), "a") as journal:
        journal.write("{} {!r}\n".format(given["call"], time.time()))
    if os.path.exists(path("slow")):
        time.sleep(0.4)
    if given["call"] == "apply":
        if not given["check_mode"]:
            open(path("carried-out"), "w").close()
            if os.path.exists(path("stops")):
                with open(path("stops")) as stops:
                    open(stops.read(), "w").close()
        result = carried_out(given["arguments"], given["check_mode"])
    elif given["call"] == "prove":
        result = {"changed": False, **PROTECTED}
    else:
        result = read("after" if os.path.exists(path("carried-out")) else "collect")
    print(json.dumps(result))
    if os.path.exists(path("vanishes")) and not is_first_look(given):
        open(path("gone"), "w").close()


main()
