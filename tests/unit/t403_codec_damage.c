/* Damaged chunks of every codec: cut, flipped, overwritten, lengthened. Decoding must refuse them or give some bytes,
 * and must touch nothing outside the buffers: both end at a page that cannot be accessed, so that the libraries, which
 * ASan does not see into, are caught too.
 * TEST: labels=unit,fuzz */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <blosc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "codec_data.h"

enum { PAGES = 48 };

/* The end of PAGES pages that are followed by one without access, and preceded by another. */
static uint8_t *guarded_end(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *p = mmap(NULL, (PAGES + 2) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    assert_int_equal(mprotect(p + page, PAGES * page, PROT_READ | PROT_WRITE), 0);
    return p + (PAGES + 1) * page;
}

static void guarded_free(uint8_t *end) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    munmap(end - (PAGES + 1) * page, (PAGES + 2) * page);
}

/* Damages p[n], which has room for more, and returns its new length. Much of the damage goes to the first and last
 * bytes, where headers and checksums are. */
static size_t damage(uint8_t *p, size_t n, size_t room, uint64_t *rng) {
    static const uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe, 0x10, 0x40};
    int times = 1 + (int)(next_random(rng) % 4);
    for (int t = 0; t < times && n > 0; t++) {
        uint64_t r = next_random(rng);
        size_t near = n < 24 ? n : 24;
        size_t at = r & 1 ? (size_t)(r >> 8) % n : r & 2 ? (size_t)(r >> 8) % near : n - 1 - (size_t)(r >> 8) % near;
        switch (r >> 2 & 7) {
        case 0: n = (size_t)(r >> 8) % n; break; /* cut */
        case 1:                                  /* lengthen */
            for (size_t k = r >> 8 & 15; k > 0 && n < room; k--) p[n++] = (uint8_t)next_random(rng);
            break;
        case 2: p[at] = edges[r >> 40 & 7]; break;
        case 3: /* a run of bytes from elsewhere */ memmove(p + at, p, (size_t)(r >> 40) % (n - at)); break;
        default: p[at] ^= (uint8_t)(1 << (r >> 40 & 7)); break;
        }
    }
    return n;
}

typedef struct count {
    int refused, decoded;
} count;

/* Lets a damaged blosc container pass the comparison of its length with what the header says. */
static void mend_blosc_size(uint8_t *p, size_t n) {
    for (size_t k = 0; k < 4 && n >= 16; k++) p[12 + k] = (uint8_t)(n >> 8 * k);
}

/* True where a checksum over all of the data is verified. In a chunk of a few bytes three flipped bits can mend each
 * other, in the data and in both halves of the checksum; in those of some size that does not come up. */
static bool has_checksum(const ama__pipeline *p) {
    ama__codec outer = p->n > 0 ? p->step[p->n - 1].codec : AMA_CODEC_UNKNOWN;
    return outer == AMA_CODEC_DEFLATE || outer == AMA_CODEC_GZIP || outer == AMA_CODEC_FLETCHER32;
}

typedef struct harness {
    ama_ctx *ctx;
    ama__codec_work *work;
    uint8_t *in_end, *out_end; /* guarded */
    size_t room;
    uint64_t rng;
} harness;

static void harness_init(harness *h, uint64_t seed) {
    h->ctx = ama__ctx_create();
    assert_int_equal(ama__codec_work_create(h->ctx, &h->work), AMA_OK);
    h->in_end = guarded_end();
    h->out_end = guarded_end();
    h->room = (size_t)(PAGES * sysconf(_SC_PAGESIZE));
    h->rng = seed;
}

static void harness_fini(harness *h) {
    guarded_free(h->in_end);
    guarded_free(h->out_end);
    ama__codec_work_destroy(&h->work);
    ama__ctx_destroy(&h->ctx);
}

/* Decodes in[m] from a buffer that ends at a guard into one of `want` bytes that does. */
static ama_status decode_guarded(harness *h, const ama__pipeline *p, uint32_t skip, const uint8_t *in, size_t m,
                                 size_t want) {
    memcpy(h->in_end - m, in, m);
    uint8_t *out = h->out_end - want;
    if (want < h->room) out[-1] = 0x5a;
    ama_status s = ama__pipeline_decode(h->ctx, h->work, p, skip, h->in_end - m, m, out, want);
    if (want < h->room) assert_int_equal(out[-1], 0x5a);
    if (s != AMA_OK && s != AMA_ERR_FORMAT) { /* blosc names its compressor in the container */
        assert_int_equal(s, AMA_ERR_UNSUPPORTED);
        assert_non_null(strstr(ama__error_text(h->ctx), "blosc"));
    }
    ama__error_clear(h->ctx);
    return s;
}

