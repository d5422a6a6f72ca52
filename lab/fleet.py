#!/usr/bin/env python
"""The lab's command line: images, stand-in packages and the containers of test fleets."""

from __future__ import annotations

import argparse
import os
import sys

import yaml

from avshift_lab import distributions, fleet, hosts, images, packages, stand_ins
from avshift_lab.commands import environment
from avshift_lab.errors import LabError
from avshift_lab.progress import say, step

DEFAULT_FLEET = "demo"
DEFAULT_HOSTS = ["full", "agent", "leftovers", "clean"]


def main() -> int:
    """Runs one command; its errors are one line each."""
    arguments = _parser().parse_args()
    try:
        status: int = arguments.run(arguments)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="make images and packages without starting anything")
    build.add_argument("--image", choices=images.names(), help="only this image, and no packages")
    build.set_defaults(run=_build)

    image = commands.add_parser("image", help="make a distribution's image boot, and print its new name")
    image.add_argument("name", metavar="NAME", help="as `podman pull` or `podman images` has it")
    image.set_defaults(run=_image)

    package = commands.add_parser("package", help="make one package and print its path")
    package.add_argument("name", choices=stand_ins.names())
    package.add_argument("--form", choices=list(packages.FORMS), default="deb")
    package.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE")
    package.set_defaults(run=_package)

    _of_fleets(commands)
    listing = commands.add_parser("list", help="the containers of all fleets")
    listing.set_defaults(run=_list)
    return parser


def _of_fleets(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    up = commands.add_parser("up", help="bring hosts up; what runs already is left as it is")
    up.add_argument("--fresh", action="store_true", help="remake hosts that are there")
    up.add_argument("--disk", type=int, default=0, metavar="MB", help="give each new host a disk of its own in memory")
    up.add_argument("--image", metavar="NAME", help="bring them up from this image, whatever their files name")
    as_another = "NAME=HOST is a host under another name"
    up.add_argument("hosts", nargs="*", metavar="HOST", help=f"{as_another}; default: {' '.join(DEFAULT_HOSTS)}")
    up.set_defaults(run=_up)

    down = commands.add_parser("down", help="remove the fleet's containers")
    down.add_argument("hosts", nargs="*", metavar="HOST", help="default: all of them")
    down.set_defaults(run=_down)

    inside = commands.add_parser("exec", help="run a command on a host")
    inside.add_argument("host", metavar="HOST")
    inside.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    inside.set_defaults(run=_exec)

    for command in (up, down, inside):
        command.add_argument("--fleet", default=DEFAULT_FLEET, metavar="NAME")


def _build(arguments: argparse.Namespace) -> int:
    wanted = [arguments.image] if arguments.image else images.names()
    for image in (images.load(name) for name in wanted):
        if images.exists(image):
            say(image.name, f"there already: {image.reference}")
        elif not arguments.image and (why := images.lacking(image)):
            say(image.name, f"left out with its hosts: {why}")
        else:
            with step(image.name, f"made: {image.reference}"):
                images.make(image)
    for name in [] if arguments.image else stand_ins.names():
        with step(name, "package made"):
            packages.build(packages.Package(stand_ins.load(name)))
    return 0


def _image(arguments: argparse.Namespace) -> int:
    print(_prepared(arguments.name).reference)
    return 0


def _prepared(name: str) -> distributions.Distribution:
    with step(name or "IMAGE", "made a host's image"):
        return distributions.prepare(name)


def _package(arguments: argparse.Namespace) -> int:
    switches: dict[str, stand_ins.Switch] = {}
    for given in arguments.switch:
        name, _separator, value = given.partition("=")
        switches[name] = yaml.safe_load(value)
    print(packages.build(packages.Package(stand_ins.load(arguments.name, switches), arguments.form)))
    return 0


def _up(arguments: argparse.Namespace) -> int:
    wanted = [hosts.named(name) for name in arguments.hosts or DEFAULT_HOSTS]
    if arguments.image is not None:
        image = _prepared(arguments.image)
        wanted = [hosts.on_image(host, image) for host in wanted]
    fleet.up(arguments.fleet, wanted, arguments.fresh, arguments.disk)
    return 0


def _down(arguments: argparse.Namespace) -> int:
    fleet.down(arguments.fleet, arguments.hosts)
    return 0


def _list(_arguments: argparse.Namespace) -> int:
    for one in fleet.containers():
        ready = "ready" if one.is_ready else "unfinished"
        print(f"{one.fleet:<12} {one.host:<12} {one.state:<10} {ready:<10} {one.name}")
    return 0


def _exec(arguments: argparse.Namespace) -> int:
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    options = ["--interactive", "--tty"] if sys.stdin.isatty() else ["--interactive"]
    name = fleet.container_name(arguments.fleet, arguments.host)
    os.execvpe("podman", ["podman", "exec", *options, name, *(command or ["bash"])], environment())


if __name__ == "__main__":
    sys.exit(main())
