/* Byte shuffle (HDF5 filter 2, numcodecs shuffle): the first bytes of all elements, then the second bytes, ….
 * Sizes 2, 4 and 8 have a plain form, words assembled from or split into planes, and an AVX2 form chosen at run time;
 * any other size goes plane by plane over blocks that stay in cache. */
#include "codec/steps.h"

#include <string.h>

#include "base/isa.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_AVX2 1
#define AVX2 __attribute__((target("avx2")))
#else
#define HAVE_AVX2 0
#endif

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "word assembly is written for little-endian machines");

/* ---- plain: elements [from, n), and [from, to) where the planes are n apart */

#define PLAIN_UNSHUFFLE(word, from, to, n)                                                                             \
    for (size_t i = (from); i < (to); i++) {                                                                           \
        word x = 0;                                                                                                    \
        for (size_t j = 0; j < sizeof(word); j++) x = (word)(x | (word)((word)src[j * (n) + i] << 8 * j));             \
        memcpy(dst + i * sizeof(word), &x, sizeof x);                                                                  \
    }

#define PLAIN_SHUFFLE(word, from, n)                                                                                   \
    for (size_t i = (from); i < (n); i++) {                                                                            \
        word x;                                                                                                        \
        memcpy(&x, src + i * sizeof(word), sizeof x);                                                                  \
        for (size_t j = 0; j < sizeof(word); j++) dst[j * (n) + i] = (uint8_t)(x >> 8 * j);                            \
    }

static void unshuffle2(const uint8_t *restrict src, uint8_t *restrict dst, size_t from, size_t to, size_t n) {
    PLAIN_UNSHUFFLE(uint16_t, from, to, n)
}

static void unshuffle4(const uint8_t *restrict src, uint8_t *restrict dst, size_t from, size_t to, size_t n) {
    PLAIN_UNSHUFFLE(uint32_t, from, to, n)
}

static void unshuffle8(const uint8_t *restrict src, uint8_t *restrict dst, size_t from, size_t to, size_t n) {
    PLAIN_UNSHUFFLE(uint64_t, from, to, n)
}

static void shuffle2(const uint8_t *restrict src, uint8_t *restrict dst, size_t from, size_t n) {
    PLAIN_SHUFFLE(uint16_t, from, n)
}

static void shuffle4(const uint8_t *restrict src, uint8_t *restrict dst, size_t from, size_t n) {
    PLAIN_SHUFFLE(uint32_t, from, n)
}

static void shuffle8(const uint8_t *restrict src, uint8_t *restrict dst, size_t from, size_t n) {
    PLAIN_SHUFFLE(uint64_t, from, n)
}

enum { BLOCK_BYTES = 16384 }; /* of interleaved elements, so that they stay in the first-level cache */

static size_t block_elements(size_t element_bytes) {
    return element_bytes < BLOCK_BYTES / 16 ? BLOCK_BYTES / element_bytes : 16;
}

static void unshuffle_any(size_t size, const uint8_t *restrict src, uint8_t *restrict dst, size_t to, size_t n) {
    size_t step = block_elements(size);
    for (size_t at = 0; at < to; at += step) {
        size_t end = to - at < step ? to : at + step;
        for (size_t j = 0; j < size; j++)
            for (size_t i = at; i < end; i++) dst[i * size + j] = src[j * n + i];
    }
}

static void shuffle_any(size_t size, const uint8_t *restrict src, uint8_t *restrict dst, size_t n) {
    size_t step = block_elements(size);
    for (size_t at = 0; at < n; at += step) {
        size_t end = n - at < step ? n : at + step;
        for (size_t j = 0; j < size; j++)
            for (size_t i = at; i < end; i++) dst[j * n + i] = src[i * size + j];
    }
}

/* ---- AVX2: 32 elements at a time. The interleaved side is read and written so that the low and high halves of a
 * register are 16 elements apart; then the unpacks, which work inside halves, leave every plane in order. Each
 * function returns how many elements it did. */
#if HAVE_AVX2

AVX2 static inline __m256i load(const uint8_t *p) {
    return _mm256_loadu_si256((const __m256i *)p);
}

AVX2 static inline void store(uint8_t *p, __m256i x) {
    _mm256_storeu_si256((__m256i *)p, x);
}

AVX2 static inline __m256i load_halves(const uint8_t *p, size_t apart) {
    __m256i low = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)p));
    return _mm256_inserti128_si256(low, _mm_loadu_si128((const __m128i *)(p + apart)), 1);
}

AVX2 static inline void store_halves(uint8_t *p, size_t apart, __m256i x) {
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(x));
    _mm_storeu_si128((__m128i *)(p + apart), _mm256_extracti128_si256(x, 1));
}

