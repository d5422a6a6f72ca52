# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of antivirus_selftest: choose the provider's layout for the host and run the test."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils import platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import settings
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import Adapter


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "provider": {"type": "str", "required": True},
        "options": {"type": "dict", "default": {}},
        "max_database_age": {"type": "int", "default": 0},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return the checks and the worst of their results; a host that is only looked at is not tested."""
        if apart := self.only_looked_at():
            return apart
        provider = settings.provider_of(self.catalog(options), options["provider"])
        chosen = settings.settled(provider, options["options"])
        facts = self.first_look(task_vars)
        asked = platforms.of(facts).selftest(provider, chosen, facts, options["max_database_age"])
        proven = self.on_endpoint("prove", asked, task_vars)
        return {"provider": options["provider"], "checks": proven["checks"], "result": proven["result"]}
