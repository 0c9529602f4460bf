"""What CPython makes of scripts, for the tests of src/lang. Records on stdout: a line with the length in bytes, the bytes.

trees              pairs (script, its tree as ama__ast_print_tree writes it)
verdicts SEED N    pairs (damaged script, "ok" or "bad": whether CPython compiles it)
same FILE          FILE holds such records, pairs of expressions; exit status 1 when a pair has different trees
"""
import ast
import random
import sys
import warnings

BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
          ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^"}
UNARY = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "~", ast.Not: "not"}
COMPARE = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in",
           ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not"}


def quote(text):
    out = []
    for c in text:
        if c in '"\\':
            out.append("\\" + c)
        elif c == "\n":
            out.append("\\n")
        elif ord(c) < 32 or ord(c) == 127:
            out.append("\\x%02x" % ord(c))
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


def form(head, *parts):
    return "(" + " ".join([head, *parts]) + ")"


def constant(value):
    return quote(value) if isinstance(value, str) else "..." if value is Ellipsis else repr(value)


def fstring(node):
    if all(isinstance(v, ast.Constant) for v in node.values):
        return quote("".join(v.value for v in node.values)) if node.values else '""'
    return form("fstring", *map(tree, node.values))


def field(node):
    conversion = "_" if node.conversion == -1 else chr(node.conversion)
    spec = "_" if node.format_spec is None or not node.format_spec.values else fstring(node.format_spec)
    return form("field", tree(node.value), conversion, spec)


def call(node):
    parts = [tree(node.func), *map(tree, node.args)]
    for k in node.keywords:
        if k.arg is not None:
            parts.append(form(k.arg + "=", tree(k.value)))
        else:
            parts += [form(key.value + "=", tree(value)) for key, value in zip(k.value.keys, k.value.values)]
    return form("call", *parts)


def parameters(a):
    names = a.posonlyargs + a.args
    defaults = [None] * (len(names) - len(a.defaults)) + a.defaults
    parts = []
    for i, (name, default) in enumerate(zip(names, defaults)):
        parts.append(form(name.arg, *([tree(default)] if default else [])))
        if i + 1 == len(a.posonlyargs):
            parts.append("/")
    if a.kwonlyargs:
        parts.append("*")
    for name, default in zip(a.kwonlyargs, a.kw_defaults):
        parts.append(form(name.arg, *([tree(default)] if default else [])))
    return form("params", *parts)


def branches(node):
    parts = [form("case", tree(node.test), *map(tree, node.body))]
    rest = node.orelse
    if len(rest) == 1 and isinstance(rest[0], ast.If) and rest[0].col_offset == node.col_offset:
        return parts + branches(rest[0])
    return parts + ([form("else", *map(tree, rest))] if rest else [])


def alias(node, a):
    module, name = (node.module, a.name) if isinstance(node, ast.ImportFrom) else (a.name, "_")
    return form(module, name, a.asname or "_")


def targets(node):
    if len(node.targets) == 1 and isinstance(node.targets[0], ast.Tuple):
        return map(tree, node.targets[0].elts)
    return map(tree, node.targets)


def unary(n):
    if isinstance(n.op, ast.USub) and isinstance(n.operand, ast.Constant) and n.operand.value == 2**63:
        return str(-2**63)
    return form(UNARY[type(n.op)], tree(n.operand))


