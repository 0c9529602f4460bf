#include "amasia/convert_arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_FORMAT = 0x200,
    KEY_CHUNKS,
    KEY_CODEC,
    KEY_VARIABLES,
    KEY_DROP,
    KEY_CONCAT,
    KEY_SPLIT,
    KEY_OVERWRITE,
    KEY_RESUME,
    KEY_PLAN
};

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Of convert:", 4},
    {"chunks", KEY_CHUNKS, "DIM=SIZE,…", 0, "chunks of the output: a number, -1 (the whole dim) or auto", 4},
    {"codec", KEY_CODEC, "CODEC", 0, "none, deflate:4+shuffle, zlib:4, gzip:4, zstd:3, lz4, blosc:zstd:5:bitshuffle",
     4},
    {"format", KEY_FORMAT, "NAME", 0, "zarr, netcdf4, netcdf3, cdf5; otherwise by the ending of OUT", 4},
    {"variables", KEY_VARIABLES, "A,B", 0, "only these, and the coordinates they refer to", 4},
    {"drop", KEY_DROP, "A,B", 0, "all variables but these", 4},
    {"split-variables", KEY_SPLIT, NULL, 0, "one output per data variable: OUT is a directory, or a name with {} in it",
     4},
    {"concat-dim", KEY_CONCAT, "DIM", 0, "join the inputs along DIM in the order given, not by their coordinates", 4},
    {"overwrite", KEY_OVERWRITE, NULL, 0, "replace OUT when it exists", 4},
    {"resume", KEY_RESUME, NULL, 0, "go on from what an interrupted run of the same command left (Zarr)", 4},
    {"plan", KEY_PLAN, NULL, 0, "show what would be read, held and written; reads no data", 4},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state) {
    ama_convert_options *o = &((convert_arguments *)state->input)->options;
    switch (key) {
    case KEY_FORMAT: o->format = arg; break;
    case KEY_CHUNKS: o->chunks = arg; break;
    case KEY_CODEC: o->codec = arg; break;
    case KEY_VARIABLES: o->variables = arg; break;
    case KEY_DROP: o->drop = arg; break;
    case KEY_CONCAT: o->concat_dim = arg; break;
    case KEY_SPLIT: o->split = true; break;
    case KEY_OVERWRITE: o->overwrite = true; break;
    case KEY_RESUME: o->resume = true; break;
    case KEY_PLAN: o->plan_only = true; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp convert_parser = {options, parse_option, NULL, NULL, NULL, NULL, NULL};

void convert_add_path(struct argp_state *state, convert_arguments *a, const char *path) {
    const char **more = realloc(a->path, (size_t)(a->n_paths + 1) * sizeof *more);
    if (!more) argp_failure(state, 1, errno, "%s", path);
    a->path = more;
    a->path[a->n_paths++] = path;
}

void convert_check(struct argp_state *state, const convert_arguments *a, const char *command) {
    const ama_convert_options *o = &a->options;
    if (strcmp(command, "convert") == 0) {
        if (a->n_paths < 2) argp_error(state, "convert wants one or several inputs and an output");
        return;
    }
    const char *option = o->chunks       ? "chunks"
                         : o->codec      ? "codec"
                         : o->format     ? "format"
                         : o->variables  ? "variables"
                         : o->drop       ? "drop"
                         : o->concat_dim ? "concat-dim"
                         : o->split      ? "split-variables"
                         : o->overwrite  ? "overwrite"
                         : o->resume     ? "resume"
                         : o->plan_only  ? "plan"
                                         : NULL;
    if (option) argp_error(state, "--%s belongs to convert, not to %s", option, command);
}

ama_status convert_run(ama_session *s, convert_arguments *a) {
    return ama_convert(s, a->n_paths - 1, a->path, a->path[a->n_paths - 1], &a->options);
}

void convert_fini(convert_arguments *a) {
    free(a->path);
}
