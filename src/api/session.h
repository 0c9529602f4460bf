/* What a session holds. Private to api/. */
#ifndef AMA_API_SESSION_H
#define AMA_API_SESSION_H

#include "plan/plan.h"
#include "amasia/amasia.h"
#include "comm/comm.h"

struct ama_session {
    ama_ctx *ctx;
    ama__comm *comm;
    ama_options options;
    int64_t budget_bytes; /* per rank */
    int threads, prefetch;
    int64_t unit_bytes; /* AMA_UNIT_BYTES of the environment: smaller units, for tests */
};

/* Sends text on rank 0. Local. */
void ama__session_say(ama_session *s, ama_text_kind kind, const char *text);

#endif
