#include "store/pack.h"

#include <inttypes.h>
#include <string.h>

void ama__pack_bytes(ama__packer *k, const void *src, size_t bytes) {
    if (k->status != AMA_OK || bytes == 0) return;
    if (bytes > k->cap - k->n) {
        size_t cap = k->cap ? k->cap : 4096;
        while (cap - k->n < bytes) {
            if (cap > SIZE_MAX / 2) {
                k->status = ama__fail(k->ctx, AMA_ERR_NOMEM, "metadata to broadcast does not fit in memory");
                return;
            }
            cap *= 2;
        }
        void *p = k->p;
        k->status = ama__mem_realloc(k->ctx, AMA_MEM_META, cap, &p);
        if (k->status != AMA_OK) return;
        k->p = p;
        k->cap = cap;
    }
    memcpy(k->p + k->n, src, bytes);
    k->n += bytes;
}

void ama__pack_i8(ama__packer *k, int64_t x) {
    ama__pack_bytes(k, &x, sizeof x);
}

void ama__pack_text(ama__packer *k, const char *s) {
    ama__pack_i8(k, s ? (int64_t)strlen(s) : -1);
    if (s) ama__pack_bytes(k, s, strlen(s));
}

ama_status ama__unpack_damaged(const ama__unpacker *u, const char *what) {
    return ama__fail(ama__arena_ctx(u->arena), AMA_ERR_FORMAT, "packed metadata is damaged at byte %zu of %zu: %s",
                     u->at, u->n, what);
}

ama_status ama__unpack_bytes(ama__unpacker *u, void *dst, size_t bytes) {
    if (bytes > u->n - u->at) return ama__unpack_damaged(u, "it ends too early");
    if (bytes) memcpy(dst, u->p + u->at, bytes);
    u->at += bytes;
    return AMA_OK;
}

ama_status ama__unpack_i8(ama__unpacker *u, int64_t lo, int64_t hi, int64_t *out) {
    int64_t x = 0;
    AMA_TRY(ama__unpack_bytes(u, &x, sizeof x));
    if (x < lo || x > hi) return ama__unpack_damaged(u, "a number is out of range");
    *out = x;
    return AMA_OK;
}

ama_status ama__unpack_int(ama__unpacker *u, int lo, int hi, int *out) {
    int64_t x = 0;
    AMA_TRY(ama__unpack_i8(u, lo, hi, &x));
    *out = (int)x;
    return AMA_OK;
}

ama_status ama__unpack_count(ama__unpacker *u, size_t each, int64_t *out) {
    int64_t x = 0;
    AMA_TRY(ama__unpack_i8(u, 0, INT64_MAX, &x));
    if ((uint64_t)x > (u->n - u->at) / (each ? each : 1)) return ama__unpack_damaged(u, "a count exceeds what is left");
    *out = x;
    return AMA_OK;
}

ama_status ama__unpack_text(ama__unpacker *u, const char **out) {
    int64_t n = -1;
    *out = NULL;
    AMA_TRY(ama__unpack_i8(u, -1, INT64_MAX, &n));
    if (n < 0) return AMA_OK;
    if ((uint64_t)n > u->n - u->at) return ama__unpack_damaged(u, "a text exceeds what is left");
    AMA_KEEP(u->arena, *out, ama__arena_strndup(u->arena, (const char *)u->p + u->at, (size_t)n));
    u->at += (size_t)n;
    return AMA_OK;
}