static void try_damage(harness *h, const ama__pipeline *p, const uint8_t *enc, size_t used, const uint8_t *raw,
                       size_t n, count *c) {
    uint8_t *bad = malloc(h->room);
    uint32_t skips = (1u << p->n) - 1;
    bool blosc = p->n > 0 && p->step[p->n - 1].codec == AMA_CODEC_BLOSC;
    int times = n > 10000 ? 200 : 600;
    for (int t = 0; t < times; t++) {
        memcpy(bad, enc, used);
        size_t m = damage(bad, used, h->room, &h->rng);
        if (blosc && t % 4) mend_blosc_size(bad, m);
        uint32_t skip = t % 50 == 49 ? (uint32_t)next_random(&h->rng) & skips : 0;
        size_t want = t % 20 == 19 ? (size_t)next_random(&h->rng) % h->room : n;
        ama_status s = decode_guarded(h, p, skip, bad, m, want);
        if (s == AMA_OK && !skip && want == n && n > 100 && has_checksum(p))
            assert_memory_equal(h->out_end - n, raw, n);
        s == AMA_OK ? c->decoded++ : c->refused++;
    }
    free(bad);
    /* the same, undamaged, straight after: no handle keeps anything of what went wrong */
    assert_int_equal(decode_guarded(h, p, 0, enc, used, n), AMA_OK);
    assert_memory_equal(h->out_end - n, raw, n);
}

static void test_damage(void **state) {
    (void)state;
    static const size_t sizes[] = {5, 300, 6001, 20000};
    ama__pipeline p[PIPELINES];
    int n = all_pipelines(p);
    uint8_t raw[20000], enc[40000];
    harness h;
    harness_init(&h, 12345);
    for (int i = 0; i < n; i++) {
        count c = {0, 0};
        char name[128];
        for (int k = 0; k < 4; k++)
            for (int kind = 0; kind < DATA_KINDS; kind++) {
                size_t used;
                fill_data(raw, sizes[k], kind, 7);
                assert_int_equal(ama__pipeline_encode(h.ctx, h.work, &p[i], raw, sizes[k], enc, sizeof enc, &used),
                                 AMA_OK);
                try_damage(&h, &p[i], enc, used, raw, sizes[k], &c);
            }
        print_message("%-60s %d refused, %d decoded\n", ama__pipeline_print(&p[i], name, sizeof name), c.refused,
                      c.decoded);
        assert_true(c.refused > 0);
    }
    harness_fini(&h);
}

/* Containers of many small blocks, which the encoder makes of large chunks only, have a table of block offsets. */
static void test_blosc_blocks(void **state) {
    (void)state;
    static const char *const names[] = {"blosclz", "lz4", "lz4hc", "zlib", "zstd"};
    uint8_t raw[20000], enc[30000];
    harness h;
    harness_init(&h, 777);
    for (int i = 0; i < 5; i++)
        for (int shuffle = 0; shuffle < 3; shuffle++) {
            ama__pipeline p = STEPS(BLOSC(names[i], 5, shuffle, 4));
            count c = {0, 0};
            fill_data(raw, sizeof raw, DATA_SMOOTH, 7);
            int used = blosc_compress_ctx(9, shuffle, 4, sizeof raw, raw, enc, sizeof enc, names[i], 512, 1);
            assert_true(used > 0);
            for (int again = 0; again < 10; again++) try_damage(&h, &p, enc, (size_t)used, raw, sizeof raw, &c);
            assert_true(c.refused > 0);
        }
    harness_fini(&h);
}

/* ---- parts of chunks of many blocks: 160 x 250 elements of 4 bytes */

static const int64_t part_shape[2] = {160, 250};

static ama__codec_part random_part(harness *h) {
    ama__codec_part p = {.shape = part_shape, .item_bytes = 4, .raw_bytes = 160000, .box.ndim = 2};
    for (int d = 0; d < 2; d++) {
        uint64_t r = next_random(&h->rng);
        p.box.start[d] = (int64_t)(r % (uint64_t)part_shape[d]);
        p.box.count[d] = 1 + (int64_t)((r >> 20) % (uint64_t)(part_shape[d] - p.box.start[d]));
        if (r >> 40 & 1) p.box.count[d] = 1;
    }
    return p;
}

