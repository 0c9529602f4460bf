/* Describing datasets, and help. */
#include "api/session.h"
#include "graph/repr.h"
#include "lang/script.h"

static ama_status say(ama_session *s, ama_status status, ama__text *t) {
    if (status == AMA_OK && t->failed) status = ama__error_status(s->ctx);
    if (status == AMA_OK) ama__session_say(s, AMA_TEXT_OUTPUT, ama__text_get(t));
    ama__text_fini(t);
    return status;
}

ama_status ama_info(ama_session *session, const char *path, const char *group) {
    ama__open_options o = {.group = group, .allow_external = session->options.allow_external};
    ama__store *store;
    ama__text t;
    ama__error_clear(session->ctx);
    AMA_TRY(ama__store_open(session->ctx, session->comm, path, &o, &store));
    ama__text_init(&t, session->ctx);
    ama_status status = say(session, ama__info_text(session->ctx, store, &t), &t);
    ama__store_close(&store);
    return ama__comm_agree(session->comm, status);
}

ama_status ama_help(ama_session *session, const char *topic) {
    ama__text t;
    ama__error_clear(session->ctx);
    ama__text_init(&t, session->ctx);
    return say(session, ama__script_help(session->ctx, topic, &t), &t);
}