FORMS = {
    ast.Module: lambda n: form("module", *map(tree, n.body)),
    ast.Expr: lambda n: form("expr", tree(n.value)),
    ast.Constant: lambda n: constant(n.value),
    ast.JoinedStr: fstring,
    ast.FormattedValue: field,
    ast.Name: lambda n: n.id,
    ast.Attribute: lambda n: form(".", tree(n.value), n.attr),
    ast.Subscript: lambda n: form("[]", tree(n.value), tree(n.slice)),
    ast.Slice: lambda n: form("slice", tree(n.lower), tree(n.upper), tree(n.step)),
    ast.Call: call,
    ast.Tuple: lambda n: form("tuple", *map(tree, n.elts)),
    ast.List: lambda n: form("list", *map(tree, n.elts)),
    ast.Dict: lambda n: form("dict", *(tree(x) for pair in zip(n.keys, n.values) for x in pair)),
    ast.UnaryOp: unary,
    ast.BinOp: lambda n: form(BINARY[type(n.op)], tree(n.left), tree(n.right)),
    ast.Compare: lambda n: form(COMPARE[type(n.ops[0])], tree(n.left), tree(n.comparators[0])),
    ast.BoolOp: lambda n: form("and" if isinstance(n.op, ast.And) else "or", *map(tree, n.values)),
    ast.IfExp: lambda n: form("?", tree(n.test), tree(n.body), tree(n.orelse)),
    ast.Assign: lambda n: form("assign", *map(tree, n.targets), tree(n.value)),
    ast.AugAssign: lambda n: form(BINARY[type(n.op)] + "=", tree(n.target), tree(n.value)),
    ast.Import: lambda n: form("import", *(alias(n, a) for a in n.names)),
    ast.ImportFrom: lambda n: form("import", *(alias(n, a) for a in n.names)),
    ast.For: lambda n: form("for", tree(n.target), tree(n.iter), *map(tree, n.body)),
    ast.If: lambda n: form("if", *branches(n)),
    ast.FunctionDef: lambda n: form("def " + n.name, parameters(n.args), *map(tree, n.body)),
    ast.Return: lambda n: form("return", tree(n.value)),
    ast.With: lambda n: form("with", *(form("item", tree(i.context_expr), tree(i.optional_vars)) for i in n.items),
                             *map(tree, n.body)),
    ast.Pass: lambda n: "(pass)",
    ast.Delete: lambda n: form("del", *targets(n)),
}


def tree(node):
    return "_" if node is None else FORMS[type(node)](node)


