"""Stands where Ansible looks for a host's Python. Beside the link by which it is called it notes the processor seconds
that it took.

What the collection asks is answered from files that were recorded: ``before.json``, and ``after.json`` once a change
was carried out, or ``drifted.json`` as long as there is a file ``drifted``. Any other module runs as it would by
Python itself. In memory and in time it behaves like a host on which nothing has to be checked.
"""

import atexit
import json
import os
import re
import resource
import sys

HOME = os.path.dirname(os.path.abspath(sys.argv[0]))
FLEET = os.path.dirname(HOME)


def note():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    with open(os.path.join(HOME, "cpu"), "a") as notes:
        notes.write(f"{sum(one.ru_utime + one.ru_stime for one in used)}\n")


def carried_out(arguments, is_check):
    """Return what carrying out a part gives: all of its steps change something."""
    word = "would_change" if is_check else "changed"
    mine = [step for step in arguments["steps"] if step["part"] in arguments["parts"]]
    outcomes = [{"id": step["id"], "outcome": word, "facts": {}, "seconds": 0.0} for step in mine]
    pending = arguments["pending"] or [step["id"] for step in arguments["steps"]]
    if not is_check:
        open(os.path.join(HOME, "carried-out"), "w").close()
    return json.dumps({"changed": bool(mine), "outcomes": outcomes, "pending": pending, "failure": None})


def looked_at(probes):
    """Return what was recorded. A look that asks for nothing gets the host's facts alone, as every host answers it."""
    name = "after" if os.path.exists(os.path.join(HOME, "carried-out")) else "before"
    name = "drifted" if os.path.exists(os.path.join(FLEET, "drifted")) else name
    with open(os.path.join(FLEET, name + (".json" if json.loads(probes) else ".facts.json"))) as file:
        return file.read()


def main():
    atexit.register(note)
    named = [argument for argument in sys.argv[1:] if os.path.isfile(argument)]
    with open(named[0]) if named else sys.stdin as module:
        text = module.read()
    told = re.search('^ARGUMENTS = r"""(.*)"""$', text, re.MULTILINE)
    if told is None:
        sys.argv = sys.argv[1:] if named else ["-"]
        exec(compile(text, named[0] if named else "stdin", "exec"), {"__name__": "__main__"})
        return
    given = json.loads(told.group(1))
    arguments = given["arguments"]
    print(carried_out(arguments, given["check_mode"]) if given["call"] == "apply" else looked_at(arguments["probes"]))


main()
