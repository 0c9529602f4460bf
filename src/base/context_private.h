/* The inside of the context, shared by the files of base/ and by nobody else. */
#ifndef AMA_BASE_CONTEXT_PRIVATE_H
#define AMA_BASE_CONTEXT_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/memory.h"

enum { AMA_ERROR_TEXT_BYTES = 8192, AMA_ERROR_LATE_MAX = 64, AMA_POOL_BINS = 8 * 48, AMA_PHASES_MAX = 8 };

/* The error record. Its text has a fixed place, so that recording an error needs no memory. */
typedef struct ama__error_record {
    pthread_mutex_t lock;
    ama_status status;
    /* Threads that failed after the record was taken: what they say with ama__wrap is about another error. */
    int n_late;
    pthread_t owner, late[AMA_ERROR_LATE_MAX];
    char text[AMA_ERROR_TEXT_BYTES];
} ama__error_record;

typedef struct ama__link {
    struct ama__link *prev, *next;
} ama__link;

/* Freed large blocks, by size class and by age; `bytes` is written under the lock and read without. */
typedef struct ama__pool {
    pthread_mutex_t lock;
    _Atomic size_t bytes;
    ama__link age; /* ring, oldest first */
    ama__link bin[AMA_POOL_BINS];
} ama__pool;

typedef struct ama__mem {
    _Atomic size_t limit, keep, used, peak;
    _Atomic size_t category_used[AMA_MEM_N], category_peak[AMA_MEM_N];
    ama__pool pool;
} ama__mem;

struct ama_ctx {
    ama__error_record error;
    ama__mem mem;
    int64_t fault_at; /* 0: never */
    _Atomic int64_t fault_n;
    ama__message_fn *message;
    void *message_user;
    bool phases; /* the clock of phases runs */
    _Atomic int64_t phase_ns[AMA_PHASES_MAX];
};

/* For ama__ctx_create and ama__ctx_destroy. Local. */
void ama__mem_init(ama__mem *m);
void ama__mem_fini(ama__mem *m);

#endif
