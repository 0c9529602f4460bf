#include "base/phase.h"

#include <time.h>

#include "base/context_private.h"

_Static_assert((int)AMA_PHASE_N <= (int)AMA_PHASES_MAX, "room in the context");

/* What the calling thread is doing and since when; -1: nothing that is counted. Leaving a phase restores it, so that
 * sessions which take turns on one thread never see each other's. */
static _Thread_local int current = -1;
static _Thread_local int64_t since_ns;

static int64_t read_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

double ama__now_s(void) {
    return 1e-9 * (double)read_ns(CLOCK_MONOTONIC);
}

double ama__cpu_s(void) {
    return 1e-9 * (double)read_ns(CLOCK_THREAD_CPUTIME_ID);
}

double ama__process_cpu_s(void) {
    return 1e-9 * (double)read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

const char *ama__phase_name(ama__phase p) {
    static const char *const names[AMA_PHASE_N] = {"fetch", "decode", "compute", "exchange", "encode", "write"};
    return names[p];
}

void ama__phase_start(ama_ctx *ctx, bool on) {
    for (int p = 0; p < AMA_PHASE_N; p++) atomic_store(&ctx->phase_ns[p], 0);
    ctx->phases = on;
}

static void change(ama_ctx *ctx, int to) {
    int64_t now = read_ns(CLOCK_MONOTONIC);
    if (current >= 0) atomic_fetch_add_explicit(&ctx->phase_ns[current], now - since_ns, memory_order_relaxed);
    current = to;
    since_ns = now;
}

int ama__phase_enter(ama_ctx *ctx, ama__phase p) {
    int before = current;
    if (ctx->phases && before != (int)p) change(ctx, (int)p);
    return before;
}

void ama__phase_leave(ama_ctx *ctx, int before) {
    if (ctx->phases && before != current) change(ctx, before);
}

double ama__phase_s(const ama_ctx *ctx, ama__phase p) {
    return 1e-9 * (double)atomic_load(&ctx->phase_ns[p]);
}