EXPRESSIONS = r'''
a
_x9
None
True
False
...
0
00
0_0
7
1_000
0xff
0XDead_Beef
0b1010
0o17
0x_f
9223372036854775807
-9223372036854775808
- 9223372036854775808 + 1
1.0
1.
.5
1e5
1E-5
1e+20
1_0.0_1e1_0
00.5
01.5
1e400
5e-324
0.1
123456789.123456789
1if a else 2
0xfor b
"text"
'text'
"it's"
'say "x"'
""
''
""""""
"""a "quoted" word"""
"a" 'b' """c"""
r"\d+\n"
R'\''
u"text"
"\n\t\r\a\b\f\v\\\'\""
"\x41\x7f\u00b0\u20ac\U0001F600"
"\101\60\7x"
"\q\("
"°C é 漢"
"line\
joined"
f"plain"
f""
f"{a}"
f"x{a}y{b}z"
f"{a!r}{b!s}{c!a}"
f"{a:>10}{b:.2f}"
f"{a!r:>{width}}"
f"{a:{b}.{c}f}"
f"{a=}"
f"{a = }"
f"{a=!s}"
f"{a=:.1f}"
f"{{}}{{{a}}}"
f"{a['x']}"
f'{a["x"]:%Y-%m-%d}'
f"{a, b}"
f"{ {1: 2}[1] }"
f"{a if b else c}"
f"{(a:=5)}" if 0 else 1
f"{a!=b}"
f"{a==b}"
f"{a<=b}"
f"{a:=^5}"
f"{f'{a}'}"
f"{a}" "{b}" f"{c}"
"x" f"{a}"
rf"\d{a}\n"
fr'{a}\{b}'
f"\{a}"
f"""{
a
}"""
f"{a:}"
f"{'}'}"
f"{a[1:2]}"
f"{-a}°"
f"{a:{b!r}}"
()
(a)
(a,)
(a, b)
(a, b,)
((a, b), c)
a,
a, b
[]
[a]
[a, b,]
[[1, 2], [3]]
{}
{"a": 1}
{"a": 1, "b": [2], }
{1: a, (1, 2): b}
a.b
a.b.c
a . b
(1).real
1.0.real
1..real
"x".join
a()
a(b)
a(b, c)
a(b, c,)
a(b=1)
a(b, c=1, d=None)
a(**{"b": 1})
a(b=1, **{"c": 2, "d": 3})
a(**{})
a(**{"if": 1})
a(b)(c)
a.b(c).d(e=1).f
a(
  b,  # comment
  c=1,
)
a[b]
a[0]
a[-1]
a["x"]
a[b, c]
a[b,]
a[()]
a[:]
a[1:]
a[:2]
a[1:2]
a[::]
a[1:2:3]
a[::-1]
a[:, 0]
a[..., 0]
a[1:2, ::3, b]
a[b:c, d]
a[(1, 2)]
a[b][c]
a[b].c(d)[e]
a[b if c else d:]
-a
+a
~a
--a
-+~a
not a
not not a
-a.b
-a[0]
-a(b)
a + b
a - b - c
a + b * c
(a + b) * c
a * b + c
a / b / c
a // b % c
a * (b / c)
a - (b - c)
a ** b
a ** b ** c
(a ** b) ** c
-a ** b
(-a) ** b
a ** -b
a ** -b ** c
a ** ~b
2 ** -1
-2 ** 2
a.b ** c
a[0] ** 2
a & b
a | b ^ c & d
(a | b) & c
a ^ b | c
a & b == c
(a > 0) & (b < 1)
a + b & c - d
~a & b
-a + b
a == b
a != b
a < b
a <= b
a > b
a >= b
a in b
a not in b
a is b
a is not b
a is None
a < b + c
(a < b) < c
a < (b < c)
(a < b) == (c < d)
a | b < c
not a == b
not a in b
a and b
a or b
a and b and c
a or b or c
a and b or c
a or b and c
(a or b) and c
not a and b
not (a and b)
a and not b
a < b and b < c
a if b else c
a if b else c if d else e
(a if b else c) if d else e
a if (b if c else d) else e
a if b or c else d and e
a + (b if c else d)
(a if b else c) + d
not (a if b else c)
(a if b else c).d
[a if b else c, d]
a(b if c else d, e=f if g else h)
{a if b else c: d if e else f}
(a, b)[0]
[a, b][0]
{"a": 1}["a"]
"abc"[0]
(a + b).c
(-a).b
(a and b)(c)
a.mean("time", skipna=True)
ds.t2m.sel(time=slice("1991", "2020")).groupby("time.month").mean("time")
ds["t2m"].isel(time=slice(None, None, 2), lat=[0, 1])
xr.where(a > 273.15, a - 273.15, np.nan)
a.where((a > 0) & ~b.isnull(), drop=True)
a.resample(time="QS-DEC").mean()
a.weighted(np.cos(np.deg2rad(a.lat))).mean(("lat", "lon"))
ds.assign_coords(lon=(((ds.lon + 180) % 360) - 180)).sortby("lon")
a.loc[{"time": "2000-01"}]
a.coarsen(lat=2, lon=2, boundary="trim").mean()
a\
+ b
'''

