"""Runs on a lab host: the collection's own code for endpoints, which can be interrupted at any of its boundaries.

Input on stdin as JSON: ``program`` (see transport/program.py), ``do``, and its arguments. ``apply`` carries out all
parts of a plan, as the three tasks of a migration do. A boundary is {step, at, call, wait}: at the step's ``begin``, at
its ``end``, or ``wait`` seconds after the beginning of its ``call``-th call that can change something; or when the
function that one of ``PLACES`` names has ended, ``in`` a handover; or there is no interruption, and the disk is
``full`` from the step's beginning on.
"""

import base64
import errno
import glob
import hashlib
import itertools
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import time
import zlib
from importlib.machinery import ModuleSpec

HOME = "ansible_collections.avshift.endpoint.plugins.module_utils"
PARTS = ("stage", "handover", "remove")
# Calls of the module os that can change something.
CHANGING = (
    *("chmod", "chown", "fchmod", "fchown", "fsync", "ftruncate", "kill", "link", "mkdir", "remove", "removexattr"),
    *("rename", "replace", "rmdir", "setxattr", "symlink", "truncate", "unlink", "utime", "write"),
)
SKIPPED = ("/proc", "/sys", "/dev", "/run")
REAL_KILL = os.kill
JOURNAL = "/var/lib/avshift/journal.json"
ARCHIVES = "/var/lib/avshift/retained/*.tar.gz"
FILLER = "/filler-of-the-lab"
BLOCKS = (1 << 20, 1 << 12, 1)
UNITS = ("systemctl", "list-units", "--all", "--plain", "--no-legend", "--type=service,socket,timer,path")
# A line of fdinfo that shows a mark, and the bits of fanotify_mark(2) that ask for permission.
MARK = re.compile("fanotify (ino|mnt_id|sdev):")
PERMISSION = 0x00010000 | 0x00020000 | 0x00040000
SCANNER_LIMIT = 30
PACKAGES = ("dpkg-query", "--show", "--showformat=${Package}\t${Version}\t${Status}\n")
OWNED = "/var/lib/dpkg/info/*.list"


# Places of a handover in which two scanners run side by side for a while: a module, its class, and a function.
PLACES = {
    "old_asked": ("apply.handover.old_exclusions", "OldExclusions", "add"),
    "signature_put": ("prove.own_signature", "OwnSignature", "_put"),
    "signature_known": ("prove.own_signature", "OwnSignature", "_must_be_known"),
    "probe_reads": ("apply.handover.guard", "Guard", "ready"),
    "new_started": ("apply.handover.incoming", "New", "_start"),
    "new_proven": ("apply.handover.incoming", "New", "stand_beside"),
    "signature_gone": ("prove.own_signature", "OwnSignature", "take_away"),
    "old_let_go": ("apply.handover.guard", "Guard", "let_old_go"),
    "old_stopped": ("apply.handover.outgoing", "Old", "stop"),
    "new_alone": ("apply.handover.incoming", "New", "stand_alone"),
    "old_retired": ("apply.handover.outgoing", "Old", "retire"),
    "back_old_started": ("apply.handover.overlap", "Overlap", "old_first"),
    "back_new_stopped": ("apply.handover.incoming", "New", "take_down"),
    "struck_old_stopped": ("apply.handover.outgoing", "Old", "stop"),
    "first_old_stopped": ("apply.handover.outgoing", "Old", "stop"),
    "first_new_started": ("apply.handover.incoming", "New", "_start"),
}
# Places of a handover that is rolled back, because the new scanner does not pass its self-test alone.
ROLLED_BACK = ("back_old_started", "back_new_stopped")
# A read takes too long for the guard over both: while the old one stops, or before the new one starts.
STRUCK, STRUCK_BEFORE = ("struck_old_stopped",), ("first_old_stopped", "first_new_started")


