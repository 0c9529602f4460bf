/* TEST: labels=unit
 * Scripts with words replaced, dropped and exchanged at random: each is run or refused with a place, nothing crashes,
 * no error is called a bug of Amasia. AMA_MANGLE=n tries n scripts, AMA_SEED=s begins elsewhere. */
#include "lang_run.h"

typedef struct golden {
    const char *script, *printed;
} golden;

static const golden seeds[] = {
#include "lang_golden_plain.inc"
#include "lang_golden_arrays.inc"
};

static const char *const more[] = {
    "ds.t.sel(x=slice(10, 20), y=0).mean(\"x\", skipna=False, keep_attrs=True)\n"
    "t.to_netcdf(\"/tmp/ama_never.nc\", encoding={\"t\": {\"zlib\": True, \"dtype\": \"f4\", \"chunksizes\": (1, "
    "2)}})\n",
    "t.groupby(\"c\").std(\"y\", ddof=1).rename(\"q\").to_zarr(\"/tmp/ama_never.zarr\", mode=\"w\", "
    "consolidated=True)\n",
    "ds.assign_coords(time=(\"y\", [0, 1], {\"units\": \"days since "
    "2000-01-01\"})).swap_dims(y=\"time\").t.transpose(\"x\", ...)\n"
    "print(ds.t.resample(time=\"MS\").mean(), xr.full_like(t, 3, dtype=\"i4\"), np.arange(0, 1, 0.1)[::-2])\n",
};

static const char *const words[] = {"t",
                                    "ds",
                                    "xr",
                                    "np",
                                    "x",
                                    "y",
                                    "\"x\"",
                                    "\"y\"",
                                    "\"c\"",
                                    "\"t\"",
                                    "0",
                                    "1",
                                    "-1",
                                    "2.5",
                                    "1e9",
                                    "None",
                                    "True",
                                    "...",
                                    "[]",
                                    "()",
                                    "{}",
                                    "[1, 2]",
                                    "(1,)",
                                    "\"\"",
                                    "slice(None)",
                                    "t.values",
                                    "t.mean()",
                                    "float(t.max())",
                                    "t.x",
                                    "t.attrs",
                                    "t.coords",
                                    "ds.data_vars",
                                    "t.groupby(\"c\")",
                                    "t.weighted(t.x)",
                                    "np.nan",
                                    "np.float32",
                                    "ds.t.dims",
                                    "t.loc",
                                    "f\"{t.sum():.1f}\"",
                                    "str(t)",
                                    "len",
                                    "range(3)",
                                    "dict(x=1)",
                                    "99999999999",
                                    "t > 2",
                                    "ds.sizes",
                                    "xr.Dataset()",
                                    "+",
                                    "-",
                                    "*",
                                    "/",
                                    "//",
                                    "%",
                                    "**",
                                    "==",
                                    "<",
                                    "&",
                                    "|",
                                    "~",
                                    "not",
                                    "in",
                                    "and",
                                    ".",
                                    ",",
                                    ":",
                                    "=",
                                    "(",
                                    ")",
                                    "[",
                                    "]",
                                    "sel",
                                    "isel",
                                    "mean",
                                    "where",
                                    "rename",
                                    "assign",
                                    "transpose",
                                    "squeeze",
                                    "expand_dims",
                                    "values",
                                    "item",
                                    "dt",
                                    "T"};

/* The first ones are values: they may stand for a name. */
enum { N_VALUES = 47 };

static uint64_t state_of_chance;
static uint64_t chance(uint64_t n) {
    state_of_chance = state_of_chance * 6364136223846793005u + 1442695040888963407u;
    return (state_of_chance >> 33) % n;
}

/* Ends of the words of a text: names and numbers whole, else one character. */
static int cut(const char *text, int max, int *end) {
    int n = 0;
    for (int i = 0; text[i] && n < max;) {
        int k = i + 1;
        bool name = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", text[i]) != NULL;
        while (name && text[k] && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", text[k]))
            k++;
        end[n++] = i = k;
    }
    return n;
}

static void mangle(const char *seed, char *out, size_t bytes) {
    int end[2000], n = cut(seed, 2000, end);
    snprintf(out, bytes, "%s", seed);
    for (uint64_t k = chance(3) + 1; k > 0 && n > 2; k--) {
        char next[8192];
        int i = (int)chance((uint64_t)n), begin = i ? end[i - 1] : 0;
        if (out[begin] == '\n' || out[begin] == ' ') continue;
        bool name = strchr("\"'=()[]{}.,:", out[begin]) == NULL;
        const char *word = words[chance(name && chance(8) ? N_VALUES : sizeof words / sizeof words[0])];
        uint64_t how = name ? 3 - chance(10) / 9 * chance(4) : chance(4);
        if (how == 0) word = "";
        if (how == 1) { /* another word of the same text */
            int j = (int)chance((uint64_t)n), from = j ? end[j - 1] : 0;
            static char other[100];
            snprintf(other, sizeof other, "%.*s", end[j] - from < 99 ? end[j] - from : 99, out + from);
            word = other;
        }
        int length = snprintf(next, sizeof next, "%.*s%s%s", begin, out, word, out + (how == 2 ? begin : end[i]));
        if (length >= (int)sizeof next) continue;
        snprintf(out, bytes, "%s", next);
        n = cut(out, 2000, end);
    }
}

static const char *const start = "import xarray as xr\nimport numpy as np\n"
                                 "ds = xr.Dataset({\"t\": ((\"y\", \"x\"), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])},"
                                 " {\"x\": [10, 20, 30], \"c\": (\"y\", [7, 8])})\n"
                                 "ds[\"c2\"] = (\"x\", [1.0, 2.0, 3.0])\nds = ds.set_coords(\"c2\")\nt = ds.t.copy()\n";

static void mangled(void **state) {
    (void)state;
    enum { N_SEEDS = sizeof seeds / sizeof seeds[0], N_MORE = sizeof more / sizeof more[0] };
    int n = getenv("AMA_MANGLE") ? atoi(getenv("AMA_MANGLE")) : 3000, n_ran = 0;
    state_of_chance = getenv("AMA_SEED") ? strtoull(getenv("AMA_SEED"), NULL, 10) : 1;
    char text[8192];
    lang_run r;
    ama_script_options plan = AMA_SCRIPT_OPTIONS_INIT;
    lang_start(&r, MPI_COMM_NULL);
    for (int i = 0; i < n; i++) {
        uint64_t k = chance(N_SEEDS + N_MORE);
        plan.plan_only = chance(2) || k >= N_SEEDS;
        mangle(k < N_SEEDS ? seeds[k].script : more[k - N_SEEDS], text, sizeof text);
        if (strstr(text, "to_netcdf") || strstr(text, "to_zarr")) plan.plan_only = true;
        if (getenv("AMA_MANGLE_SHOW")) fprintf(stderr, "----\n%s", text);
        lang_say(&r, start, text, &plan);
        n_ran += r.status == AMA_OK;
        const char *error = ama_error_text(r.session);
        if (r.status == AMA_ERR_INTERNAL) fail_msg("%s\n%s", text, error);
        if (r.status != AMA_OK && strncmp(error, "t.py:", 5) != 0)
            if (r.status != AMA_ERR_BUDGET) fail_msg("an error without a place:\n%s\n%s", text, error);
    }
    lang_stop(&r);
    assert_true(n_ran > n / 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(mangled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
