#!/usr/bin/env python3
"""The layer table of the house: who includes whom, and which calls live where. Exit 1 with one line per breach.

A breach with a good reason is marked in a comment on its line or the line before: lint-allow: free (the reason).
"""
import collections
import os
import re
import sys

import csource

LAYERS = {
    "base": "",
    "comm": "base",
    "array": "base",
    "codec": "base array",
    "store": "base comm array codec",
    "cf": "base array",
    "kernel": "base array",
    "graph": "base array cf store",
    "plan": "base comm array store kernel graph",
    "exec": "base comm array store kernel plan",
    "lang": "base array cf graph",
    "api": "base comm array codec store cf kernel graph plan exec lang",
}
MPI_FOLDERS = ("src/comm/", "include/", "apps/", "tests/")
RAW_FOLDERS = ("src/base/", "apps/", "tests/")
RAW = ("malloc calloc realloc reallocarray aligned_alloc posix_memalign strdup strndup asprintf vasprintf free "
       "exit _exit abort MPI_Abort sprintf vsprintf printf puts perror").split()
RAW_CALL = re.compile(r"(?<![\w.>])(" + "|".join(RAW) + r")\s*\(")
STREAM = re.compile(r"\b(stdout|stderr)\b")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def layer_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def allowed(lines, n, word):
    near = lines[max(n - 2, 0):n]
    return any(re.search(r"lint-allow:[^*]*\b%s\b[^*]*\(\S.*\)" % re.escape(word), line) for line in near)


def check_includes(path, text, tree, report):
    layer, parts = layer_of(path), path.split("/")
    own = os.path.splitext(path)[0] + ".h"
    may = set(LAYERS.get(layer, "").split()) | {layer, "amasia"}
    seen = []
    for match in INCLUDE.finditer(text):
        line, kind, target = text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2)
        seen.append(target)
        if target == "mpi.h" and not path.startswith(MPI_FOLDERS) and not (layer == "store" and path.endswith(".c")):
            report(path, line, "<mpi.h> belongs to comm/, the parallel drivers of store/, the public header and apps")
        if kind == "<":
            continue
        if layer:
            if "/" not in target or target.split("/")[0] not in may:
                report(path, line, 'layer %s may not include "%s" (it may: %s)' % (layer, target, " ".join(sorted(may))))
        elif parts[0] == "apps" and not target.startswith("amasia/") and "apps/" + target not in tree:
            report(path, line, 'programs include only the public headers, not "%s"' % target)
        elif parts[0] == "include" and not target.startswith("amasia/"):
            report(path, line, 'a public header may not include "%s"' % target)
    if layer and path.endswith(".c") and own in tree and seen[:1] != [own[len("src/"):]]:
        report(path, 1, 'its own header "%s" comes first' % own[len("src/"):])


def check_calls(path, text, report):
    if path.startswith(RAW_FOLDERS) or not path.startswith("src/"):
        return
    lines = text.split("\n")
    for n, line in enumerate(csource.code(text).split("\n"), 1):
        for pattern in (RAW_CALL, STREAM):
            for match in pattern.finditer(line):
                word = match.group(1)
                if not allowed(lines, n, word):
                    report(path, n, "%s belongs to base/ and apps/ only" % word)


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else csource.root()
    tree = set(csource.sources(top))
    breaches = []

    def report(path, line, what):
        breaches.append("%s:%d: %s" % (path, line, what))

    names = collections.defaultdict(list)
    for path in sorted(tree):
        names[os.path.basename(path)].append(path)
        with open(os.path.join(top, path), encoding="utf-8") as f:
            text = f.read()
        if path.startswith("src/") and layer_of(path) not in LAYERS:
            report(path, 1, "no such layer in the table")
        check_includes(path, text, tree, report)
        check_calls(path, text, report)
    for name, paths in names.items():
        if len(paths) > 1:
            report(paths[1], 1, "the file name is taken by " + paths[0])
    print("\n".join(breaches + ["layers: %d files, %d breaches" % (len(tree), len(breaches))]))
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
