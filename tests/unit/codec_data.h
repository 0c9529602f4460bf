/* What the codec tests share: test data, pipelines by short description, guarded buffers. */
#ifndef AMA_TEST_CODEC_DATA_H
#define AMA_TEST_CODEC_DATA_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/pipeline.h"

static inline uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

enum { DATA_ZERO, DATA_SMOOTH, DATA_RANDOM, DATA_KINDS };

static inline void fill_data(uint8_t *p, size_t n, int kind, uint64_t seed) {
    for (size_t i = 0; i < n; i++) {
        if (kind == DATA_ZERO) {
            p[i] = 0;
        } else if (kind == DATA_SMOOTH) { /* floats that climb, with two noisy bytes out of four */
            float x = 280.0f + 0.01f * (float)(i / 4) + (float)((i / 4 * 37 + seed) % 11) * 0.001f;
            memcpy(p + i, (uint8_t *)&x + i % 4, 1);
        } else {
            p[i] = (uint8_t)next_random(&seed);
        }
    }
}

static inline ama__codec_step codec_step(ama__codec codec, int a, int b, int element_bytes, const char *name) {
    ama__codec_step s = {.codec = codec, .a = a, .b = b, .element_bytes = element_bytes};
    snprintf(s.name, sizeof s.name, "%s", name);
    return s;
}

static inline ama__pipeline pipeline_of(int n, const ama__codec_step *steps) {
    ama__pipeline p = {.n = n};
    for (int i = 0; i < n; i++) p.step[i] = steps[i];
    return p;
}

#define STEPS(...)                                                                                                     \
    pipeline_of((int)(sizeof((ama__codec_step[]){__VA_ARGS__}) / sizeof(ama__codec_step)),                             \
                (ama__codec_step[]){__VA_ARGS__})
#define DEFLATE(level) codec_step(AMA_CODEC_DEFLATE, level, 0, 0, "")
#define GZIP(level) codec_step(AMA_CODEC_GZIP, level, 0, 0, "")
#define ZSTD(level) codec_step(AMA_CODEC_ZSTD, level, 0, 0, "")
#define LZ4(acceleration) codec_step(AMA_CODEC_LZ4, acceleration, 0, 0, "")
#define BLOSC(name, level, shuffle, element) codec_step(AMA_CODEC_BLOSC, level, shuffle, element, name)
#define SHUFFLE(element) codec_step(AMA_CODEC_SHUFFLE, 0, 0, element, "")
#define FLETCHER codec_step(AMA_CODEC_FLETCHER32, 0, 0, 0, "")

/* Every codec alone, the usual chains, and unusual ones. */
enum { PIPELINES = 36 };
static inline int all_pipelines(ama__pipeline out[PIPELINES]) {
    ama__pipeline all[] = {
        {.n = 0},
        STEPS(DEFLATE(0)),
        STEPS(DEFLATE(1)),
        STEPS(DEFLATE(9)),
        STEPS(DEFLATE(12)),
        STEPS(DEFLATE(-1)),
        STEPS(GZIP(5)),
        STEPS(ZSTD(1)),
        STEPS(ZSTD(-5)),
        STEPS(ZSTD(12)),
        STEPS(LZ4(1)),
        STEPS(LZ4(9)),
        STEPS(BLOSC("lz4", 5, 1, 4)),
        STEPS(BLOSC("lz4hc", 9, 2, 8)),
        STEPS(BLOSC("blosclz", 3, 0, 1)),
        STEPS(BLOSC("zlib", 1, 1, 2)),
        STEPS(BLOSC("zstd", 3, 2, 3)),
        STEPS(BLOSC("", 0, -1, 300)),
        STEPS(SHUFFLE(1)),
        STEPS(SHUFFLE(2)),
        STEPS(SHUFFLE(4)),
        STEPS(SHUFFLE(8)),
        STEPS(SHUFFLE(7)),
        STEPS(SHUFFLE(100000)),
        STEPS(FLETCHER),
        STEPS(SHUFFLE(4), DEFLATE(1)),
        STEPS(SHUFFLE(8), DEFLATE(4), FLETCHER),
        STEPS(FLETCHER, SHUFFLE(8), DEFLATE(2)),
        STEPS(FLETCHER, SHUFFLE(4)),
        STEPS(FLETCHER, SHUFFLE(100000)),
        STEPS(FLETCHER, FLETCHER, SHUFFLE(2), ZSTD(1)),
        STEPS(FLETCHER, FLETCHER, FLETCHER),
        STEPS(SHUFFLE(4), ZSTD(1), FLETCHER, FLETCHER),
        STEPS(DEFLATE(1), GZIP(1), SHUFFLE(4), ZSTD(1), LZ4(1)),
        STEPS(BLOSC("lz4", 5, 1, 4), FLETCHER, DEFLATE(1)),
        STEPS(FLETCHER, DEFLATE(1), FLETCHER, LZ4(1), FLETCHER, SHUFFLE(2), FLETCHER, GZIP(1)),
    };
    _Static_assert(sizeof all / sizeof *all == PIPELINES, "count");
    memcpy(out, all, sizeof all);
    return PIPELINES;
}

#endif
