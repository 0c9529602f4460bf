/* What a plan computes, as so many values through each kind of loop, and what a value costs in it. Private to api/. */
#ifndef AMA_API_WORK_H
#define AMA_API_WORK_H

#include "plan/plan.h"

typedef enum ama__work_kind {
    AMA_WORK_LOAD,    /* from stored values to class values: from, to, swapped, packed */
    AMA_WORK_CONVERT, /* from, to */
    AMA_WORK_STORE,   /* class values to dense values of dtype `from` */
    AMA_WORK_MAP,     /* op, from (what is calculated in) */
    AMA_WORK_GATHER,  /* class values picked by a list: from */
    AMA_WORK_COPY,    /* dense values in runs of n: from */
    AMA_WORK_COLLECT, /* the same, into memory that is new */
    AMA_WORK_FOLD,    /* n rows, at most AMA_FOLD_ROWS, into the same cells: op, from, skipna */
    AMA_WORK_ROW,     /* n values in a row into one cell */
    AMA_WORK_SERIES,  /* the same, one after another */
    AMA_WORK_STATE,   /* cells begun, merged and finished */
    AMA_WORK_SCAN,    /* op: 1 for products; from */
    AMA_WORK_RANK,    /* columns of n values: from */
    AMA_WORK_WINDOW,  /* op, from, to, n: width */
    AMA_WORK_ORDER,   /* columns of n values, sorted as far as `spec` asks for: from, to */
    AMA_WORK_COUNT,   /* one pass over such columns that counts keys; n: bits of a pass */
    AMA_WORK_N
} ama__work_kind;

typedef struct ama__work {
    ama__work_kind kind;
    int op;
    ama_dtype from, to;
    bool swapped, packed, skipna;
    bool writes, sends; /* a part of writing or of exchanging, not of computing */
    int64_t n;
    const ama__reduce_spec *spec;
    double amount;  /* values, all ranks */
    double value_s; /* seconds of a thread for one */
} ama__work;

const char *ama__work_name(ama__work_kind k);

#define AMA_WORKS_MAX 64

typedef struct ama__works {
    int n; /* kinds beyond AMA_WORKS_MAX are left out */
    ama__work at[AMA_WORKS_MAX];
} ama__works;

/* All stages of a plan: the same on every rank. Values that neighbouring blocks make twice are counted for windows
 * only. Local, pure. */
void ama__works_of(const ama__plan *plan, ama__works *out);
/* Sets value_s, from some hundred microseconds of each on made-up values that fit the cache. 8 MiB of scratch. Local.
 */
ama_status ama__works_measure(ama_ctx *ctx, ama__works *w);

#endif