SCRIPTS = [
    "",
    "\n\n# nothing\n",
    "\ufeffx = 1\n",
    "x = 1",
    "x = 1\r\ny = 2\r\n",
    "x = 1\ry = 2\r",
    "x = 1; y = 2;\n",
    "x = y = z = 1\n",
    "a, b = 1, 2\n",
    "(a, b), [c, d] = x\n",
    "a, = x\n",
    "[a, b] = x\n",
    "ds['a'] = ds.b + 1\n",
    "ds.attrs['title'] = 'x'\n",
    "ds.a.attrs = {}\n",
    "a[1:2, 0] = 5\n",
    "a += 1\nb -= 1\nc *= 2\nd /= 2\ne //= 2\nf %= 2\ng **= 2\nh &= 1\ni |= 1\nj ^= 1\na.b += c, d\na[0] += 1\n",
    "import xarray\nimport xarray as xr\nimport a.b.c\nimport a.b as c, d\n",
    "from xarray import open_dataset\nfrom xarray import open_dataset as o, concat\nfrom a.b import (c, d as e,)\n",
    "pass\ndel a\ndel a, b.c, d[0]\ndel (a, b)\ndel (a)\n",
    "for i in range(3):\n    print(i)\nprint(1)\n",
    "for i in 1, 2, 3: print(i); x = i\n",
    "for i, (j, k) in x:\n  pass\nfor (a, b) in c: pass\nfor a, in b: pass\nfor (a) in b: pass\n",
    "for a in b:\n    for c in d:\n\n        # comment\n        e\n  # odd\n    f\ng\n",
    "if a:\n    b\n",
    "if a: b\nelse: c\n",
    "if a:\n  b\nelif c:\n  d\nelif e:\n  f\nelse:\n  g\n",
    "if a:\n  b\nelse:\n  if c:\n    d\n  else:\n    e\n",
    "if a:\n\tb\n\tif c:\n\t\td\n",
    "if a:\n        b\n\tif c:\n\t  d\n" if False else "if a:\n \tb\n \tc\n",
    "def f(): return 1\n",
    "def f(a, b=1):\n    'doc'\n    c = a + b\n    return c\nf(1)\n",
    "def f(a, /, b=1, *, c, d=2,):\n    if a:\n        return\n    return a, b\n",
    "def f(*, a): pass\ndef g(a, /): pass\ndef h(\n  a,  # one\n  b\n): pass\n",
    "with a as b:\n    c\n",
    "with a, b as c: d\nwith (a) as b: c\nwith (a)(b): c\nwith a(b): c\n",
    "if a: pass\n\n\n# end",
    "x = (1 +\n   2)\ny = [\n1,\n2]\n",
    "x = '''a\nb\r\nc'''\n",
    "x = 1 + \\\n  2\nif a and \\\n   b:\n    c\n",
    "if a:\n    b\n    \n\t\n    c\n",
    "\f\nx = 1\n\fy = 2\n",
    "a if b else c\n(a)\n(a, b)\n-a\n'doc'\n...\nNone\n",
    "match = 1\nmatch(x)\nmatch[0]\ntype(x)\n_ = 1\nprint(match, type)\n",
]

SAMPLES = ['''import xarray as xr
import numpy as np
from xarray import open_dataset as od
ds = xr.open_mfdataset("era5/t2m_*.nc", combine='by_coords')  # all years
clim = ds.t2m.sel(time=slice("1991", "2020")).groupby("time.month").mean("time")
anom = ds["t2m"].groupby("time.month") - clim
for name in ["a", 'b']:
    if name == "a" and not ds:
        print(f"{name!r:>10} {ds[name].mean():.3f}")
    elif name in {"a": 1}:
        x, y = 1, 2.5e3
    else:
        pass
anom.attrs["units"] = "K"
''', '''def area_mean(da, dims=("lat", "lon"), *, skip=None):
    """Weighted
    mean."""
    w = np.cos(np.deg2rad(da.lat))
    return da.weighted(w).mean(dims, skipna=skip)

with od("x.nc") as ds:
\tz = area_mean(ds.t) if ds else None
\tz **= -2 ** 3; del ds
out = ((z > 0) & ~(z < 1) | (z == 3))[..., ::2, 1:-1, None]
out.to_netcdf(f"out_{1:02d}.nc", **{"mode": "w"})
''']

VOCABULARY = (["a", "x", "1", "2.5", "0x1f", "1_0", "'s'", '"t"', "f'{a}'", "f'{a!r:>{b}}'", "r'\\'", "'''", '"', "'", "\\",
               "\n", "\n    ", "\n\t", " ", "#", "{", "}", "{{", "é", "°", "\t", "\r", "\f", "$", "?", "!", "`", "0", "1e", "07"] +
              "None True False and as assert async await break class continue def del elif else except finally for from "
              "global if import in is lambda nonlocal not or pass raise return try while with yield match print "
              "**= //= <<= >>= ... ** // << >> <= >= == != -> += -= *= /= %= &= |= ^= @= := ( ) [ ] , : ; . = + - * / % & "
              "| ^ ~ @ < > <>".split())


