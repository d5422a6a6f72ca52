# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation that several modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of modules: what holds for most of them; a module overrides what differs."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in check mode and return changed status prediction without modifying target.
  diff_mode:
    support: none
    description: Will return details on what has changed when in diff mode.
  idempotent:
    support: full
    description:
      - When run twice in a row outside check mode, with the same arguments, the second run says that nothing changed.
  platform:
    support: full
    platforms: linux
    description: Target systems that the module works on. A host needs Python 3.6 or newer, and systemd for any change.
"""

    CATALOG = r"""
options:
  catalog_dirs:
    description:
      - Folders on the controller with your own entries, in the layout of the collection's catalog.
      - A later entry replaces an earlier one of the same ID, and the plan says so. C(docs/catalog.md) explains them.
      - The playbooks and roles take it from the variable C(avshift_catalog_dirs).
    type: list
    elements: path
    default: []
"""

    BRIEF = r"""
options:
  brief:
    description:
      - Whether to keep large parts of the result out of the controller's memory. They go to a file in Ansible's
        temporary folder for this run. The modules of this collection that take the result read the file.
      - The roles set it, so that the controller needs little memory for each host of a large fleet.
    type: bool
    default: false
"""

    HELD_UP_BY = r"""
options:
  stop_file:
    description: Path of a file on the controller that ends the run, as M(avshift.endpoint.rollout_stop) writes it.
    type: path
  require_signature:
    description: Whether the approval of a ring must be signed by an allowed signer.
    type: bool
    default: false
  allowed_signers:
    description: Path of a file of allowed signers, as ssh-keygen(1) describes it.
    type: path
  signer:
    description: Accept only this signer.
    type: str
"""

    CONTROLLER_ALONE = r"""
options: {}
attributes:
  platform:
    support: full
    platforms: posix
    description: Target systems that the module works on.
    details: It works on the controller and contacts no host.
"""

    LOOKS_AT_WINDOWS_TOO = r"""
options: {}
attributes:
  platform:
    support: full
    platforms: linux, windows
    description: Target systems that the module works on.
    details: Linux with Python 3.6 or newer; Windows with Windows PowerShell 5.1 or PowerShell 7, as a preview.
"""

    ON_CONTROLLER = r"""
options: {}
attributes:
  action:
    support: full
    description: It has an action plugin, which does the work on the controller.
"""
