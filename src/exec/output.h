/* Outputs: values of a tile on their way into a writer. Chunks that tiles fill only in part are put together on the one
 * rank that ama__consumer_owner names; what others have of them is sent there round by round. */
#ifndef AMA_EXEC_OUTPUT_H
#define AMA_EXEC_OUTPUT_H

#include "exec/eval.h"
#include "exec/parts.h"
#include "exec/result.h"
#include "store/writer.h"

/* One WRITE consumer of a stage. Boxes are in the index space of the consumer's node. */
typedef struct ama__output {
    ama_ctx *ctx;
    ama__writer *writer;
    const ama__stage *stage;
    const ama__consumer *consumer;
    const ama__stored_var *var;
    ama__outbox *outbox; /* the stage's, for all its outputs; empty between rounds */
    int rank, number;    /* number: which consumer, for the receiver */
    bool chunked;
    ama__chunkgrid grid; /* chunked ones only */
    ama__parts parts;
} ama__output;

/* `number`: of the consumer in the stage. */
ama_status ama__output_init(ama__output *o, ama__comm *comm, ama__writer *w, const ama__stage *s, int number,
                            const ama__write_spec *spec, ama__outbox *outbox);
void ama__output_fini(ama__output *o);
/* Writes a dense native box of the variable, or puts it into the outbox; every element comes once from one rank. Local.
 */
ama_status ama__output_put(ama__output *o, ama__codec_work **work, int threads, const ama__box *box, const void *data);
/* One round: sends what is in the outbox of `outputs` (n, by number of consumer), takes in what came, writes the chunks
 * that are whole. Collective. */
ama_status ama__outputs_exchange(ama__output *outputs, int n, ama__outbox *b, ama__comm *comm, ama__codec_work **work,
                                 int threads, ama_status status);
/* INTERNAL when some chunk has not come whole. Local, at the end of the stage. */
ama_status ama__output_check(const ama__output *o);

/* Evaluates a consumer's box into a dense native array of the node's dtype (category WRITE, the caller frees), by all
 * threads. Local. */
ama_status ama__evaluate_box(ama_ctx *ctx, ama__evaluator *ev, int threads, const ama__consumer *c, const ama__box *box,
                             void **out);

#endif
