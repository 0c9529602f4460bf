/* HDF5 filter 3, as H5_checksum_fletcher32 and the file format specification define it: over big-endian 16-bit words
 * w[0..n), sum1 = Σ w[i] and sum2 = Σ (n - i) w[i], both modulo 65535 with end-around carry.
 *
 * A sum that is not zero never becomes zero by such a carry, so the sums may be formed exactly in wide integers and
 * folded at the end; and a swap of a word's bytes is a product with 256 modulo 65535, so they may be formed over words
 * in the machine's order and swapped at the end. Lane l of LANES holds A = Σ w and B = Σ of A after every step; after m
 * steps its share of sum2 is LANES * B - l * A. That takes additions only and fills vector registers. */
#include "codec/steps.h"

#include <string.h>

/* Two words in each 32-bit element. Wider vectors than every machine has would be kept in memory, not in registers. */
typedef uint32_t lanes __attribute__((vector_size(16)));

enum {
    LANES = 8,
    STEPS = 256, /* B < 2^32 as long as STEPS (STEPS + 1) / 2 * 65535 is */
    BLOCK_BYTES = STEPS * LANES * 2
};

static uint32_t fold(uint64_t x) {
    while (x >> 16) x = (x & 0xffff) + (x >> 16);
    return (uint32_t)x;
}

static void add_block(const uint8_t *p, uint64_t *sum1, uint64_t *sum2) {
    lanes a0 = {0}, b0 = {0}, a1 = {0}, b1 = {0};
    for (size_t i = 0; i < STEPS; i++) {
        lanes x;
        memcpy(&x, p + i * sizeof x, sizeof x);
        a0 += x & 0xffff;
        b0 += a0;
        a1 += x >> 16;
        b1 += a1;
    }
    uint64_t s1 = 0, s2 = 0;
    for (uint64_t k = 0; k < LANES / 2; k++) {
        s1 += (uint64_t)a0[k] + a1[k];
        s2 += LANES * ((uint64_t)b0[k] + b1[k]) - 2 * k * a0[k] - (2 * k + 1) * a1[k];
    }
    *sum2 = fold(*sum2 + (uint64_t)STEPS * LANES * *sum1 + s2);
    *sum1 = fold(*sum1 + s1);
}

uint32_t ama__fletcher32(const void *data, size_t bytes) {
    const uint8_t *p = data;
    uint64_t sum1 = 0, sum2 = 0;
    for (; bytes >= BLOCK_BYTES; bytes -= BLOCK_BYTES, p += BLOCK_BYTES) add_block(p, &sum1, &sum2);
    for (; bytes >= 2; bytes -= 2, p += 2) {
        sum1 += (uint32_t)p[1] << 8 | p[0];
        sum2 += sum1;
    }
    if (bytes) { /* an odd last byte is the high byte of a word */
        sum1 += *p;
        sum2 += sum1;
    }
    uint32_t both = fold(sum2) << 16 | fold(sum1);
    return (both & 0x00ff00ffu) << 8 | (both >> 8 & 0x00ff00ffu);
}

ama_status ama__fletcher32_check(ama_ctx *ctx, const void *data, size_t bytes,
                                 const uint8_t stored[AMA_FLETCHER32_BYTES]) {
    uint32_t sum = ama__fletcher32(data, bytes);
    uint32_t want =
        (uint32_t)stored[0] | (uint32_t)stored[1] << 8 | (uint32_t)stored[2] << 16 | (uint32_t)stored[3] << 24;
    /* HDF5 up to 1.6.2 stored the bytes of each half swapped on little-endian machines */
    uint32_t swapped = (sum & 0x00ff00ffu) << 8 | (sum >> 8 & 0x00ff00ffu);
    if (want == sum || want == swapped) return AMA_OK;
    return ama__fail(ctx, AMA_ERR_FORMAT, "fletcher32 checksum is %08x where %08x is stored", sum, want);
}

void ama__fletcher32_append(void *data, size_t bytes) {
    uint32_t sum = ama__fletcher32(data, bytes);
    uint8_t *p = (uint8_t *)data + bytes;
    for (int i = 0; i < AMA_FLETCHER32_BYTES; i++) p[i] = (uint8_t)(sum >> 8 * i);
}
