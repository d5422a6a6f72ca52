"""Windows-like hosts: prefixes of Wine in the root of the list `windows`. For the lab and its tests alone."""
