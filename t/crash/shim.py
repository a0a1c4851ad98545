# SPDX-License-Identifier: ISC
"""Builds shim.c. Used by run and powercut."""
import ctypes
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def build(folder):
    """crash/shim.so below FOLDER, loaded, which also counts checksums for spoolcheck."""
    os.makedirs(os.path.join(folder, "crash"), exist_ok=True)
    out = os.path.join(folder, "crash/shim.so")
    subprocess.run([os.environ.get("CC", "cc"), "-std=c17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra",
                    "-fPIC", "-shared", "-o", out + ".%d" % os.getpid(), os.path.join(HERE, "shim.c")], check=True)
    os.rename(out + ".%d" % os.getpid(), out)
    sums = ctypes.CDLL(out)
    sums.shim_crc32c.argtypes = [ctypes.c_uint32, ctypes.c_char_p, ctypes.c_size_t]
    sums.shim_crc32c.restype = ctypes.c_uint32
    if sums.shim_crc32c(0, b"123456789", 9) != 0xE3069283:
        sys.exit("wrong checksums")
    return sums
