/* Outputs: values of a tile on their way into a writer. */
#ifndef AMA_EXEC_OUTPUT_H
#define AMA_EXEC_OUTPUT_H

#include "exec/eval.h"
#include "exec/result.h"
#include "store/writer.h"

/* One written variable: chunks that a rank's boxes fill only in part wait here. */
typedef struct ama__assembly ama__assembly;

typedef struct ama__output {
    ama_ctx *ctx;
    ama__writer *writer;
    const ama__stored_var *var;
    int var_index;
    ama__chunkgrid grid;     /* chunked variables only */
    ama__assembly *assembly; /* chunked variables only; NULL otherwise */
} ama__output;

ama_status ama__output_init(ama__output *o, ama_ctx *ctx, ama__writer *w, const ama__write_spec *spec, int var);
void ama__output_fini(ama__output *o);
/* Writes a dense native box of the variable; every element comes once from one rank. Local. */
ama_status ama__output_put(ama__output *o, ama__codec_work **work, int threads, const ama__box *box, const void *data);
/* Brings the parts of chunks that several ranks hold together and writes them. Collective. */
ama_status ama__output_exchange(ama__output *o, ama__comm *comm, ama__codec_work *work, ama_status status);

/* Evaluates a consumer's box into a dense native array of the node's dtype (category WRITE, the caller frees), by all
 * threads. Local. */
ama_status ama__evaluate_box(ama_ctx *ctx, ama__evaluator *ev, int threads, const ama__consumer *c, const ama__box *box,
                             void **out);

#endif