class Watch:
    """Counts the calls of each step that can change something, and ends everything at the boundary."""

    def __init__(self, boundary, power):
        self.boundary = boundary
        self.power = power
        # What it has started continues on its own.
        self.pid = os.getpid()
        self.step = None
        self.calls = 0
        self.seen = []

    def wrap(self, kinds, steps):
        """Let the runner's kinds report their beginning and end."""
        ids = {id(step["target"]): step["id"] for step in steps}
        for name, kind in list(kinds.items()):
            kinds[name] = Watched(kind, self, ids)

    def place(self):
        """End everything when the boundary's function has ended."""
        if self.boundary is None or self.boundary["at"] != "in":
            return
        place, begun = self.boundary["place"], []
        if place in ROLLED_BACK:
            self._roll_back(begun)
        if place in STRUCK + STRUCK_BEFORE:
            self._strike(place in STRUCK)
        name, holder, function = PLACES[place]
        holder = getattr(module(name), holder)
        real = getattr(holder, function)

        def placed(*rest, **named):
            told = real(*rest, **named)
            if os.getpid() == self.pid and (begun or place not in ROLLED_BACK):
                self.end_all()
            return told

        setattr(holder, function, placed)

    def _roll_back(self, begun):
        """Make the new scanner fail its self-test alone, and note that in a list."""

        def fails(_new):
            begun.append(True)
            raise module("posix.errors").EndpointError("new_not_proven", "Testing", "it", "the lab says so", "Nothing.")

        module("apply.handover.incoming").New.stand_alone = fails

    def _strike(self, as_it_stops):
        """Make a read take too long for the guard over both: from the beginning, or once the old one is to stop."""
        guard, pid = module("apply.handover.guard"), self.pid
        real = guard.Guard._why

        told = {"why": guard.SLOW, "words": "the lab says so", "directory": ""}

        def slow(watch, *rest):
            return told if os.getppid() == pid and watch._memory[0] else real(watch, *rest)

        if as_it_stops:
            guard.Guard._why = slow
        else:
            guard.Guard.ready = lambda _watch: told

    def patch(self):
        """Count every call that can change something while a step is being done."""
        for name in CHANGING:
            setattr(os, name, self._counted(getattr(os, name)))
        real_open, real_fdopen, real_popen = os.open, os.fdopen, subprocess.Popen

        def opened(path, flags, *rest, **named):
            descriptor = real_open(path, flags, *rest, **named)
            if flags & os.O_CREAT:
                self.call()
            return descriptor

        def fdopened(descriptor, *rest, **named):
            stream = real_fdopen(descriptor, *rest, **named)
            return Stream(stream, self) if stream.writable() else stream

        def started(*rest, **named):
            child = real_popen(*rest, **named)
            self.call(child)
            return child

        os.open, os.fdopen, subprocess.Popen = opened, fdopened, started

    def _counted(self, function):
        def counted(*rest, **named):
            try:
                return function(*rest, **named)
            finally:
                self.call()

        return counted

    def call(self, child=None):
        """One call that can change something has started, or is done."""
        if self.step is None or os.getpid() != self.pid:
            return
        self.calls += 1
        if child is not None:
            self.seen[-1]["children"][str(self.calls)] = 0
            self._time(child)
        if self._is_here("call") and self.boundary["call"] == self.calls:
            time.sleep(self.boundary["wait"])
            self.end_all()

    def _time(self, child):
        begun, number, seen, wait = time.monotonic(), self.calls, self.seen[-1], child.wait

        def waited(*rest, **named):
            code = wait(*rest, **named)
            seen["children"][str(number)] = round(time.monotonic() - begun, 2)
            return code

        child.wait = waited

    def begin(self, step):
        """A step starts."""
        if self.boundary is not None and self.boundary["step"] == step and self.boundary["at"] in FILL:
            FILL[self.boundary["at"]]()
        self.step, self.calls = step, 0
        self.seen.append({"step": step, "calls": 0, "children": {}})
        if self._is_here("begin"):
            self.end_all()

    def end(self):
        """A step was done."""
        if self._is_here("end"):
            self.end_all()
        self.seen[-1]["calls"], self.step = self.calls, None

    def _is_here(self, at):
        return self.boundary is not None and self.boundary["step"] == self.step and self.boundary["at"] == at

    def end_all(self):
        """End as SIGKILL does, or wait for the machine to lose power."""
        if not self.power:
            REAL_KILL(os.getpid(), signal.SIGKILL)
        sys.stdout.write("at the boundary\n")
        sys.stdout.flush()
        time.sleep(600)


