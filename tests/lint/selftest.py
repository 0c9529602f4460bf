#!/usr/bin/env python3
"""The lint programs themselves: each finds a planted breach and stays silent on clean code."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CLEAN = {
    "src/base/b.h": "int b(void);\n",
    "src/array/a.h": '#include "base/b.h"\n',
    "src/array/a.c": '#include "array/a.h"\n/* malloc( in a comment */\nint f(int x)\n{\n    const char *s = "free(";\n'
                     "    x += o->free(s[0]);\n    return x;\n}\n",
}
EIGHT, NINE = ", ".join("int a%d" % i for i in range(8)), ", ".join("int a%d" % i for i in range(9))
CASES = [  # program, file, text, expected in the output (None: clean)
    ("layers.py", None, "", None),
    ("layers.py", "src/array/up.c", '#include "store/meta.h"\n', "may not include"),
    ("layers.py", "src/array/a.c", '#include "base/b.h"\n#include "array/a.h"\n', "comes first"),
    ("layers.py", "src/comm/a.h", "\n", "name is taken"),
    ("layers.py", "src/array/m.c", "#include <mpi.h>\n", "mpi.h"),
    ("layers.py", "src/comm/m.c", "#include <mpi.h>\n", None),
    ("layers.py", "src/array/m.c", "void f(void) { free(0); }\n", "free belongs"),
    ("layers.py", "src/array/m.c", "void f(void) { free(0); /* lint-allow: free (a callback of libx) */ }\n", None),
    ("layers.py", "src/array/m.c", "void f(void) { fprintf(stderr, 0); }\n", "stderr belongs"),
    ("layers.py", "src/attic/m.c", "\n", "no such layer"),
    ("functions.py", "src/array/m.c", "int f(void)\n{\n" + "    g();\n" * 117 + "}\n", None),
    ("functions.py", "src/array/m.c", "int f(void)\n{\n" + "    g();\n" * 118 + "}\n", "f has 121 lines"),
    ("functions.py", "src/array/m.c", "int f(%s)\n{\n    return 0;\n}\n" % EIGHT, None),
    ("functions.py", "src/array/m.c", "static int *f(%s)\n{\n    return 0;\n}\n" % NINE, "f has 9 parameters"),
    ("functions.py", "src/array/m.c", "int x[] = {\n" + "    1,\n" * 400 + "};\n", None),
    ("functions.py", "src/array/m.c", "\n" * 1501, "1501 lines"),
]


def main():
    bad = 0
    for program, path, text, expected in CASES:
        with tempfile.TemporaryDirectory() as top:
            for name, content in list(CLEAN.items()) + ([(path, text)] if path else []):
                os.makedirs(os.path.dirname(os.path.join(top, name)), exist_ok=True)
                with open(os.path.join(top, name), "w") as f:
                    f.write(content)
            run = subprocess.run([sys.executable, os.path.join(HERE, program), top], capture_output=True, text=True)
            good = run.returncode == 0 if expected is None else run.returncode == 1 and expected in run.stdout
            if not good:
                bad += 1
                print("FAIL", program, path, "expected", expected, "got", run.returncode, run.stdout, run.stderr)
    print("lint selftest: %d cases, %d failed" % (len(CASES), bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