/* Returns how many bytes were left alone. */
static size_t try_part(harness *h, const ama__pipeline *p, const uint8_t *enc, size_t used, const uint8_t *raw,
                       size_t n) {
    ama__codec_part part = random_part(h);
    uint8_t *out = h->out_end - n;
    size_t untouched = 0;
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)~raw[i];
    memcpy(h->in_end - used, enc, used);
    assert_int_equal(ama__pipeline_decode_part(h->ctx, h->work, p, 0, h->in_end - used, used, &part, out), AMA_OK);
    for (int64_t i = 0; i < part.box.count[0]; i++) {
        size_t at = (size_t)((part.box.start[0] + i) * part_shape[1] + part.box.start[1]) * 4;
        assert_memory_equal(out + at, raw + at, (size_t)part.box.count[1] * 4);
    }
    for (size_t i = 0; i < n; i++) untouched += (out[i] ^ raw[i]) == 0xff;

    return untouched;
}

static void damage_part(harness *h, const ama__pipeline *p, const uint8_t *enc, size_t used, size_t n, count *c) {
    uint8_t *bad = malloc(h->room);
    ama__codec_part part = random_part(h);
    memcpy(bad, enc, used);
    size_t m = damage(bad, used, h->room, &h->rng);
    if (m % 4) mend_blosc_size(bad, m);
    memcpy(h->in_end - m, bad, m);
    uint8_t *out = h->out_end - n;
    out[-1] = 0x5a;
    ama_status s = ama__pipeline_decode_part(h->ctx, h->work, p, 0, h->in_end - m, m, &part, out);
    assert_int_equal(out[-1], 0x5a);
    assert_true(s == AMA_OK || s == AMA_ERR_FORMAT || s == AMA_ERR_UNSUPPORTED);
    s == AMA_OK ? c->decoded++ : c->refused++;
    ama__error_clear(h->ctx);
    free(bad);
}

static void test_blosc_parts(void **state) {
    (void)state;
    static const char *const names[] = {"blosclz", "lz4", "zlib", "zstd"};
    static uint8_t raw[160000], enc[180000];
    int n_blocked = 0;
    harness h;
    harness_init(&h, 31);
    for (int i = 0; i < 4; i++)
        for (int kind = 0; kind < DATA_KINDS; kind++)
            for (int shuffle = 0; shuffle < 3; shuffle++) {
                ama__pipeline p = STEPS(BLOSC(names[i], 5, shuffle, 4));
                count c = {0, 0};
                size_t spared = 0;
                fill_data(raw, sizeof raw, kind, 7);
                int used = blosc_compress_ctx(1, shuffle, 4, sizeof raw, raw, enc, sizeof enc, names[i], 4096, 1);
                assert_true(used > 0);
                for (int t = 0; t < 40; t++) spared += try_part(&h, &p, enc, (size_t)used, raw, sizeof raw);
                for (int t = 0; t < 200; t++) damage_part(&h, &p, enc, (size_t)used, sizeof raw, &c);
                size_t raw_bytes, cbytes, block_bytes;
                blosc_cbuffer_sizes(enc, &raw_bytes, &cbytes, &block_bytes);
                assert_int_equal(spared > 0, block_bytes < sizeof raw); /* which is for the encoder to say */
                n_blocked += block_bytes < sizeof raw;
                assert_true(c.refused > 0);
            }
    print_message("%d of 36 containers have several blocks\n", n_blocked);
    assert_true(n_blocked >= 18);
    harness_fini(&h);
}

/* Pure noise as input, of all small lengths. */
static void test_noise(void **state) {
    (void)state;
    ama__pipeline p[PIPELINES];
    int n = all_pipelines(p);
    uint8_t in[200];
    harness h;
    harness_init(&h, 99);
    for (int i = 0; i < n; i++)
        for (size_t m = 0; m < sizeof in; m++) {
            fill_data(in, m, m % 3 ? DATA_RANDOM : DATA_ZERO, next_random(&h.rng));
            decode_guarded(&h, &p[i], 0, in, m, (size_t)next_random(&h.rng) % 300);
        }
    harness_fini(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_damage), cmocka_unit_test(test_blosc_blocks),
                                       cmocka_unit_test(test_blosc_parts), cmocka_unit_test(test_noise)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
