"""Where the lab's parts are."""

from pathlib import Path

LAB = Path(__file__).resolve().parent.parent
IMAGES = LAB / "images"
HOSTS = LAB / "hosts"
STAND_INS = LAB / "stand-ins"
CONTAINERS_CONF = LAB / "containers.conf"
CACHE = LAB.parent / ".cache" / "lab"
