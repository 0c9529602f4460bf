"""Reading C sources for the lint programs: files, code without comments and strings, function extents."""
import os
import re

HOUSE = ("src", "include", "apps", "tests")
SUFFIXES = (".c", ".h", ".inc", ".def")


def root():
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def sources(top, folders=HOUSE, suffixes=SUFFIXES):
    """Paths below the folders, relative to top, sorted."""
    found = []
    for folder in folders:
        for base, dirs, names in os.walk(os.path.join(top, folder)):
            dirs[:] = [d for d in dirs if not d.startswith((".", "build"))]
            found += [os.path.relpath(os.path.join(base, n), top) for n in names if n.endswith(suffixes)]
    return sorted(found)


TOKEN = re.compile(r'//(?:\\\n|[^\n])*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code(text):
    """The text with comments and the inside of strings and character constants blanked; lines stay in place."""
    def blank(match):
        piece = match.group(0)
        if piece[0] in "\"'":
            return piece[0] + " " * (len(piece) - 2) + piece[0]
        return re.sub(r"[^\n]", " ", piece)
    return TOKEN.sub(blank, text)


def without_directives(text):
    """Blank preprocessor lines. Of an #if/#else pair only the first branch stays, so that braces balance."""
    out, skip, continued = [], [], False
    for line in text.split("\n"):
        directive = re.match(r"\s*#\s*(\w+)", line)
        if continued or directive:
            if directive and not continued:
                word = directive.group(1)
                if word in ("if", "ifdef", "ifndef"):
                    skip.append(False)
                elif word in ("else", "elif") and skip:
                    skip[-1] = True
                elif word == "endif" and skip:
                    skip.pop()
            continued = line.rstrip().endswith("\\")
            out.append("")
        else:
            out.append("" if any(skip) else line)
    return "\n".join(out)


def count_parameters(inside):
    if inside.strip() in ("", "void"):
        return 0
    depth, n = 0, 1
    for char in inside:
        depth += char in "([{"
        depth -= char in ")]}"
        n += char == "," and depth == 0
    return n


def functions(text):
    """[(name, first line, lines, parameters, deepest nesting)] of the function definitions in C text."""
    body = without_directives(code(text))
    found, depth, parens = [], 0, 0
    chunk_start = 0          # where the current top-level declaration began
    current, deepest = None, 0
    for i, char in enumerate(body):
        if char == "{":
            if depth == 0:
                head = body[chunk_start:i]
                current = definition(head, chunk_start, body)
                deepest = 0
                if current is None and re.search(r'extern\s*"[^"]*"\s*$', head):
                    chunk_start = i + 1
                    continue
            depth += 1
            deepest = max(deepest, depth - 1)
        elif char == "}":
            depth = max(depth - 1, 0)
            if depth == 0:
                if current:
                    name, line, params = current
                    found.append((name, line, body.count("\n", 0, i) + 1 - line + 1, params, deepest))
                    current = None
                    chunk_start = i + 1
        elif char in "()":
            parens += 1 if char == "(" else -1
        elif char == ";" and depth == 0 and parens == 0:
            chunk_start = i + 1
    return found


def definition(head, start, body):
    """(name, line, parameters) when the text before a brace is a function's head."""
    stripped = head.rstrip()
    if not stripped.endswith(")"):
        return None
    depth, close = 0, len(stripped) - 1
    for i in range(close, -1, -1):
        depth += stripped[i] == ")"
        depth -= stripped[i] == "("
        if depth == 0:
            break
    else:
        return None
    name = re.search(r"([A-Za-z_]\w*)\s*$", stripped[:i])
    if not name or "=" in stripped[:i]:
        return None
    line = body.count("\n", 0, start + len(head) - len(head.lstrip())) + 1
    return name.group(1), line, count_parameters(stripped[i + 1:close])
