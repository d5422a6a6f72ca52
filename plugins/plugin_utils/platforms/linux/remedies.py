# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to do on a Linux host that gave no answer, by the code of the failure."""

from __future__ import annotations

PYTHONS = "ansible HOST -i INVENTORY -m ansible.builtin.raw -a 'ls /usr/bin/python3* /usr/libexec/platform-python'"
REMEDIES = {
    "become_failed": "Check that the login user may become root. Where sudo asks for a password, run again with "
    "--ask-become-pass; where it is su or doas, set ansible_become_method. Leave ansible_become_user at root.",
    "python_missing": f"Install Python 3 there, or name the one that it has in ansible_python_interpreter: {PYTHONS}",
    "python_unsupported": "Ansible took a Python that is too old. Name a newer one in ansible_python_interpreter, and "
    f"where there are several, see which: {PYTHONS}",
    "module_failed": "The table above says why. Check that ansible_python_interpreter names a Python that works and "
    f"prints nothing by itself; see which there are: {PYTHONS}",
}
