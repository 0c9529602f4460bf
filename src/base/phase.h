/* Where the time of a run goes. Each thread is in one phase at a time, so that the times of all phases together never
 * pass threads times wall. Off until started: then a mark costs a branch, otherwise a read of the clock. */
#ifndef AMA_BASE_PHASE_H
#define AMA_BASE_PHASE_H

#include "base/context.h"

typedef enum ama__phase {
    AMA_PHASE_FETCH,    /* opening files and reading stored bytes */
    AMA_PHASE_DECODE,   /* chunk pipelines backwards */
    AMA_PHASE_COMPUTE,  /* evaluation, reductions, order statistics */
    AMA_PHASE_EXCHANGE, /* data between ranks, merging what came, and waiting for other ranks */
    AMA_PHASE_ENCODE,   /* chunk pipelines forwards */
    AMA_PHASE_WRITE,    /* putting output chunks together, writing them and the metadata, renaming */
    AMA_PHASE_N
} ama__phase;

const char *ama__phase_name(ama__phase p);

/* Sets all times to zero and turns the clock on or off; no thread may be in a phase. Local. */
void ama__phase_start(ama_ctx *ctx, bool on);
/* The calling thread is in `p` until it leaves: its time goes there, and no longer to the phase it was in. Returns what
 * ama__phase_leave wants. Local, any thread. */
int ama__phase_enter(ama_ctx *ctx, ama__phase p);
void ama__phase_leave(ama_ctx *ctx, int before);
/* Seconds spent so far in a phase, summed over this rank's threads. Local. */
double ama__phase_s(const ama_ctx *ctx, ama__phase p);

/* Seconds of a clock that never jumps. Local. */
double ama__now_s(void);
/* Seconds of CPU the calling thread has used: for measurements that others on the machine should not spoil. Local. */
double ama__cpu_s(void);
/* The same of all threads of the process since it began. Local. */
double ama__process_cpu_s(void);

#endif
