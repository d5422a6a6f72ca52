# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Make file names UTF-8, whatever the locale says, because the files that name them are UTF-8.

Python 3.6 takes the POSIX locale literally, and could not even open a home with a non-English letter in its name.
Newer versions use UTF-8 there by default.
"""

import os
import sys

BYTES_OF_ASCII = ("ascii", "us-ascii", "ANSI_X3.4-1968")


def use_utf8():
    """Make UTF-8 the encoding of file names in this process, if it is ASCII."""
    if sys.version_info >= (3, 7) or sys.getfilesystemencoding() not in BYTES_OF_ASCII:
        return
    # Slow to import, and only such an old Python needs it.
    import ctypes

    name = b"utf-8"
    # It has to outlive the interpreter.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(name))
    ctypes.c_char_p.in_dll(ctypes.pythonapi, "Py_FileSystemDefaultEncoding").value = name
    ctypes.c_int.in_dll(ctypes.pythonapi, "Py_HasFileSystemDefaultEncoding").value = 1
    os.fsencode, os.fsdecode = _encoded, _decoded


def _encoded(name):
    name = os.fspath(name)
    return name.encode("utf-8", "surrogateescape") if isinstance(name, str) else name


def _decoded(name):
    name = os.fspath(name)
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
