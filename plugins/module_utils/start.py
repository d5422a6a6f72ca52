# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer. What runs before the version is known: 2.7 and newer.
"""What Ansible starts on an endpoint: import the code that came with the arguments, and call it.

Ansible's usual way packs module_utils and its own ``basic`` into an archive, and Python compiles all of it twice:
several times the work of checking the host. Into a module like this one, which Ansible calls a module with JSON
arguments, it writes the arguments instead. ``plugin_utils/transport/program.py`` builds the module from this file.
"""

import os
import sys

# JSON never has three quotes in a row, whatever its strings contain: they end nothing here.
ARGUMENTS = r"""<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>"""
# Limits of services of systemd.
OPEN_FILES, STACK = 1024, 8 << 20
HOME = "ansible_collections.avshift.endpoint.plugins.module_utils"


class Program:
    """Finds and loads the code that was sent: no file is written, and every source is compiled once."""

    def __init__(self, sources, spec):
        self.sources = sources
        self.packages = {name.rpartition(".")[0] for name in sources}
        self.spec = spec

    def find_spec(self, name, path=None, target=None):
        """Return the spec of a module that was sent; None lets Python's own finders search."""
        if name not in self.sources:
            return None
        return self.spec(name, self, origin=name, is_package=name in self.packages)

    def create_module(self, spec):
        """Leave the creation of the module to Python."""

    def exec_module(self, module):
        """Fill a module with what its source defines."""
        name = module.__name__
        exec(compile(self.sources[name], name, "exec", dont_inherit=True), module.__dict__)


def unlink_own_file():
    """Remove the file that this was started from, which holds all arguments: a killed run must not leave it behind.

    There is none if Ansible sent it through the connection. If Ansible did not fill in the name, it is not its file.
    """
    path = globals().get("__file__")
    if path and not ARGUMENTS.startswith("<<") and os.path.isfile(path):
        try:
            os.unlink(path)
        except OSError:
            # Ansible removes it with its folder.
            return


def trust_no_directory():
    """Import nothing from the working directory or from paths in the caller's environment: others may write there."""
    named = os.environ.get("PYTHONPATH", "")
    # An empty name between two colons means the working directory.
    places = [_absolute(place) for place in named.split(os.pathsep)] if named else []
    places.append(os.path.dirname(_absolute(globals().get("__file__") or "stdin")))
    sys.path[:] = [place for place in sys.path if os.path.isabs(place) and place not in places]


def _absolute(path):
    try:
        return os.path.abspath(path)
    except OSError:
        # The working directory is gone.
        return path


def inherit_nothing():
    """Undo what this process has from the programs that started it: a working directory that may be gone, a umask,
    signals that are blocked, so that no limit holds, ends of children that are ignored, so that every command
    seems to succeed, and a login user's limits, which would end a package manager half-way.
    """
    import signal

    try:
        os.getcwd()
    except OSError:
        # Where it is there, a root that was named from it is meant so.
        os.chdir("/")
    os.umask(0o022)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    lift_limits()


def lift_limits():
    """Give this process, and the commands that it starts, the resources that root's services have."""
    import resource

    endless = resource.RLIM_INFINITY
    for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_DATA):
        lift(resource, kind, endless)
    lift(resource, resource.RLIMIT_NOFILE, OPEN_FILES)
    lift(resource, resource.RLIMIT_STACK, STACK)


def lift(resource, kind, least):
    """Raise a limit to ``least``, or as far as this process may; one that is higher stays as it is."""
    soft, hard = resource.getrlimit(kind)
    endless = resource.RLIM_INFINITY
    if soft == endless or (least != endless and soft >= least):
        return
    more = hard if hard == endless or (least != endless and hard >= least) else least
    for limits in ((least, more), (hard, hard)):
        try:
            return resource.setrlimit(kind, limits)
        except (OSError, ValueError):
            # Only root may raise a hard limit.
            continue


def refused(code, message):
    """Return the result for a host on which nothing was started."""
    return {"failed": True, "changed": False, "code": code, "msg": message}


def why_not(given):
    """Return the result for a host that cannot run what was sent, None if it can."""
    oldest = tuple(given["oldest"])
    if sys.version_info < oldest:
        version = "its Python, %s, is %d.%d.%d" % (
            (sys.executable or "one without a name",) + tuple(sys.version_info[:3])
        )
        message = "%s, and %d.%d is the oldest that can be used. Install a newer one there, and set " % (
            (version,) + oldest
        )
        return refused("python_unsupported", message + "ansible_python_interpreter to its path.")
    if given["as_root"] and os.geteuid() != 0:
        message = (
            "the user there has the UID %d, but root is needed. Set become, and become_user to root." % os.geteuid()
        )
        return refused("root_needed", message)
    return None


def called(given):
    """Call collect, apply or prove, and return its result.

    ``given`` is {program, call, arguments, check_mode, as_root, oldest}; ``as_root`` refuses any other user, ``oldest``
    is the oldest Python that is accepted.
    """
    refusal = why_not(given)
    if refusal is not None:
        return refusal
    inherit_nothing()
    import base64
    import json
    import zlib
    from importlib.machinery import ModuleSpec

    sources = json.loads(zlib.decompress(base64.b64decode(given["program"])).decode())
    sys.meta_path.insert(0, Program(sources, ModuleSpec))
    name = "%s.%s.main" % (HOME, given["call"])
    __import__(name)
    module = sys.modules[name]
    return getattr(module, "started", module.main)(given["arguments"], given["check_mode"])


def main():
    """Write the result in the form that Ansible reads, whatever this Python's version is."""
    unlink_own_file()
    trust_no_directory()
    import json

    if ARGUMENTS[:2] == "<<":
        result = refused("arguments_missing", "no arguments came with this module")
    else:
        result = called(json.loads(ARGUMENTS))
    try:
        # Without the encoding that the caller's environment asks for.
        getattr(sys.stdout, "buffer", sys.stdout).write((json.dumps(result) + "\n").encode("ascii"))
        sys.stdout.flush()
    except OSError:
        # The connection is gone. What was done is in the host's own journal.
        os._exit(1)


def main_and_no_more():
    """Call ``main`` and end: with PYTHONINSPECT in its environment, Python would stay and read from the terminal."""
    code = 1
    try:
        main()
        code = 0
    finally:
        if code:
            kind, error, place = sys.exc_info()
            sys.excepthook(kind, error, place)
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main_and_no_more()
