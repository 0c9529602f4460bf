#!/usr/bin/env python3
"""Formatting: clang-format 14 finds nothing to change. Exit 77 (skipped, said loudly) when it is not installed."""
import shutil
import subprocess
import sys

import csource


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else csource.root()
    tool = shutil.which("clang-format-14")
    if not tool:
        print("SKIPPED: clang-format-14 is not installed: formatting was NOT checked")
        return 77
    files = csource.sources(top, suffixes=(".c", ".h", ".inc"))
    if not files:
        return 0
    run = subprocess.run([tool, "--dry-run", "-Werror"] + files, cwd=top)
    print("format: %d files" % len(files))
    return 1 if run.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
