/* TEST: labels=unit
 * What is refused, with its class, place and wording; limits; damaged text; no memory. */
#include "lang_test.h"

typedef struct error_case {
    const char *text;
    ama_status status;
    const char *message; /* how the record begins */
} error_case;

static void check(const error_case *cases, size_t n) {
    for (size_t i = 0; i < n; i++) {
        lang_case c;
        size_t n_text = strlen(cases[i].text);
        char *copy = lang_copy(cases[i].text, n_text);
        lang_open(&c, copy, n_text, false);
        const char *text = ama__error_text(c.ctx);
        if (strncmp(text, cases[i].message, strlen(cases[i].message)) != 0) {
            print_error("for: %s\n", cases[i].text);
            assert_string_equal(text, cases[i].message);
        }
        assert_int_equal(c.status, cases[i].status);
        lang_close(&c);
        free(copy);
    }
}
#define CHECK(cases) check(cases, sizeof cases / sizeof *cases)
#define BAD AMA_ERR_FORMAT
#define NOT_YET AMA_ERR_UNSUPPORTED

static void whole_texts(void **state) {
    (void)state;
    static const error_case cases[] = {
        {"import xarray as xr\n\n\nx = 1\ny = 2\nclim = (tas.mean(\"time\")\n", BAD,
         "t.py:6:8: syntax error: this '(' is not closed\n    clim = (tas.mean(\"time\")\n           ^"},
        {"for i in x:\n\twhile True:\n\t\tpass\n", NOT_YET,
         "t.py:2:2: 'while' is not supported; use 'for NAME in range(n):'\n    \twhile True:\n    \t^~~~~"},
        {"s = 'é漢😀' $\n", BAD, "t.py:1:11: syntax error: unexpected character '$'\n    s = 'é漢😀' $\n              ^"},
        {"x = [\n  a for a in b]", NOT_YET,
         "t.py:2:5: comprehensions are not supported; write the items out, or use a 'for NAME in ...:' statement\n"
         "      a for a in b]\n        ^~~"},
        {"x =", BAD, "t.py:1:4: syntax error: expected an expression but found the end of the line\n    x =\n       ^"},
        {"if a = 1:\n  pass", BAD,
         "t.py:1:6: syntax error: expected ':' (to compare, write '==') but found '='\n    if a = 1:\n         ^"},
        {"x = 1\r\ny = ?\r\n", BAD, "t.py:2:5: syntax error: unexpected character '?'\n    y = ?\n        ^"},
        {"\xef\xbb\xbfx = ?", BAD, "t.py:1:5: syntax error: unexpected character '?'\n    x = ?\n        ^"},
        {"x = '\x1b[31m' ?", BAD,
         "t.py:1:13: syntax error: unexpected character '?'\n    x = '?[31m' ?\n                ^"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lang_case c;
        lang_open(&c, cases[i].text, strlen(cases[i].text), false);
        assert_string_equal(ama__error_text(c.ctx), cases[i].message);
        assert_int_equal(c.status, cases[i].status);
        lang_close(&c);
    }
}

static void refused(void **state) {
    (void)state;
    static const error_case cases[] = {
        {"class A: pass", NOT_YET, "t.py:1:1: classes are not supported"},
        {"x = lambda a: a", NOT_YET, "t.py:1:5: 'lambda' is not supported; write 'def"},
        {"f(lambda: 1)", NOT_YET, "t.py:1:3: 'lambda'"},
        {"[a for a in b]", NOT_YET, "t.py:1:4: comprehensions"},
        {"(a for a in b)", NOT_YET, "t.py:1:4: comprehensions"},
        {"f(a for a in b)", NOT_YET, "t.py:1:5: comprehensions"},
        {"{a for a in b}", NOT_YET, "t.py:1:4: comprehensions"},
        {"{a: b for a in b}", NOT_YET, "t.py:1:7: comprehensions"},
        {"[a async for a in b]", NOT_YET, "t.py:1:4: comprehensions"},
        {"try:\n  a\nexcept: b", NOT_YET, "t.py:1:1: 'try' is not supported"},
        {"raise ValueError('x')", NOT_YET, "t.py:1:1: 'raise'"},
        {"assert a", NOT_YET, "t.py:1:1: 'assert'"},
        {"def f():\n  global a", NOT_YET, "t.py:2:3: 'global'"},
        {"def f():\n  nonlocal a", NOT_YET, "t.py:2:3: 'nonlocal'"},
        {"def f():\n  yield 1", NOT_YET, "t.py:2:3: 'yield'"},
        {"def f():\n  x = yield", NOT_YET, "t.py:2:7: 'yield'"},
        {"@d\ndef f(): pass", NOT_YET, "t.py:1:1: decorators"},
        {"if (n := 1): pass", NOT_YET, "t.py:1:7: ':=' is not supported"},
        {"f'{(n:=1)}'", NOT_YET, "t.py:1:6: ':=' is not supported"},
        {"a < b < c", NOT_YET, "t.py:1:7: chained comparisons are not supported; write (a < b) & (b < c)"},
        {"a == b is not c", NOT_YET, "t.py:1:8: chained"},
        {"a << 2", NOT_YET, "t.py:1:3: shifts"},
        {"a >>= 2", NOT_YET, "t.py:1:3: shifts"},
        {"a @ b", NOT_YET, "t.py:1:3: '@' is not supported; write a.dot(b)"},
        {"a @= b", NOT_YET, "t.py:1:3: '@='"},
        {"x = 1j", NOT_YET, "t.py:1:5: complex numbers"},
        {"x = b'a'", NOT_YET, "t.py:1:5: bytes literals"},
        {"x = Rb'a'", NOT_YET, "t.py:1:5: bytes literals"},
        {"{1, 2}", NOT_YET, "t.py:1:2: sets are not supported"},
        {"{**a}", NOT_YET, "t.py:1:2: '**' in a dict"},
        {"[*a]", NOT_YET, "t.py:1:2: '*' before an item"},
        {"a, *b = c", NOT_YET, "t.py:1:4: '*' before an item"},
        {"*a, = c", NOT_YET, "t.py:1:1: '*' before an item"},
        {"f(*a)", NOT_YET, "t.py:1:3: '*' before an argument"},
        {"f(**a)", NOT_YET, "t.py:1:3: '**' before an argument is supported only with a dict written out"},
        {"f(**{a: 1})", NOT_YET, "t.py:1:6: the keys of a dict after '**'"},
        {"x: int = 1", NOT_YET, "t.py:1:2: annotations"},
        {"def f(a: int): pass", NOT_YET, "t.py:1:8: annotations"},
        {"def f() -> int: pass", NOT_YET, "t.py:1:9: annotations"},
        {"def f(*a): pass", NOT_YET, "t.py:1:8: '*' before a parameter"},
        {"def f(**a): pass", NOT_YET, "t.py:1:7: '**' before a parameter"},
        {"def f():\n  def g(): pass", NOT_YET, "t.py:2:3: functions inside functions"},
        {"for a in b: pass\nelse: pass", NOT_YET, "t.py:2:1: 'else' after 'for'"},
        {"for a in b: break", NOT_YET, "t.py:1:13: 'break'"},
        {"for a in b: continue", NOT_YET, "t.py:1:13: 'continue'"},
        {"for a.b in c: pass", NOT_YET, "t.py:1:6: 'for' binds names only"},
        {"for a[0] in c: pass", NOT_YET, "t.py:1:6: 'for' binds names only"},
        {"with a as (b, c): pass", NOT_YET, "t.py:1:11: 'with' binds a name only"},
        {"with a as b.c: pass", NOT_YET, "t.py:1:12: 'with' binds a name only"},
        {"with (a as b): pass", NOT_YET, "t.py:1:9: parentheses around the items of 'with'"},
        {"with (a, b): pass", NOT_YET, "t.py:1:6: parentheses around the items of 'with'"},
        {"async def f(): pass", NOT_YET, "t.py:1:1: 'async'"},
        {"await f()", NOT_YET, "t.py:1:1: 'await'"},
        {"match a:\n  case 1: pass", NOT_YET, "t.py:1:7: 'match' is not supported"},
        {"type X = int", NOT_YET, "t.py:1:6: type aliases"},
        {"from . import a", NOT_YET, "t.py:1:6: relative imports"},
        {"from ...a import b", NOT_YET, "t.py:1:6: relative imports"},
        {"from a import *", NOT_YET, "t.py:1:15: 'import *'"},
        {"x = 9223372036854775808", NOT_YET, "t.py:1:5: integers beyond 64 bits"},
        {"x = -9223372036854775808 ** 2", NOT_YET, "t.py:1:6: integers beyond 64 bits"},
        {"x = -9223372036854775809", NOT_YET, "t.py:1:6: integers beyond 64 bits"},
        {"if 0x8000000000000000:\n  a", NOT_YET, "t.py:1:4: integers beyond 64 bits"},
        {"x = '\\N{DEGREE SIGN}'", NOT_YET, "t.py:1:6: named characters"},
        {"x = f'\\N{DEGREE SIGN}'", NOT_YET, "t.py:1:7: named characters"},
        {"x = 'a\\0'", NOT_YET, "t.py:1:7: NUL characters"},
        {"x = '\\ud800'", NOT_YET, "t.py:1:6: surrogates"},
        {"température = 1", NOT_YET, "t.py:1:5: character 'é'"},
    };
    CHECK(cases);
}

static void syntax_errors(void **state) {
    (void)state;
    static const error_case cases[] = {
        {"a b", BAD, "t.py:1:3: syntax error: expected an operator or the end of the line but found 'b'"},
        {"print 'x'", BAD, "t.py:1:7: syntax error: expected an operator or the end of the line but found a string"},
        {"f(a b)", BAD, "t.py:1:5: syntax error: expected ')' or ',' but found 'b'"},
        {"[a b]", BAD, "t.py:1:4: syntax error: expected ']' or ','"},
        {"{a: b c}", BAD, "t.py:1:7: syntax error: expected '}' or ','"},
        {"(a", BAD, "t.py:1:1: syntax error: this '(' is not closed"},
        {"f(a]", BAD, "t.py:1:4: syntax error: ']' does not close the '(' of line 1, column 2"},
        {"a)", BAD, "t.py:1:2: syntax error: ')' closes nothing"},
        {"a[]", BAD, "t.py:1:3: syntax error: expected an expression but found ']'"},
        {"a.1", BAD, "t.py:1:2: syntax error: expected an operator"},
        {"a.for", BAD, "t.py:1:3: syntax error: expected a name after '.' but found 'for'"},
        {"a + * b", BAD, "t.py:1:5: syntax error: expected an expression but found '*'"},
        {"a if b", BAD, "t.py:1:7: syntax error: expected 'else' to complete 'a if c else b'"},
        {"a not b", BAD, "t.py:1:7: syntax error: expected 'in' after 'not'"},
        {"a == not b", BAD, "t.py:1:6: syntax error: expected an expression but found 'not'"},
        {"f() = 1", BAD, "t.py:1:1: syntax error: cannot assign to a call; did you mean '=='"},
        {"a + b = 1", BAD, "t.py:1:1: syntax error: cannot assign to an expression"},
        {"a = None = b", BAD, "t.py:1:5: syntax error: cannot assign to None"},
        {"a, 1 = b", BAD, "t.py:1:4: syntax error: cannot assign to a number"},
        {"a, b += 1", BAD, "t.py:1:1: syntax error: cannot assign in place to a tuple"},
        {"f() += 1", BAD, "t.py:1:1: syntax error: cannot assign to a call"},
        {"del f()", BAD, "t.py:1:5: syntax error: cannot delete a call"},
        {"f(a=1, b)", BAD, "t.py:1:8: syntax error: a positional argument comes after a keyword argument"},
        {"f(**{}, b)", BAD, "t.py:1:9: syntax error: a positional argument comes after a keyword argument"},
        {"f(a=1, a=2)", BAD, "t.py:1:8: syntax error: keyword argument 'a' is given twice"},
        {"f((a)=1)", BAD, "t.py:1:6: syntax error: '=' in an argument comes after a bare name"},
        {"f(a.b=1)", BAD, "t.py:1:6: syntax error: '=' in an argument comes after a bare name"},
        {"def f(a, a): pass", BAD, "t.py:1:10: syntax error: parameter 'a' appears twice"},
        {"def f(a=1, b): pass", BAD, "t.py:1:12: syntax error: a parameter without default"},
        {"def f(*): pass", BAD, "t.py:1:8: syntax error: named parameters must follow '*'"},
        {"def f(/): pass", BAD, "t.py:1:7: syntax error: '/' comes once"},
        {"def f(*, a, *): pass", BAD, "t.py:1:13: syntax error: '*' appears twice"},
        {"def f(a b): pass", BAD, "t.py:1:9: syntax error: expected ',' after a parameter"},
        {"def (a): pass", BAD, "t.py:1:5: syntax error: expected a function name"},
        {"return 1", BAD, "t.py:1:1: syntax error: 'return' outside of a function"},
        {"if a:\nb", BAD, "t.py:2:1: syntax error: expected an indented line after the condition but found 'b'"},
        {"  a", BAD, "t.py:1:3: syntax error: this line is indented more"},
        {"a\n  b", BAD, "t.py:2:3: syntax error: this line is indented more"},
        {"if a:\n    b\n  c", BAD, "t.py:3:3: syntax error: this indentation matches no enclosing block"},
        {"if a:\n\tb\n        c", BAD, "t.py:3:9: syntax error: tabs and spaces"},
        {"if a:\n        b\n\tc", BAD, "t.py:3:2: syntax error: tabs and spaces"},
        {"else: a", BAD, "t.py:1:1: syntax error: expected a statement (no 'if' ends just before) but found 'else'"},
        {"except: a", BAD, "t.py:1:1: syntax error: expected a statement but found 'except'"},
        {"if a: for b in c: d", BAD, "t.py:1:7: syntax error: expected a statement but found 'for'"},
        {"import 1", BAD, "t.py:1:8: syntax error: expected a module name but found a number"},
        {"import a as b.c", BAD, "t.py:1:14: syntax error: expected an operator or the end"},
        {"from a import", BAD, "t.py:1:14: syntax error: expected a name to import"},
        {"from a import (b", BAD, "t.py:1:15: syntax error: this '(' is not closed"},
        {"for 1 in a: pass", BAD, "t.py:1:5: syntax error: expected a name but found a number"},
        {"x = 'abc", BAD, "t.py:1:5: syntax error: this string is not closed"},
        {"x = '''abc\n", BAD, "t.py:1:5: syntax error: this triple-quoted string is not closed"},
        {"x = '\\x4'", BAD, "t.py:1:6: syntax error: this escape has too few hexadecimal digits"},
        {"x = '\\U00110000'", BAD, "t.py:1:6: syntax error: no such character"},
        {"x = 1__0", BAD, "t.py:1:5: syntax error: this is not a number"},
        {"x = 1_", BAD, "t.py:1:5: syntax error: this is not a number"},
        {"x = 12abc", BAD, "t.py:1:5: syntax error: this is not a number"},
        {"x = 1e", BAD, "t.py:1:5: syntax error: this is not a number"},
        {"x = 0b12", BAD, "t.py:1:5: syntax error: this is not a number"},
        {"x = 0x", BAD, "t.py:1:5: syntax error: this number has no digits"},
        {"x = 007", BAD, "t.py:1:5: syntax error: an integer does not begin with 0"},
        {"x = a \\ b", BAD, "t.py:1:7: syntax error: expected the end of the line after '\\'"},
        {"x = a \\\n", BAD, "t.py:1:7: syntax error: '\\' at the end of the script"},
        {"x = \xe2\x80\x9c"
         "a\xe2\x80\x9d",
         BAD, "t.py:1:5: syntax error: typographic quotation mark"},
        {"x =\xc2\xa0"
         "1",
         BAD, "t.py:1:4: syntax error: no-break space"},
        {"x = \x01", BAD, "t.py:1:5: syntax error: control character 0x01"},
        {"f'{a'", BAD,
         "t.py:1:5: syntax error: expected '}' to end the field of the f-string but found the end of the string"},
        {"f'{}'", BAD, "t.py:1:4: syntax error: expected an expression but found '}'"},
        {"f'a}'", BAD, "t.py:1:4: syntax error: single '}' in an f-string"},
        {"f'{a b}'", BAD, "t.py:1:6: syntax error: expected '}' to end the field"},
        {"f'{a!x}'", BAD, "t.py:1:6: syntax error: expected 'r', 's' or 'a' after '!'"},
        {"f'{a!'", BAD, "t.py:1:6: syntax error: expected 'r', 's' or 'a' after '!'"},
        {"f'{a!r'", BAD, "t.py:1:7: syntax error: expected '}'"},
        {"f'{a:>10'", BAD, "t.py:1:9: syntax error: expected '}'"},
        {"f'{a:{b:{c}}}'", BAD, "t.py:1:9: syntax error: the fields of this f-string are nested too deeply"},
        {"f'{a[\"}'", BAD, "t.py:1:6: syntax error: a string in a field of an f-string is not closed; use the other"},
        {"f'{a[0}'", BAD, "t.py:1:7: syntax error: '}' does not close the '['"},
        {"f'{a #}'", BAD, "t.py:1:6: syntax error: a field of an f-string cannot hold '#'"},
        {"f'{\"\\n\"}'", BAD, "t.py:1:4: syntax error: a field of an f-string cannot hold '\\'"},
        {"f'{'", BAD, "t.py:1:4: syntax error: expected an expression but found the end of the string"},
    };
    CHECK(cases);
}

static void damaged_text(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        const char *message;
    } cases[] = {
        {"x = 1\ny = \0", 11, "t.py:2:5: syntax error: NUL byte in the script"},
        {"x = '\xc3\xa9\xff'", 9,
         "t.py:1:7: syntax error: byte 0xff is not UTF-8; save the script as UTF-8\n    x = 'é?'\n          ^"},
        {"\xc3", 1, "t.py:1:1: syntax error: byte 0xc3 is not UTF-8"},
        {"\xc0\x80", 2, "t.py:1:1: syntax error: byte 0xc0 is not UTF-8"},
        {"\xed\xa0\x80", 3, "t.py:1:1: syntax error: byte 0xed is not UTF-8"},
        {"\xf4\x90\x80\x80", 4, "t.py:1:1: syntax error: byte 0xf4 is not UTF-8"},
        {"\xe0\x9f\xbf", 3, "t.py:1:1: syntax error: byte 0xe0 is not UTF-8"},
        {"#\xf0\x9f\x98", 4, "t.py:1:2: syntax error: byte 0xf0 is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lang_case c;
        char *copy = lang_copy(cases[i].text, cases[i].n);
        lang_open(&c, copy, cases[i].n, false);
        assert_int_equal(c.status, AMA_ERR_FORMAT);
        if (strncmp(ama__error_text(c.ctx), cases[i].message, strlen(cases[i].message)) != 0)
            assert_string_equal(ama__error_text(c.ctx), cases[i].message);
        lang_close(&c);
        free(copy);
    }
}

/* n times `open`, then `middle`, then n times `close`. */
static ama_status nest(const char *open, const char *middle, const char *close, int n, char *message) {
    size_t n_open = strlen(open), n_close = strlen(close), n_text = 0;
    char *text = malloc((size_t)n * (n_open + n_close) + strlen(middle) + 1);
    for (int i = 0; i < n; i++, n_text += n_open) memcpy(text + n_text, open, n_open);
    memcpy(text + n_text, middle, strlen(middle));
    n_text += strlen(middle);
    for (int i = 0; i < n; i++, n_text += n_close) memcpy(text + n_text, close, n_close);
    lang_case c;
    lang_open(&c, text, n_text, false);
    ama_status status = c.status;
    if (message) snprintf(message, 100, "%s", ama__error_text(c.ctx));
    lang_close(&c);
    free(text);
    return status;
}

static void limits(void **state) {
    (void)state;
    char message[100];
    static const char *const pairs[][3] = {
        {"(", "a", ")"},           {"[", "a", "]"},    {"{1: ", "a", "}"},  {"f(", "a", ")"},
        {"a[", "0", "]"},          {"-", "a", ""},     {"not ", "a", ""},   {"a ** ", "b", ""},
        {"a if b else ", "c", ""}, {"a[b:", "0", "]"}, {"(a + ", "b", ")"}, {"f(x=", "1", ")"},
        {"f(**{'a': ", "1", "})"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_int_equal(nest(pairs[i][0], pairs[i][1], pairs[i][2], 90, NULL), AMA_OK);
        assert_int_not_equal(nest(pairs[i][0], pairs[i][1], pairs[i][2], 201, message), AMA_OK);
        assert_non_null(strstr(message, "(limit 200)"));
        assert_int_not_equal(nest(pairs[i][0], pairs[i][1], pairs[i][2], 400000, message), AMA_OK);
        assert_non_null(strstr(message, "(limit 200)"));
    }
    assert_int_equal(nest("(", "a", ")", 199, NULL), AMA_OK);
    /* chains: no nesting, but a deep tree */
    static const char *const chains[] = {" + a", ".b", "(c)", "[0]", " * a"};
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        assert_int_equal(nest("", "a", chains[i], 900, NULL), AMA_OK);
        assert_int_equal(nest("", "a", chains[i], 1100, message), AMA_ERR_UNSUPPORTED);
        assert_non_null(strstr(message, "too many operations"));
        assert_int_equal(nest("", "a", chains[i], 300000, NULL), AMA_ERR_UNSUPPORTED);
    }
    /* these are flat */
    assert_int_equal(nest("", "a", ", a", 100000, NULL), AMA_OK);
    assert_int_equal(nest("", "a", " and a", 100000, NULL), AMA_OK);
    assert_int_equal(nest("", "'a'", " 'a'", 100000, NULL), AMA_OK);
    assert_int_equal(nest("", "a", "\na", 100000, NULL), AMA_OK);
    assert_int_equal(nest("", "if a: b", "\nelif c: d", 100000, NULL), AMA_OK);
    assert_int_equal(nest("", "f(0", ", a", 100000, NULL), AMA_ERR_FORMAT);
    assert_int_equal(nest("x = 1;", "", "", 100000, NULL), AMA_OK);
}

/* `n` blocks inside each other. */
static ama_status nest_blocks(const char *head, int n) {
    char *text = malloc((size_t)n * ((size_t)n + 40) + 40), *to = text;
    for (int i = 0; i <= n; i++) {
        memset(to, ' ', (size_t)i);
        to += i;
        to += sprintf(to, "%s\n", i < n ? head : "pass");
    }
    lang_case c;
    lang_open(&c, text, (size_t)(to - text), false);
    ama_status status = c.status;
    lang_close(&c);
    free(text);
    return status;
}

static void block_limits(void **state) {
    (void)state;
    assert_int_equal(nest_blocks("if a:", 98), AMA_OK);
    assert_int_equal(nest_blocks("if a:", 100), AMA_ERR_FORMAT);
    assert_int_equal(nest_blocks("if a:", 3000), AMA_ERR_FORMAT);
    assert_int_equal(nest_blocks("for a in b:", 20), AMA_OK);
    assert_int_equal(nest_blocks("for a in b:", 21), AMA_ERR_FORMAT);
    assert_int_equal(nest_blocks("with a as b:", 21), AMA_ERR_FORMAT);
}

static void sizes(void **state) {
    (void)state;
    size_t n = (size_t)AMA_SOURCE_MAX_BYTES;
    char *text = malloc(n + 1);
    memset(text, ' ', n + 1);
    lang_case c;
    lang_open(&c, text, n, false);
    assert_int_equal(c.status, AMA_OK);
    lang_close(&c);
    lang_open(&c, text, n + 1, false);
    assert_int_equal(c.status, AMA_ERR_ARG);
    assert_string_equal(ama__error_text(c.ctx), "t.py: the script has 16777217 bytes, more than the limit of 16 MiB");
    lang_close(&c);
    /* an error far inside a long line shows the part around it */
    memset(text, 'a', n);
    memcpy(text + n / 2, " ? ", 3);
    lang_open(&c, text, n, false);
    assert_int_equal(c.status, AMA_ERR_FORMAT);
    const char *message = ama__error_text(c.ctx);
    assert_memory_equal(message, "t.py:1:8388610: syntax error: unexpected character '?'\n    ...aaa", 65);
    assert_true(strlen(message) < 500);
    assert_int_equal(strchr(strrchr(message, '\n'), '^') - strrchr(message, '\n'), 4 + 3 + 100 + 1);
    lang_close(&c);
    free(text);
}

/* Each memory request fails once: an error, nothing left behind. */
static void no_memory(void **state) {
    (void)state;
    static const char text[] = "import a.b as c\nx, y = f'{a:{b}}' 'z' + 1.5, {1: [2, (3,)]}\n"
                               "def f(a, b=1):\n  if a:\n    return g(a, k=1)[1:2]\nfor i in x: print(i) ; x ?\n";
    int n = 1;
    for (bool failed = true; failed; n++) {
        char number[16];
        snprintf(number, sizeof number, "%d", n);
        setenv("AMA_FAULT", number, 1);
        lang_case c;
        lang_open(&c, text, strlen(text), false);
        failed = c.status == AMA_ERR_NOMEM || c.status == AMA_ERR_BUDGET;
        assert_true(failed || c.status == AMA_ERR_FORMAT);
        lang_close(&c);
    }
    unsetenv("AMA_FAULT");
    assert_true(n > 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_texts),  cmocka_unit_test(refused),   cmocka_unit_test(syntax_errors),
        cmocka_unit_test(damaged_text), cmocka_unit_test(limits),    cmocka_unit_test(block_limits),
        cmocka_unit_test(sizes),        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
