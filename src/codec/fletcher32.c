/* HDF5 filter 3, as H5_checksum_fletcher32 and the file format specification define it.
 *
 * The two sums are taken modulo 65535 with end-around carry, where a sum that is not zero never becomes zero. So they
 * can be formed exactly in wide integers and folded at the end: sum1 = Σ w[i], sum2 = Σ (n - i) w[i]. In blocks of K
 * words the weights K - i are the same for every block, and both inner sums are plain dot products that vectorise. */
#include "codec/steps.h"

enum { BLOCK = 256 }; /* words; Σ (BLOCK - i) * 65535 < 2^32 */

static uint32_t fold(uint64_t x) {
    while (x >> 16) x = (x & 0xffff) + (x >> 16);
    return (uint32_t)x;
}

static uint32_t word(const uint8_t *p) {
    return (uint32_t)p[0] << 8 | p[1];
}

uint32_t ama__fletcher32(const void *data, size_t bytes) {
    const uint8_t *p = data;
    size_t n = bytes / 2, i = 0;
    uint64_t sum1 = 0, sum2 = 0;
    for (; i + BLOCK <= n; i += BLOCK, p += 2 * BLOCK) {
        uint32_t a = 0, b = 0;
        for (uint32_t k = 0; k < BLOCK; k++) {
            a += word(p + 2 * k);
            b += (BLOCK - k) * word(p + 2 * k);
        }
        sum2 = fold(sum2 + BLOCK * sum1 + b);
        sum1 = fold(sum1 + a);
    }
    for (; i < n; i++, p += 2) {
        sum1 += word(p);
        sum2 += sum1;
    }
    if (bytes % 2) {
        sum1 += (uint64_t)*p << 8;
        sum2 += sum1;
    }
    return fold(sum2) << 16 | fold(sum1);
}

ama_status ama__fletcher32_check(ama_ctx *ctx, const void *data, size_t bytes) {
    if (bytes < AMA_FLETCHER32_BYTES)
        return ama__fail(ctx, AMA_ERR_FORMAT, "%zu bytes are too few to end in a fletcher32 checksum", bytes);
    const uint8_t *p = (const uint8_t *)data + (bytes - AMA_FLETCHER32_BYTES);
    uint32_t stored = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    uint32_t sum = ama__fletcher32(data, bytes - AMA_FLETCHER32_BYTES);
    /* HDF5 up to 1.6.2 stored the bytes of each half swapped on little-endian machines */
    uint32_t swapped = (sum & 0x00ff00ffu) << 8 | (sum >> 8 & 0x00ff00ffu);
    if (stored == sum || stored == swapped) return AMA_OK;
    return ama__fail(ctx, AMA_ERR_FORMAT, "fletcher32 checksum is %08x where %08x is stored", sum, stored);
}

void ama__fletcher32_append(void *data, size_t bytes) {
    uint32_t sum = ama__fletcher32(data, bytes);
    uint8_t *p = (uint8_t *)data + bytes;
    for (int i = 0; i < AMA_FLETCHER32_BYTES; i++) p[i] = (uint8_t)(sum >> 8 * i);
}