AVX2 static size_t unshuffle2_avx2(const uint8_t *restrict src, uint8_t *restrict dst, size_t to, size_t n) {
    size_t i = 0;
    for (; i + 32 <= to; i += 32) {
        __m256i a = load(src + i), b = load(src + n + i);
        store_halves(dst + 2 * i, 32, _mm256_unpacklo_epi8(a, b));
        store_halves(dst + 2 * i + 16, 32, _mm256_unpackhi_epi8(a, b));
    }
    return i;
}

AVX2 static size_t unshuffle4_avx2(const uint8_t *restrict src, uint8_t *restrict dst, size_t to, size_t n) {
    size_t i = 0;
    for (; i + 32 <= to; i += 32) {
        __m256i a = load(src + i), b = load(src + n + i), c = load(src + 2 * n + i), d = load(src + 3 * n + i);
        __m256i ab = _mm256_unpacklo_epi8(a, b), cd = _mm256_unpacklo_epi8(c, d);
        uint8_t *p = dst + 4 * i;
        store_halves(p, 64, _mm256_unpacklo_epi16(ab, cd));
        store_halves(p + 16, 64, _mm256_unpackhi_epi16(ab, cd));
        ab = _mm256_unpackhi_epi8(a, b), cd = _mm256_unpackhi_epi8(c, d);
        store_halves(p + 32, 64, _mm256_unpacklo_epi16(ab, cd));
        store_halves(p + 48, 64, _mm256_unpackhi_epi16(ab, cd));
    }
    return i;
}

/* pairs[k]: bytes 2k and 2k+1 of 8 elements in each half */
AVX2 static inline void store_words8(uint8_t *p, const __m256i pairs[4]) {
    __m256i low = _mm256_unpacklo_epi16(pairs[0], pairs[1]), high = _mm256_unpacklo_epi16(pairs[2], pairs[3]);
    store_halves(p, 128, _mm256_unpacklo_epi32(low, high));
    store_halves(p + 16, 128, _mm256_unpackhi_epi32(low, high));
    low = _mm256_unpackhi_epi16(pairs[0], pairs[1]), high = _mm256_unpackhi_epi16(pairs[2], pairs[3]);
    store_halves(p + 32, 128, _mm256_unpacklo_epi32(low, high));
    store_halves(p + 48, 128, _mm256_unpackhi_epi32(low, high));
}

AVX2 static size_t unshuffle8_avx2(const uint8_t *restrict src, uint8_t *restrict dst, size_t to, size_t n) {
    size_t i = 0;
    for (; i + 32 <= to; i += 32) {
        __m256i low[4], high[4];
        for (size_t k = 0; k < 4; k++) {
            __m256i a = load(src + 2 * k * n + i), b = load(src + (2 * k + 1) * n + i);
            low[k] = _mm256_unpacklo_epi8(a, b);
            high[k] = _mm256_unpackhi_epi8(a, b);
        }
        store_words8(dst + 8 * i, low);
        store_words8(dst + 8 * i + 64, high);
    }
    return i;
}

AVX2 static size_t shuffle2_avx2(const uint8_t *restrict src, uint8_t *restrict dst, size_t n) {
    const __m256i split =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15));
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i a = _mm256_shuffle_epi8(load_halves(src + 2 * i, 32), split);
        __m256i b = _mm256_shuffle_epi8(load_halves(src + 2 * i + 16, 32), split);
        store(dst + i, _mm256_unpacklo_epi64(a, b));
        store(dst + n + i, _mm256_unpackhi_epi64(a, b));
    }
    return i;
}

AVX2 static size_t shuffle4_avx2(const uint8_t *restrict src, uint8_t *restrict dst, size_t n) {
    const __m256i split =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i x[4];
        for (size_t k = 0; k < 4; k++) x[k] = _mm256_shuffle_epi8(load_halves(src + 4 * i + 16 * k, 64), split);
        __m256i a = _mm256_unpacklo_epi32(x[0], x[1]), b = _mm256_unpacklo_epi32(x[2], x[3]);
        store(dst + i, _mm256_unpacklo_epi64(a, b));
        store(dst + n + i, _mm256_unpackhi_epi64(a, b));
        a = _mm256_unpackhi_epi32(x[0], x[1]), b = _mm256_unpackhi_epi32(x[2], x[3]);
        store(dst + 2 * n + i, _mm256_unpacklo_epi64(a, b));
        store(dst + 3 * n + i, _mm256_unpackhi_epi64(a, b));
    }
    return i;
}

