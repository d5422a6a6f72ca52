"""What a staging still leaves after it was rolled back: a path, with everything below it, and the reason."""

LEFT = {
    "/var/lib/avshift": "the journal says that a run was tried and taken back",
    "/var/log/kaspersky/kesl": "the scanner logs every read of the observer's",
    "/etc/group-": "the system's own backup of the file before its last change, and so the next ones",
    "/etc/gshadow-": "",
    "/etc/passwd-": "",
    "/etc/shadow-": "",
    "/var/cache/apt": "the package manager's index, logs and backups, and so the next ones",
    "/var/cache/debconf/config.dat-old": "",
    "/var/cache/debconf/templates.dat-old": "",
    "/var/lib/dpkg/status-old": "",
    "/var/lib/dpkg/status": "the name of a package whose unpacking failed; what is installed is compared besides",
    "/var/lib/dpkg/triggers": "",
    "/var/log/apt": "",
    "/var/log/dpkg.log": "",
    "/var/cache/ldconfig": "the index of libraries, made again",
}
