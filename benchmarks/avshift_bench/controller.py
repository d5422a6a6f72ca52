"""What the controller does for one host, in a process of its own: the task as Ansible's worker runs it.

python -m avshift_bench.controller ask         what kaspersky_info sends, and modules as Ansible sends them (JSON)
python -m avshift_bench.controller profile     the most expensive functions of the task, the module included
"""

from __future__ import annotations

import base64
import cProfile
import io
import json
import pstats
import sys
from importlib import import_module
from typing import Any

ACTION = "avshift.endpoint.kaspersky_info"
PEERS = ("ping", "package_facts", "service_facts", "setup")
PYTHON = "/usr/bin/python3"
TASK_VARS = {"inventory_hostname": "localhost", "ansible_python_interpreter": PYTHON}
LINES = 25


class Asked(Exception):
    """Carries an action's question for a host out of the action."""


def main() -> int:
    """Do what the first argument says."""
    import_module("ansible.plugins.loader").init_plugin_loader([])
    print(ask() if sys.argv[1] == "ask" else profile())
    return 0


def ask() -> str:
    """Return as JSON what collecting on the endpoint is asked, and built modules by name, in base 64."""
    module, arguments = _asked()
    built = {"endpoint": _built(module, arguments), **{name: _built(f"ansible.builtin.{name}", {}) for name in PEERS}}
    encoded = {name: base64.b64encode(content).decode() for name, content in built.items()}
    return json.dumps({"arguments": arguments["arguments"], "modules": encoded})


def profile() -> str:
    """Return the most expensive functions of one run of the task, as a fork has it after the first.

    The built module is in Ansible's cache then, and the action plugin's imports are done, by the main process.
    """
    _built(*_asked())
    action = _action()
    profiler = cProfile.Profile()
    result = profiler.runcall(action.run, None, dict(TASK_VARS))
    if result.get("failed"):
        raise SystemExit(f"Profiling: {ACTION}: {result.get('msg')}. Run it by ansible-playbook to see more.")
    stream = io.StringIO()
    for order in ("cumulative", "tottime"):
        pstats.Stats(profiler, stream=stream).sort_stats(order).print_stats(LINES)
    return stream.getvalue()


def _asked() -> tuple[str, dict[str, Any]]:
    action = _action()

    def note(module_name: str, module_args: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        raise Asked(module_name, module_args)

    action._execute_module = note
    try:
        action.run(None, dict(TASK_VARS))
    except Asked as asked:
        module, arguments = asked.args
        return str(module), dict(arguments)
    raise SystemExit(f"Asking: {ACTION}: it sent no module. Make sure that its action plugin calls _execute_module.")


def _built(module: str, arguments: dict[str, Any]) -> bytes:
    """Return a module with its arguments, as it goes to the host."""
    built = _action()._configure_module(module_name=module, module_args=arguments, task_vars=dict(TASK_VARS))
    content = built[0].b_module_data
    return bytes(content)


def _action() -> Any:
    plugins = import_module("ansible.plugins.loader")
    loader = import_module("ansible.parsing.dataloader").DataLoader()
    templar = import_module("ansible.template").Templar(loader=loader, variables=dict(TASK_VARS))
    task = import_module("ansible.playbook.task").Task.load({"action": ACTION}, loader=loader)
    context = import_module("ansible.playbook.play_context").PlayContext()
    connection = plugins.connection_loader.get("local", context, task_uuid=task._uuid)
    connection.set_options(direct={})
    shell = connection._shell
    shell.set_options(var_options=dict(TASK_VARS))
    return plugins.action_loader.get(
        ACTION,
        task=task,
        connection=connection,
        play_context=context,
        loader=loader,
        templar=templar,
        shared_loader_obj=plugins,
    )


if __name__ == "__main__":
    sys.exit(main())
