/* What a session holds. Private to api/. */
#ifndef AMA_API_SESSION_H
#define AMA_API_SESSION_H

#include "plan/plan.h"
#include "amasia/amasia.h"
#include "comm/comm.h"
#include "graph/node.h"

struct ama_session {
    ama_ctx *ctx;
    ama__comm *comm;
    ama_options options;
    int64_t budget_bytes; /* per rank */
    int threads, prefetch;
    int64_t unit_bytes;   /* AMA_UNIT_BYTES of the environment: smaller units, for tests */
    ama__order_way order; /* AMA_ORDER of the environment: collect or count, for tests */
};

/* Sends text on rank 0. Local. */
void ama__session_say(ama_session *s, ama_text_kind kind, const char *text);
/* Plans the sinks and, unless options->plan_only, makes them; shows plan, progress and figures as a script's run does,
 * which began at start_s. Collective. */
ama_status ama__session_perform(ama_session *s, const ama__graph *g, int n_sinks, ama__sink **sinks,
                                const ama_script_options *options, double start_s);

#endif
