/* TEST: labels=unit,fuzz
 * Damaged scripts: never a crash; what we accept CPython compiles, what we call a syntax error it refuses. */
#include "lang_test.h"

static const char *const samples[] = {
    "import xarray as xr\nfrom a.b import (c as d, e)\nds = xr.open_mfdataset('x_*.nc', combine=\"by_coords\")  # é\n"
    "clim = ds.t2m.sel(time=slice('1991', '2020')).groupby(\"time.month\").mean('time')\n"
    "for name in ['a', r'b\\d', '''c\n''']:\n    if name == 'a' and not x:\n        print(f\"{name!r:>{w}} "
    "{ds[name]:.3f}\")\n"
    "    elif y is not None:\n\tx = 1\n    else:\n        pass; del a, b[0]\n",
    "def f(a, /, b=(1, 2.5e-3), *, c=0xff_f):\n  '''doc\n  string'''\n  with g(a) as h, i:\n    return -a ** 2 // b if "
    "c else "
    "[~a | b ^ c & d, {1: 2}]\nx, (y, z) = f(1, **{'b': 2})[..., ::2, 1:-1]\nx.attrs['u'] **= "
    "f'''{a=}{{}}\\x41\\u00b0'''\n",
};

/* splitmix64: the same damage everywhere */
static uint64_t random_next(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t damage(uint64_t *state, char *text, size_t n, size_t room) {
    static const char likely[] = "()[]{}:,=.'\"\\\n \t#f{}!rb01_e+-*/<>~&|^@;\r\f$";
    for (uint64_t k = 1 + random_next(state) % 4; k > 0; k--) {
        size_t at = random_next(state) % (n + 1), other = random_next(state) % (n + 1), size = random_next(state) % 12;
        char c = random_next(state) % 4 ? likely[random_next(state) % (sizeof likely - 1)] : (char)random_next(state);
        switch (random_next(state) % 5) {
        case 0: /* overwrite */
            if (at < n) text[at] = c;
            break;
        case 1: /* insert */
            if (n == room) break;
            memmove(text + at + 1, text + at, n - at);
            text[at] = c;
            n++;
            break;
        case 2: /* delete */
            if (size > n - at) size = n - at;
            memmove(text + at, text + at + size, n - at - size);
            n -= size;
            break;
        case 3: /* copy over */
            if (size > n - at) size = n - at;
            if (size > n - other) size = n - other;
            memmove(text + at, text + other, size);
            break;
        default: /* cut */
            if (random_next(state) % 4 == 0) n = at;
            break;
        }
    }
    return n;
}

static void bytes(void **state) {
    (void)state;
    enum { ROUNDS = 30000, ROOM = 2000 };
    uint64_t seed = 1;
    int n_ok = 0, n_refused = 0;
    char text[ROOM];
    for (int i = 0; i < ROUNDS; i++) {
        const char *sample = samples[i % 2];
        size_t n = strlen(sample);
        memcpy(text, sample, n);
        n = damage(&seed, text, n, ROOM);
        char *copy = lang_copy(text, n);
        lang_case c;
        lang_open(&c, copy, n, i % 7 == 0);
        n_ok += c.status == AMA_OK;
        n_refused += c.status == AMA_ERR_FORMAT || c.status == AMA_ERR_UNSUPPORTED;
        if (c.status != AMA_OK) assert_memory_equal(ama__error_text(c.ctx), "t.py:", 5);
        lang_close(&c);
        free(copy);
    }
    print_message("%d parsed, %d refused\n", n_ok, n_refused);
    assert_int_equal(n_ok + n_refused, ROUNDS);
    assert_true(n_ok > 100);
}

/* The script law's first half: nothing is accepted that is not Python. */
static void as_cpython(void **state) {
    (void)state;
    FILE *f = lang_oracle(getenv("AMA_FUZZ_VERDICTS") ? getenv("AMA_FUZZ_VERDICTS") : "verdicts 5 6000");
    if (!f) skip();
    char *text, *verdict;
    size_t n_text, n_verdict;
    int n_ok = 0, n_bad = 0, n_refused = 0, n_wrong = 0;
    while ((text = lang_record(f, &n_text)) && (verdict = lang_record(f, &n_verdict))) {
        bool python = strcmp(verdict, "ok") == 0;
        lang_case c;
        lang_open(&c, text, n_text, false);
        n_ok += c.status == AMA_OK;
        n_bad += c.status == AMA_ERR_FORMAT;
        n_refused += c.status == AMA_ERR_UNSUPPORTED;
        if (c.status != AMA_ERR_UNSUPPORTED && python != (c.status == AMA_OK)) {
            n_wrong++;
            print_error("CPython says %s, we say: %s\n--------\n%s\n--------\n", verdict, ama__error_text(c.ctx), text);
        }
        lang_close(&c);
        free(text);
        free(verdict);
    }
    assert_int_equal(pclose(f), 0);
    print_message("%d accepted, %d syntax errors, %d not supported\n", n_ok, n_bad, n_refused);
    assert_int_equal(n_wrong, 0);
    assert_true(n_ok > 300 && n_bad > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(bytes), cmocka_unit_test(as_cpython)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
