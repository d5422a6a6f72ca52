# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where to write by default: an engine that runs jobs elsewhere keeps only one folder of each job."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

DOCUMENTATION = r"""
name: job_folder
short_description: Place a folder where a job's output is kept
version_added: 0.1.0
author: avshift contributors (@avshift)
description:
  - Returns a relative path below the folder that the environment variable E(AWX_ISOLATED_DATA_DIR) names, and unchanged
    without it.
  - AWX, Automation Controller and ansible-runner set this variable. What a job writes elsewhere is lost with the job's
    container or on the node that ran it.
positional: _input
options:
  _input:
    description: A path.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Show where the records are
  ansible.builtin.debug:
    msg: "{{ 'avshift/records' | avshift.endpoint.job_folder }}"
"""

RETURN = r"""
_value:
  description: The path.
  type: path
  sample: /srv/avshift/jobs/4711
"""
KEPT = "AWX_ISOLATED_DATA_DIR"


def _job_folder(path: str) -> str:
    home = os.environ.get(KEPT, "")
    return str(Path(home) / path) if home else path


class FilterModule:
    """See Ansible's documentation of filter plugins."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filters by name."""
        return {"job_folder": _job_folder}