class Watched:
    """A kind of step."""

    # A step that is done in a child ends with the run, so that a call is the same place in either; here it is counted.
    IN_RUN = True

    def __init__(self, kind, watch, ids):
        self.kind, self.watch, self.ids = kind, watch, ids

    def __getattr__(self, name):
        return getattr(self.kind, name)

    def do(self, target):
        """Do it, observed."""
        self.watch.begin(self.ids[id(target)])
        facts = self.kind.do(target)
        self.watch.end()
        return facts


class Stream:
    """A stream whose every write reaches the disk and is counted."""

    def __init__(self, stream, watch):
        self.stream, self.watch = stream, watch

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stream.close()

    def write(self, content):
        """Write it."""
        written = self.stream.write(content)
        self.stream.flush()
        self.watch.call()
        return written


def fill():
    """Fill the disk to the last byte."""
    with open(FILLER, "wb", buffering=0) as stream:
        for block in BLOCKS:
            while _is_written(stream, b"\0" * block):
                pass


def use_up_inodes():
    """Make files until the disk has no inode for another one; it still has room."""
    os.mkdir(FILLER)
    for number in itertools.count():
        try:
            os.close(os.open(f"{FILLER}/{number}", os.O_CREAT | os.O_EXCL))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return


FILL = {"no room": fill, "no inodes": use_up_inodes}


def _is_written(stream, block):
    try:
        return stream.write(block) == len(block)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False


def free(_given):
    """Free the space or the inodes again."""
    if os.path.isdir(FILLER):
        shutil.rmtree(FILLER)
    else:
        os.unlink(FILLER)


def shorten(_given):
    """Keep in apt's lists only what is installed or archived: reading all the others takes most of a case's time.

    apt asks for a list's signature only when it fetches it.
    """
    wanted = {line.split("\t")[0] for line in _said(PACKAGES).splitlines()}
    wanted |= {os.path.basename(name).partition("_")[0] for name in glob.glob("/var/cache/apt/archives/*.deb")}
    for name in glob.glob("/var/lib/apt/lists/*_Packages"):
        with open(name, encoding="utf-8") as stream:
            kept = [entry for entry in stream.read().split("\n\n") if entry[9:].partition("\n")[0] in wanted]
        with open(name, "w", encoding="utf-8") as stream:
            stream.write("\n\n".join(kept) + "\n\n")


def load(program):
    """Make the sent code importable, by the code that does so in earnest."""
    sources = json.loads(zlib.decompress(base64.b64decode(program)).decode())
    names = {}
    exec(sources[HOME + ".start"].rpartition("\nif __name__")[0], names)
    sys.meta_path.insert(0, names["Program"](sources, ModuleSpec))


def module(name):
    """Return a module of the sent code."""
    __import__(HOME + "." + name)
    return sys.modules[HOME + "." + name]


def collect(given):
    """Return the result of a collection."""
    return module("collect.main").main({"probes": given["probes"]}, False)


def apply(given):
    """Carry out all parts until one fails and return {parts: {part: its result}, seen}."""
    main, runner = module("apply.main"), module("apply.runner")
    # What the journal's child does is counted too.
    module("posix.own.own_journal").apart = lambda act: act()
    # So is what the children of an overlap write.
    for holder in (module("prove.own_signature").OwnSignature, module("apply.handover.excluded").Excluded):
        holder._apart = lambda _self, act: act()
    watch = Watch(given["boundary"], given["power"])
    watch.wrap(runner.KINDS, given["steps"])
    for kind in module("apply.handover.incoming").INSTALLS.values():
        kind.IN_RUN = True
    watch.patch()
    watch.place()
    pending, parts = None, {}
    for part in PARTS:
        done = parts[part] = main.main({"steps": given["steps"], "parts": [part], "pending": pending}, False)
        if done.get("failed") or done["failure"]:
            break
        pending = done["pending"]
    return {"parts": parts, "seen": watch.seen}


