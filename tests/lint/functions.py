#!/usr/bin/env python3
"""Function and file size: no function over 120 lines or 8 parameters, no file over 1500 lines; prints the tail."""
import os
import sys

import csource

MAX_LINES, MAX_PARAMETERS, MAX_FILE = 120, 8, 1500


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else csource.root()
    every, breaches = [], []
    for path in csource.sources(top, suffixes=(".c", ".h", ".inc")):
        with open(os.path.join(top, path), encoding="utf-8") as f:
            text = f.read()
        n_lines = text.count("\n")
        if n_lines > MAX_FILE:
            breaches.append("%s:1: %d lines, at most %d" % (path, n_lines, MAX_FILE))
        for name, line, lines, parameters, nesting in csource.functions(text):
            every.append((lines, nesting, name, path, line))
            if lines > MAX_LINES:
                breaches.append("%s:%d: %s has %d lines, at most %d" % (path, line, name, lines, MAX_LINES))
            if parameters > MAX_PARAMETERS:
                breaches.append("%s:%d: %s has %d parameters, at most %d" % (path, line, name, parameters, MAX_PARAMETERS))
    print("\n".join(breaches))
    if every:
        sizes = sorted(e[0] for e in every)
        at = lambda q: sizes[min(int(q * len(sizes)), len(sizes) - 1)]
        print("functions: %d, lines p50 %d, p90 %d, p99 %d, most %d; deepest nesting %d" %
              (len(sizes), at(0.5), at(0.9), at(0.99), sizes[-1], max(e[1] for e in every)))
        print("longest: " + ", ".join("%s %d (%s:%d)" % (e[2], e[0], e[3], e[4]) for e in sorted(every, reverse=True)[:5]))
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
