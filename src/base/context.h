/* The context: one per session and rank. Holds the error record, the memory budget, fault injection and the
 * message callback. Nothing in the library is global; the library never prints and never exits. */
#ifndef AMA_BASE_CONTEXT_H
#define AMA_BASE_CONTEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "amasia/status.h"

#define AMA_PRINTF(f, a) __attribute__((format(printf, f, a)))

typedef struct ama_ctx ama_ctx;

/* Receives warnings and progress text (no newline at the end). Called on any rank, from the master thread. */
typedef void ama__message_fn(void *user, const char *text);

/* Heap-creates a context with no memory limit. Local. Reads AMA_FAULT=n from the environment (see ama__fault).
 * Returns NULL only when the operating system gives no memory. */
ama_ctx *ama__ctx_create(void);
void ama__ctx_destroy(ama_ctx **ctx);

void ama__ctx_set_message(ama_ctx *ctx, ama__message_fn *fn, void *user);
/* Sends a warning to the message callback. Local. */
void ama__warn(ama_ctx *ctx, const char *fmt, ...) AMA_PRINTF(2, 3);

/* Records an error and returns `status`. The first error recorded since the last ama__error_clear stays: later ones
 * are consequences. Safe to call from several threads. Local. */
ama_status ama__fail(ama_ctx *ctx, ama_status status, const char *fmt, ...) AMA_PRINTF(3, 4);

/* Puts "text: " before the recorded text, to say what was being done ("variable tas: …"), and returns `status`
 * unchanged. AMA_OK passes through untouched. Local. */
ama_status ama__wrap(ama_ctx *ctx, ama_status status, const char *fmt, ...) AMA_PRINTF(3, 4);

const char *ama__error_text(const ama_ctx *ctx);
ama_status ama__error_status(const ama_ctx *ctx);
void ama__error_clear(ama_ctx *ctx);
/* Overwrites the record: used by comm/ when another rank's error is taken over. Local. */
void ama__error_set(ama_ctx *ctx, ama_status status, const char *text);

/* Fault injection: true on the AMA_FAULT-th call in this process (counted over all sites), which must then fail as if
 * the real thing had. Sites: memory requests, file opens, reads and writes. Thread-safe. */
bool ama__fault(ama_ctx *ctx);
/* Number of ama__fault calls so far, to let tests loop until no fault is left to inject. */
int64_t ama__fault_count(const ama_ctx *ctx);

#define AMA_TRY(call)                                                                                                  \
    do {                                                                                                               \
        ama_status ama_try_status_ = (call);                                                                           \
        if (ama_try_status_ != AMA_OK) return ama_try_status_;                                                         \
    } while (0)
/* The same where there is cleanup: needs a local `ama_status status` and a label `done`. */
#define AMA_TRY_DONE(call)                                                                                             \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != AMA_OK) goto done;                                                                               \
    } while (0)

#endif
