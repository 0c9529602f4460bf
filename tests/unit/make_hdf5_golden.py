#!/usr/bin/env python3
"""Writes hdf5_golden.inc: what netCDF4-python shows of each group of the shared real HDF5 files, as a hash of a text
that t512_hdf5_real.c makes too. Usage: make_hdf5_golden.py DATA_DIR > hdf5_golden.inc; with a file and a group behind
it prints that text. Files and groups that netCDF-C cannot show are left out, and those of DIFFER."""
import os
import sys

import netCDF4
import numpy as np

DIFFER = {
    ("hdf5/MLS-Aura_L2GP-IWC_v02-21-c02_2007d210.he5", "/HDFEOS INFORMATION"),  # text with bytes of no meaning behind it
    ("hdf5/jhdf/test_enum_datasets_earliest.hdf5", "/"),  # enums without a named type, which netCDF-C hides
}


def number(x):
    return "%.9g" % float(x)


def attr_text(value):
    if isinstance(value, str):
        return "char %s" % value.split("\0")[0]
    if isinstance(value, list):
        return "object %s" % "|".join(value)
    a = np.atleast_1d(np.asarray(value))
    return "%s %s" % (a.dtype.newbyteorder("=").name, " ".join(number(x) for x in a[:20]))


def attrs(owner):
    return ["  @%s %s\n" % (n, attr_text(owner.getncattr(n))) for n in sorted(owner.ncattrs())]


def in_scope(group):
    dims = {}
    while group is not None:
        for name, dim in group.dimensions.items():
            dims.setdefault(name, dim)
        group = group.parent
    return dims


def text(group):
    plain = [v for v in group.variables.values() if v.dtype is str or v.dtype.kind in "iufS"]
    used = {d for v in plain for d in v.dimensions}
    scope = in_scope(group)
    shown = used | {d for d in group.dimensions if not d.startswith("phony_dim_")}
    out = ["dim %s %d%s\n" % (d, len(scope[d]), " unlimited" if scope[d].isunlimited() else "") for d in sorted(shown)]
    for v in plain:
        dtype = "object" if v.dtype is str else v.dtype.newbyteorder("=").name if v.dtype.kind != "S" else "char"
        out.append("var %s %s (%s)\n" % (v.name, dtype, ", ".join(v.dimensions)))
        out += attrs(v)
    return "".join(out + attrs(group)).encode("utf-8", "surrogateescape")


def fnv(data):
    h = 1469598103934665603
    for b in data:
        h = (h ^ b) * 1099511628211 % 2**64
    return h


def groups(group):
    yield group
    for child in group.groups.values():
        yield from groups(child)


def is_hdf5(path):
    with open(path, "rb") as f:
        head = f.read(1 << 16)
    return any(head[at:at + 8] == b"\x89HDF\r\n\x1a\n" for at in [0] + [512 << i for i in range(7)])


def main():
    top = sys.argv[1]
    if len(sys.argv) > 3:
        with netCDF4.Dataset(os.path.join(top, sys.argv[2])) as d:
            sys.stdout.buffer.write(text(d[sys.argv[3]] if sys.argv[3] != "/" else d))
        return
    print("/* Made by make_hdf5_golden.py with netCDF-C %s. */\n/* clang-format off */" % netCDF4.__netcdf4libversion__)
    for base, dirs, names in os.walk(top):
        dirs.sort()
        for name in sorted(names):
            path = os.path.join(base, name)
            if not is_hdf5(path):
                continue
            try:
                with netCDF4.Dataset(path) as d:
                    d.set_auto_maskandscale(False)
                    for g in groups(d):
                        if (os.path.relpath(path, top), g.path) in DIFFER:
                            continue
                        t = text(g)
                        print('{"%s", "%s", %d, UINT64_C(0x%016x)},' % (os.path.relpath(path, top), g.path, len(t), fnv(t)))
            except Exception as e:
                print("%s: %s" % (path, e), file=sys.stderr)


main()
