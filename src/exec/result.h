/* Distributed arrays: the pieces of a result that each rank made, and their redistribution. */
#ifndef AMA_EXEC_RESULT_H
#define AMA_EXEC_RESULT_H

#include "array/dtype.h"
#include "array/region.h"
#include "base/memory.h"
#include "comm/comm.h"

typedef struct ama__piece {
    ama__box box; /* in the index space of the whole array */
    void *data;   /* dense, native; owned */
} ama__piece;

/* This rank's pieces; the pieces of all ranks together cover the array once. Where has_rest is set they may leave out
 * some of it, which then is `rest`. */
typedef struct ama__pieces {
    ama_ctx *ctx;
    ama_dtype dtype;
    int64_t n, cap;
    ama__piece *piece;
    bool has_rest; /* same on all ranks */
    _Alignas(8) char rest[8];
} ama__pieces;

void ama__pieces_init(ama__pieces *p, ama_ctx *ctx, ama_dtype t);
void ama__pieces_fini(ama__pieces *p);
/* Takes over data. Local. */
ama_status ama__pieces_add(ama__pieces *p, const ama__box *box, void *data);

/* Gives every rank the box it wants (want->ndim < 0: nothing, *out stays NULL) as a dense native array of category
 * RESULT. Collective; a rank may pass a local failure in `status`: all ranks then return it. */
ama_status ama__pieces_fetch(ama__comm *comm, ama_status status, const ama__pieces *p, const ama__box *want,
                             void **out);

/* Byte messages between all ranks, built record by record. */
typedef struct ama__outbox {
    ama_ctx *ctx;
    int nranks;
    struct ama__outbox_buffer {
        char *p;
        size_t n, cap, last; /* last: n of the last message */
    } * to;
    size_t held, most; /* bytes of all buffers now; of the messages of the largest round so far */
} ama__outbox;
ama_status ama__outbox_init(ama__outbox *b, ama__comm *comm);
void ama__outbox_fini(ama__outbox *b);
/* Room for `bytes` more (8-byte aligned) to rank `to`. Local. */
ama_status ama__outbox_add(ama__outbox *b, int to, size_t bytes, void **out);
/* Exchanges: *in (category COMM, caller frees) holds what came, in order of sender. Empties the outbox. Collective. */
ama_status ama__outbox_exchange(ama__outbox *b, ama__comm *comm, ama_status status, char **in, size_t *in_bytes);

#endif
