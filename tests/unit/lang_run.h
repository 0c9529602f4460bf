/* Shared by the tests of scripts: run a text in a session and keep what it said. */
#ifndef AMA_TESTS_LANG_RUN_H
#define AMA_TESTS_LANG_RUN_H

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "amasia/amasia.h"

typedef struct lang_run {
    ama_session *session;
    ama_status status;
    char *said; /* what print said */
    size_t n;
} lang_run;

static inline void lang_hear(void *user, ama_text_kind kind, const char *text) {
    lang_run *r = user;
    size_t n = strlen(text);
    if (kind != AMA_TEXT_OUTPUT) return;
    r->said = realloc(r->said, r->n + n + 1);
    memcpy(r->said + r->n, text, n + 1);
    r->n += n;
}

/* comm: MPI_COMM_NULL for this process alone. */
static inline void lang_start(lang_run *r, MPI_Comm comm) {
    ama_options o = AMA_OPTIONS_INIT;
    *r = (lang_run){0};
    o.memory_bytes = (size_t)256 << 20;
    o.threads = 1;
    o.text = lang_hear;
    o.user = r;
    if (comm == MPI_COMM_NULL)
        assert_int_equal(ama_session_create_self(&o, &r->session), AMA_OK);
    else
        assert_int_equal(ama_session_create(comm, &o, &r->session), AMA_OK);
}

/* Runs `before` and `text` as one script called t.py. */
static inline const char *lang_say(lang_run *r, const char *before, const char *text,
                                   const ama_script_options *options) {
    ama_script_options none = AMA_SCRIPT_OPTIONS_INIT;
    size_t n = strlen(before) + strlen(text);
    char *all = malloc(n + 1);
    snprintf(all, n + 1, "%s%s", before, text);
    r->n = 0;
    if (r->said) r->said[0] = '\0';
    r->status = ama_script_run(r->session, "t.py", all, n, options ? options : &none);
    free(all);
    return r->said ? r->said : "";
}

static inline void lang_stop(lang_run *r) {
    ama_session_destroy(&r->session);
    free(r->said);
}

#endif
