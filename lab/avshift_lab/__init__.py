"""The lab: a fleet of systemd containers with stand-in packages that behave like the vendor's."""