def observe(given):
    """Return what a host contains and runs: {look, packages, owned, groups, accounts}."""
    return {
        "look": look(given),
        "packages": _said(PACKAGES).splitlines(),
        "owned": {os.path.basename(name)[: -len(".list")]: _lines(name) for name in glob.glob(OWNED)},
        "groups": _lines("/etc/group"),
        "accounts": _lines("/etc/passwd"),
    }


def _said(argv):
    return subprocess.run(argv, stdout=subprocess.PIPE, check=True, env=dict(os.environ, LC_ALL="C")).stdout.decode()


def _lines(path):
    with open(path, encoding="utf-8") as stream:
        return stream.read().splitlines()


def look(given):
    """Return {path: [type, mode, owner, group, content]}; for files older than ``since`` only the size.

    This includes what is not on the disk: every unit and its state, and every running program.
    """
    found = {"unit " + line.split()[0]: line.split()[2:4] for line in _said(UNITS).splitlines()}
    found.update(("process " + path, []) for path in filter(None, map(_program, glob.glob("/proc/[0-9]*/exe"))))
    for top in ("/", "/tmp"):
        device = os.lstat(top).st_dev
        for folder, folders, names in os.walk(top):
            folders[:] = [name for name in folders if _is_on(os.path.join(folder, name), device)]
            for name in folders + names:
                path = os.path.join(folder, name)
                found[path] = _described(path, given["since"])
    return found


def _program(link):
    try:
        return os.readlink(link)
    except OSError:
        return None


def _is_on(path, device):
    return os.path.islink(path) or (path not in SKIPPED and os.lstat(path).st_dev == device)


def _described(path, since):
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
    elif not stat.S_ISREG(status.st_mode):
        content = ""
    else:
        content = _sum(path) if status.st_ctime >= since else status.st_size
    return [stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, content]


def _sum(path):
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()


def scanners(_given):
    """Return the programs that hold permission marks, once there is one, or none after a while."""
    deadline = time.monotonic() + SCANNER_LIMIT
    while True:
        found = sorted({_program(os.path.dirname(os.path.dirname(path)) + "/exe") for path in _holding()})
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def _holding():
    """Yield the descriptors by which a process is asked before a file is opened, executed or read; see proc(5)."""
    for path in glob.glob("/proc/[0-9]*/fdinfo/*"):
        try:
            masks = [line.partition(" mask:")[2].split()[0] for line in _lines(path) if MARK.match(line)]
        except OSError:
            continue
        if any(int(mask, 16) & PERMISSION for mask in masks):
            yield path


def begun(_given):
    """Return whether the host's journal has a run."""
    return os.path.exists(JOURNAL) and bool(json.loads("".join(_lines(JOURNAL)))["runs"])


def originals(given):
    """Return {path: sum} of all files below some paths."""
    found = {}
    for top in given["paths"]:
        for folder, _folders, names in os.walk(top):
            found.update((os.path.join(folder, name), "") for name in names)
        if os.path.isfile(top):
            found[top] = ""
    return {path: _sum(path) for path in found if os.path.isfile(path) and not os.path.islink(path)}


def lost(given):
    """Return which of {path: sum} are neither there nor in a complete archive; with ``archived``, which are in no
    archive that the journal names.
    """
    kept = set()
    for name in _noted() if given["archived"] else glob.glob(ARCHIVES):
        with tarfile.open(name, "r:gz") as archive:
            for member in archive:
                if member.isreg():
                    digest = hashlib.sha256(archive.extractfile(member).read()).hexdigest()
                    kept.update((("/" + member.name, digest), ("/" + member.name, "")))
    there = set() if given["archived"] else {(path, _sum(path)) for path in given["sums"] if os.path.isfile(path)}
    there |= {(path, "") for path, _digest in there}
    return sorted(path for path, digest in given["sums"].items() if (path, digest) not in kept | there)


def _noted():
    with open(JOURNAL, encoding="utf-8") as stream:
        told = [run["retained"] for run in json.load(stream)["runs"] if "retained" in run]
    return [name for kept in told for name in [kept["archive"], *kept.get("earlier", ())]]


if __name__ == "__main__":
    GIVEN = json.load(sys.stdin)
    if "program" in GIVEN:
        load(GIVEN["program"])
    sys.stdout.write(json.dumps(globals()[GIVEN["do"]](GIVEN)) + "\n")