def damage(rng, text):
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.randrange(len(text) + 1)
        n = rng.choice([0, 0, 1, 1, 2, 5, 12])
        kind = rng.random()
        middle = ""
        if kind < 0.6:
            middle = rng.choice(["", " "]) + rng.choice(VOCABULARY) + rng.choice(["", " "])
        elif kind < 0.8:
            other = rng.randrange(len(text))
            middle = text[other:other + rng.choice([1, 3, 10, 30])]
        text = text[:at] + middle + text[at + n:]
    return text


def compiles(text):
    try:
        compile(text.encode(), "script", "exec")
        return True
    except (SyntaxError, ValueError):
        return False


def generate(rng, depth):
    """A random expression as text, with parentheses now and then."""
    if depth == 0:
        return rng.choice(["a", "b.c", "1", "2.5", "'s'", "None", "f(x)", "d[0]", "[]", "()"])
    g = lambda: generate(rng, depth - rng.choice([1, 1, 2]) if depth > 1 else 0)
    kind = rng.randrange(14)
    if kind < 5:
        text = g() + " " + rng.choice("+ - * / // % ** & | ^".split()) + " " + g()
    elif kind == 5:
        text = "(%s) %s (%s)" % (g(), rng.choice("== < >= in is".split()) + " ", g())
    elif kind == 6:
        text = g() + rng.choice([" and ", " or "]) + g()
    elif kind == 7:
        text = rng.choice(["-", "+", "~", "not "]) + g()
    elif kind == 8:
        text = "%s if %s else %s" % (g(), g(), g())
    elif kind == 9:
        text = "(%s).m(%s, k=%s)" % (g(), g(), g())
    elif kind == 10:
        text = "(%s)[%s:%s, %s]" % (g(), g(), g(), g())
    elif kind == 11:
        text = rng.choice(["[%s, %s]", "(%s, %s)", "{%s: %s}"]) % (g(), g())
    else:
        return "(" + g() + ")"
    return "(" + text + ")" if rng.random() < 0.3 else text


def chained(node):
    return any(isinstance(n, ast.Compare) and len(n.ops) > 1 for n in ast.walk(node))


def has_walrus(node):
    return any(isinstance(n, ast.NamedExpr) for n in ast.walk(node))


def emit(*records):
    for r in records:
        data = r.encode()
        sys.stdout.buffer.write(b"%d\n" % len(data) + data)


def split_expressions(text):
    """Expressions are separated by line ends at which they can end."""
    part = ""
    for line in text.strip("\n").split("\n"):
        part += line + "\n"
        if compiles(part) or not part.strip():
            yield part[:-1]
            part = ""
    assert not part, part


def trees():
    rng = random.Random(11)
    texts = list(split_expressions(EXPRESSIONS)) + SCRIPTS + SAMPLES
    while len(texts) < 600:
        text = generate(rng, 4)
        if compiles(text):
            texts.append(text)
    for text in texts:
        node = ast.parse(text.encode())
        if not chained(node) and not has_walrus(node):
            emit(text, tree(node))


def verdicts(seed, n):
    rng = random.Random(seed)
    for _ in range(n):
        text = damage(rng, rng.choice(SAMPLES))
        emit(text, "ok" if compiles(text) else "bad")


def read_records(path):
    with open(path, "rb") as f:
        while line := f.readline():
            yield f.read(int(line)).decode()


def same(path):
    records = list(read_records(path))
    bad = [(x, y) for x, y in zip(records[::2], records[1::2]) if tree(ast.parse(x)) != tree(ast.parse(y))]
    for x, y in bad:
        print("different trees:\n  %s\n  %s" % (x, y), file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1] == "trees":
        trees()
    elif sys.argv[1] == "verdicts":
        verdicts(int(sys.argv[2]), int(sys.argv[3]))
    else:
        sys.exit(same(sys.argv[2]))
