"""A controller in a folder: a Debian 13 root below .cache that runs this repository from Debian's packages alone.

``lab/controller make``           makes the root, if it is not there or its list of packages changed
``lab/controller run COMMAND...`` runs a command in it, in the checkout; several may run at once
``lab/controller down``           ends all that runs in it or makes it, and leaves nothing behind but the root
``lab/controller remove``         does that, and removes the root

``make --list windows`` and ``run --list windows COMMAND...`` do so with the root of another list of packages,
``packages-windows.txt``; ``down`` and ``remove`` deal with the roots of every list.
"""

from __future__ import annotations

import argparse
import sys

from avshift_controller import calls, holder, roots
from avshift_controller.errors import ControllerError
from avshift_controller.places import LISTS, Places


def main() -> int:
    """Run one command; its errors are one line each."""
    arguments = _parser().parse_args()
    try:
        status: int = arguments.do(arguments)
    except ControllerError as error:
        print(error, file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    make = commands.add_parser("make", help="make the root, if need be")
    make.set_defaults(do=_make)
    run = commands.add_parser("run", help="run a command in the root")
    run.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    run.set_defaults(do=_run)
    commands.add_parser("down", help="end all that runs in the root").set_defaults(do=_down)
    commands.add_parser("remove", help="take it down, and remove the root").set_defaults(do=_remove)
    # What `run` starts beside itself: the process that looks after the namespaces.
    supervise = commands.add_parser("supervise")
    supervise.add_argument("root")
    supervise.add_argument("--lock", type=int, required=True)
    supervise.set_defaults(do=lambda given: holder.supervise(Places.of_checkout(given.list), given.root, given.lock))
    for one in (make, run, supervise):
        one.add_argument("--list", choices=("", *LISTS), default="", help="another list of packages")
    return parser


def _make(arguments: argparse.Namespace) -> int:
    roots.make(Places.of_checkout(arguments.list))
    return 0


def _run(arguments: argparse.Namespace) -> int:
    places = Places.of_checkout(arguments.list)
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    return calls.run(places, roots.make(places), command or ["bash"])


def _down(_arguments: argparse.Namespace) -> int:
    for places in Places.every():
        holder.down(places)
    return 0


def _remove(_arguments: argparse.Namespace) -> int:
    for places in Places.every():
        holder.down(places)
        roots.remove_all(places)
    return 0


if __name__ == "__main__":
    sys.exit(main())
