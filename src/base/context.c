#include "base/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_private.h"

ama_ctx *ama__ctx_create(void) {
    ama_ctx *ctx = calloc(1, sizeof *ctx);
    if (!ctx) return NULL;
    pthread_mutex_init(&ctx->error.lock, NULL);
    ama__mem_init(&ctx->mem);
    const char *fault = getenv("AMA_FAULT");
    if (fault) ctx->fault_at = strtoll(fault, NULL, 10);
    return ctx;
}

void ama__ctx_destroy(ama_ctx **ctx) {
    if (!*ctx) return;
    ama__mem_fini(&(*ctx)->mem);
    pthread_mutex_destroy(&(*ctx)->error.lock);
    free(*ctx);
    *ctx = NULL;
}

void ama__ctx_set_message(ama_ctx *ctx, ama__message_fn *fn, void *user) {
    ctx->message = fn;
    ctx->message_user = user;
}

void ama__warn(ama_ctx *ctx, const char *fmt, ...) {
    if (!ctx->message) return;
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    ctx->message(ctx->message_user, text);
}

/* ---- the error record */

/* A text cut at the end of its place says so. */
static void mark_cut(char *text, size_t bytes) {
    static const char cut[] = " [...]";
    memcpy(text + bytes - sizeof cut, cut, sizeof cut);
}

static bool is_late(const ama__error_record *e, pthread_t thread) {
    for (int i = 0; i < e->n_late; i++)
        if (pthread_equal(e->late[i], thread)) return true;
    return false;
}

ama_status ama__fail(ama_ctx *ctx, ama_status status, const char *fmt, ...) {
    ama__error_record *e = &ctx->error;
    pthread_t self = pthread_self();
    pthread_mutex_lock(&e->lock);
    if (e->status == AMA_OK) {
        va_list args;
        va_start(args, fmt);
        int n = vsnprintf(e->text, sizeof e->text, fmt, args);
        va_end(args);
        if (n >= (int)sizeof e->text) mark_cut(e->text, sizeof e->text);
        e->status = status;
        e->owner = self;
    } else if (!pthread_equal(e->owner, self) && !is_late(e, self) && e->n_late < AMA_ERROR_LATE_MAX) {
        e->late[e->n_late++] = self;
    }
    pthread_mutex_unlock(&e->lock);
    return status;
}

/* Puts `head` and ": " before the text, cutting its end where the place is full. */
static void put_before(ama__error_record *e, const char *head) {
    size_t size = sizeof e->text, n_head = strlen(head), n_text = strlen(e->text);
    const char *colon = n_text ? ": " : "";
    size_t n_put = n_head + strlen(colon);
    bool cut = n_put + n_text >= size;
    if (cut) n_text = size - 1 - n_put;
    memmove(e->text + n_put, e->text, n_text);
    memcpy(e->text, head, n_head);
    memcpy(e->text + n_head, colon, n_put - n_head);
    e->text[n_put + n_text] = '\0';
    if (cut) mark_cut(e->text, size);
}

ama_status ama__wrap(ama_ctx *ctx, ama_status status, const char *fmt, ...) {
    if (status == AMA_OK) return status;
    char head[AMA_ERROR_TEXT_BYTES / 4];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(head, sizeof head, fmt, args);
    va_end(args);
    if (n < 0) return status;
    if (n >= (int)sizeof head) mark_cut(head, sizeof head);

    ama__error_record *e = &ctx->error;
    pthread_mutex_lock(&e->lock);
    if (e->status == AMA_OK) {
        e->status = status;
        e->owner = pthread_self();
        e->text[0] = '\0';
    }
    if (!is_late(e, pthread_self())) put_before(e, head);
    pthread_mutex_unlock(&e->lock);
    return status;
}

const char *ama__error_text(const ama_ctx *ctx) {
    return ctx->error.text;
}

ama_status ama__error_status(const ama_ctx *ctx) {
    return ctx->error.status;
}

void ama__error_clear(ama_ctx *ctx) {
    ama__error_set(ctx, AMA_OK, "");
}

void ama__error_set(ama_ctx *ctx, ama_status status, const char *text) {
    ama__error_record *e = &ctx->error;
    pthread_mutex_lock(&e->lock);
    size_t n = strnlen(text, sizeof e->text);
    bool cut = n == sizeof e->text;
    if (cut) n--;
    memmove(e->text, text, n);
    e->text[n] = '\0';
    if (cut) mark_cut(e->text, sizeof e->text);
    e->status = status;
    e->owner = pthread_self();
    e->n_late = 0;
    pthread_mutex_unlock(&e->lock);
}

/* ---- fault injection */

bool ama__fault(ama_ctx *ctx) {
    int64_t n = atomic_fetch_add(&ctx->fault_n, 1) + 1;
    return n == ctx->fault_at;
}

int64_t ama__fault_count(const ama_ctx *ctx) {
    return atomic_load(&ctx->fault_n);
}