/* x[k]: planes 4h..4h+3 of elements 4k..4k+3 in each half, 4 bytes a plane; writes those four planes */
AVX2 static inline void store_planes8(uint8_t *dst, size_t n, const __m256i x[4]) {
    __m256i a = _mm256_unpacklo_epi32(x[0], x[1]), b = _mm256_unpacklo_epi32(x[2], x[3]);
    store(dst, _mm256_unpacklo_epi64(a, b));
    store(dst + n, _mm256_unpackhi_epi64(a, b));
    a = _mm256_unpackhi_epi32(x[0], x[1]), b = _mm256_unpackhi_epi32(x[2], x[3]);
    store(dst + 2 * n, _mm256_unpacklo_epi64(a, b));
    store(dst + 3 * n, _mm256_unpackhi_epi64(a, b));
}

AVX2 static size_t shuffle8_avx2(const uint8_t *restrict src, uint8_t *restrict dst, size_t n) {
    const __m256i split =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i low[4], high[4];
        for (size_t k = 0; k < 4; k++) {
            __m256i a = _mm256_shuffle_epi8(load_halves(src + 8 * i + 32 * k, 128), split);
            __m256i b = _mm256_shuffle_epi8(load_halves(src + 8 * i + 32 * k + 16, 128), split);
            low[k] = _mm256_unpacklo_epi16(a, b);
            high[k] = _mm256_unpackhi_epi16(a, b);
        }
        store_planes8(dst + i, n, low);
        store_planes8(dst + 4 * n + i, n, high);
    }
    return i;
}

bool ama__shuffle_simd(void) {
    return ama__isa_wanted() >= AMA_ISA_AVX2;
}

#define SHUFFLE_FROM(name) (simd ? name##_avx2(src, dst, n) : 0)
#define UNSHUFFLE_FROM(name) (simd ? name##_avx2(src, dst, to, n) : 0)

#else

bool ama__shuffle_simd(void) {
    return false;
}

#define SHUFFLE_FROM(name) ((void)simd, 0)
#define UNSHUFFLE_FROM(name) ((void)simd, 0)

#endif

/* ---- either way */

void ama__unshuffle_split(bool simd, size_t element_bytes, const uint8_t *src, size_t bytes, uint8_t *dst,
                          size_t dst_bytes, uint8_t *tail) {
    size_t n = bytes / element_bytes, to = dst_bytes / element_bytes, whole = n * element_bytes;
    switch (element_bytes) {
    case 1: memcpy(dst, src, to); break;
    case 2: unshuffle2(src, dst, UNSHUFFLE_FROM(unshuffle2), to, n); break;
    case 4: unshuffle4(src, dst, UNSHUFFLE_FROM(unshuffle4), to, n); break;
    case 8: unshuffle8(src, dst, UNSHUFFLE_FROM(unshuffle8), to, n); break;
    default: unshuffle_any(element_bytes, src, dst, to, n);
    }
    /* what neither fills an element nor stays on one side of the cut */
    for (size_t i = to * element_bytes; i < bytes; i++) {
        uint8_t x = i < whole ? src[i % element_bytes * n + i / element_bytes] : src[i];
        if (i < dst_bytes)
            dst[i] = x;
        else
            tail[i - dst_bytes] = x;
    }
}

void ama__unshuffle_bytes(bool simd, size_t element_bytes, const uint8_t *src, uint8_t *dst, size_t bytes) {
    ama__unshuffle_split(simd, element_bytes, src, bytes, dst, bytes, NULL);
}

void ama__shuffle_bytes(bool simd, size_t element_bytes, const uint8_t *src, uint8_t *dst, size_t bytes) {
    size_t n = bytes / element_bytes, rest = bytes % element_bytes;
    switch (element_bytes) {
    case 1: memcpy(dst, src, bytes); return;
    case 2: shuffle2(src, dst, SHUFFLE_FROM(shuffle2), n); break;
    case 4: shuffle4(src, dst, SHUFFLE_FROM(shuffle4), n); break;
    case 8: shuffle8(src, dst, SHUFFLE_FROM(shuffle8), n); break;
    default: shuffle_any(element_bytes, src, dst, n);
    }
    memcpy(dst + (bytes - rest), src + (bytes - rest), rest);
}

ama_status ama__shuffle_decode(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                               size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    if (src_bytes > dst_cap)
        return ama__fail(ctx, AMA_ERR_FORMAT, "%zu shuffled bytes where at most %zu are expected", src_bytes, dst_cap);
    ama__unshuffle_bytes(w->simd, (size_t)step->element_bytes, src, dst, src_bytes);
    *dst_bytes = src_bytes;
    return AMA_OK;
}

ama_status ama__shuffle_encode(ama_ctx *ctx, ama__codec_work *w, const ama__codec_step *step, const void *src,
                               size_t src_bytes, void *dst, size_t dst_cap, size_t *dst_bytes) {
    (void)ctx, (void)dst_cap;
    ama__shuffle_bytes(w->simd, (size_t)step->element_bytes, src, dst, src_bytes);
    *dst_bytes = src_bytes;
    return AMA_OK;
}

size_t ama__shuffle_bound(size_t raw_bytes) {
    return raw_bytes;
}
