/* Flat buffers for broadcast: a growing writer and a reader that checks every length against what is left. Numbers are
 * in this machine's byte order: all ranks of a job share one. */
#ifndef AMA_STORE_PACK_H
#define AMA_STORE_PACK_H

#include "base/memory.h"

typedef struct ama__packer {
    ama_ctx *ctx;
    uint8_t *p; /* category META; the caller's after the last put */
    size_t n, cap;
    ama_status status; /* the first failure stays; later puts do nothing */
} ama__packer;

void ama__pack_bytes(ama__packer *k, const void *src, size_t bytes);
void ama__pack_i8(ama__packer *k, int64_t x);
void ama__pack_text(ama__packer *k, const char *s); /* NULL is kept as NULL */

typedef struct ama__unpacker {
    ama__arena *arena;
    const uint8_t *p;
    size_t n, at;
} ama__unpacker;

/* All give FORMAT with the position when the buffer is too short or a value is outside [lo, hi]. Local. */
ama_status ama__unpack_bytes(ama__unpacker *u, void *dst, size_t bytes);
ama_status ama__unpack_i8(ama__unpacker *u, int64_t lo, int64_t hi, int64_t *out);
ama_status ama__unpack_int(ama__unpacker *u, int lo, int hi, int *out);
/* A number of things that take at least `each` bytes of the buffer apiece. */
ama_status ama__unpack_count(ama__unpacker *u, size_t each, int64_t *out);
ama_status ama__unpack_text(ama__unpacker *u, const char **out); /* into the arena; NULL stays NULL */
ama_status ama__unpack_damaged(const ama__unpacker *u, const char *what);

#endif
