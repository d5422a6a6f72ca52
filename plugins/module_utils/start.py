# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""What Ansible starts on an endpoint: import the code that came with the arguments, and call it.

Ansible's usual way packs module_utils into an archive, all of which Python compiles twice, and ansible's own ``basic``
with it: several times the work of a look at the host. Into a module like this one, which it calls one with JSON
arguments, it writes the arguments instead. ``plugin_utils/program.py`` makes the module of it.
"""

import base64
import json
import os
import sys
import zlib
from importlib.machinery import ModuleSpec

# JSON never has three quotes in a row, whatever its strings say: they end nothing here.
ARGUMENTS = r"""<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>"""
HOME = "ansible_collections.avshift.endpoint.plugins.module_utils"


class Program:
    """Finds and loads the code that was sent: no file is written, and every source is compiled once."""

    def __init__(self, sources):
        self.sources = sources

    def find_spec(self, name, path=None, target=None):
        """Return the spec of a module that was sent; None lets Python's own finders look."""
        if name not in self.sources:
            return None
        is_package = any(other.startswith(name + ".") for other in self.sources)
        return ModuleSpec(name, self, origin=name, is_package=is_package)

    def create_module(self, spec):
        """Leave making the module to Python."""

    def exec_module(self, module):
        """Fill a module with what its source defines."""
        name = module.__name__
        exec(compile(self.sources[name], name, "exec", dont_inherit=True), module.__dict__)


def unlink_own_file():
    """Take away the file that this was started from, which holds all arguments: a run that is killed must not leave it.

    There is none where Ansible sent it through the connection. What it did not fill in is no file of Ansible's.
    """
    path = globals().get("__file__")
    if path and not ARGUMENTS.startswith("<<") and os.path.isfile(path):
        try:
            os.unlink(path)
        except OSError:
            # Ansible removes it with its folder.
            return


def main():
    """Call collect, apply or prove, and write its result as Ansible reads it."""
    unlink_own_file()
    given = json.loads(ARGUMENTS)
    sources = json.loads(zlib.decompress(base64.b64decode(given["program"])).decode())
    sys.meta_path.insert(0, Program(sources))
    called = "%s.%s.main" % (HOME, given["call"])
    __import__(called)
    module = sys.modules[called]
    result = getattr(module, "started", module.main)(given["arguments"], given["check_mode"])
    try:
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
    except OSError:
        # The connection has gone. What was done is in the host's own journal.
        os._exit(1)


if __name__ == "__main__":
    main()
