"""Prints as JSON the processor milliseconds that collecting or a whole module takes, children included.

    processor_time.py collect CODE PROBES    the endpoint's code below the folder CODE, with the probes of a JSON file
    processor_time.py profile CODE PROBES    the same, with the 25 most expensive functions instead
    processor_time.py module FILE            a module as Ansible sends it: the interpreter, its imports, and the work

Milliseconds are those of getrusage and of the process's own clock, which are not rounded to ticks.
"""

import json
import resource
import shutil
import subprocess
import sys
import time

LINES = 25


def main():
    """Do what the first argument says."""
    {"collect": collect, "profile": profile, "module": module}[sys.argv[1]](*sys.argv[2:])


def taken():
    """Return the milliseconds that this process and its ended children took so far."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (time.process_time() + children.ru_utime + children.ru_stime) * 1000


def loaded(code, probes):
    """Return the collecting function and what to ask. Nothing is kept compiled: the host is sent sources."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, code)
    from ansible_collections.avshift.endpoint.plugins.module_utils.collect.main import main as answer

    with open(probes) as stream:
        return answer, json.load(stream)


def collect(code, probes):
    """Collect once, in a process that did nothing before."""
    started = taken()
    answer, asked = loaded(code, probes)
    imported = taken()
    collected = answer(asked, False)["collected"]
    done = taken()
    unknown = [item["id"] for item in collected["evidence"] if "unknown" in item]
    parts = {"start": started, "imports": imported - started, "collecting": done - imported}
    print(json.dumps(dict(parts, items=len(collected["evidence"]), unknown=unknown)))


def profile(code, probes):
    """Collect once under the profiler."""
    import cProfile
    import io
    import pstats

    answer, asked = loaded(code, probes)
    profiler = cProfile.Profile()
    profiler.runcall(answer, asked, False)
    stream = io.StringIO()
    pstats.Stats(profiler, stream=stream).sort_stats("cumulative").print_stats(LINES)
    print(stream.getvalue())


def module(path):
    """Run a module as Ansible does on the host. It may remove its own file, so that it gets a copy."""
    copy = shutil.copy(path, path + ".run.py")
    before = taken()
    done = subprocess.run([sys.executable, copy], capture_output=True, check=False)
    used = taken() - before
    answered = json.loads(done.stdout.decode()) if done.returncode == 0 else {}
    said = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
    print(json.dumps({"module": used, "failed": said if not answered or answered.get("failed") else ""}))


if __name__ == "__main__":
    main()
