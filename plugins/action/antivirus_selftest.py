# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller's half of antivirus_selftest: choose the provider's layout for the host and run the test."""

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.avshift.endpoint.plugins.plugin_utils import apart, platforms
from ansible_collections.avshift.endpoint.plugins.plugin_utils.catalog.model import Provider
from ansible_collections.avshift.endpoint.plugins.plugin_utils.plan import settings
from ansible_collections.avshift.endpoint.plugins.plugin_utils.transport.adapter import RESULTS_OF_RUN, Adapter


class ActionModule(Adapter):
    """See the documentation of the module of this name."""

    SPEC: ClassVar[dict[str, Any]] = {
        "planned": {"type": "dict", "default": {}},
        "provider": {"type": "str", "default": ""},
        "options": {"type": "dict", "default": {}},
        "max_database_age": {"type": "int", "default": 0},
        "catalog_dirs": {"type": "list", "elements": "path", "default": []},
    }

    def act(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Return the checks and the worst of their results; a host that is only looked at is not tested."""
        if apart := self.only_looked_at():
            return apart
        provider, chosen = self._wanted(options, str(task_vars["inventory_hostname"]))
        facts = self.first_look(task_vars)
        asked = platforms.of(facts).selftest(provider, chosen, facts, options["max_database_age"])
        proven = self.on_endpoint("prove", asked, task_vars)
        return {"provider": provider.id, "checks": proven["checks"], "result": proven["result"]}

    def _wanted(self, options: dict[str, Any], host: str) -> tuple[Provider, dict[str, Any]]:
        """Return the replacement and its options: those of the plan, which settled them, or of the task."""
        catalog = self.catalog(options)
        if options["planned"]:
            goal = apart.whole(RESULTS_OF_RUN, host, options["planned"])["plan"]["goal"]
            return settings.provider_of(catalog, goal["provider"]), goal["options"]
        provider = settings.provider_of(catalog, options["provider"])
        return provider, settings.settled(provider, options["options"])
