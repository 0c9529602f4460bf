/* Text arrays, read whole when their manifest is made. Fixed-length text comes through the ordinary chunk reader with
 * long elements. vlen-utf8 chunks (numcodecs: uint32 LE count, then per text uint32 LE length and its bytes) do not
 * tell their raw size, so it is taken from the compressed stream. */
#include <inttypes.h>
#include <libdeflate.h>
#include <limits.h>
#include <string.h>
#include <zstd.h>

#include "store/fetch.h"
#include "store/file.h"
#include "store/zarr_private.h"

typedef struct text_reader {
    ama__zarr *z;
    ama__arena *arena; /* for the texts */
    const ama__stored_var *v;
    const ama__zarr_array *a;
    const ama__manifest *files;
    ama__fetcher *f;
    ama__codec_work *w;
    int64_t n_items; /* of a chunk */
    char **out;      /* the whole array */
} text_reader;

/* ---- one element */

static size_t utf8_bytes(uint32_t u, char *to) {
    if (u >= 0x110000 || (u >= 0xd800 && u < 0xe000)) u = 0xfffd;
    if (u < 0x80) {
        to[0] = (char)u;
        return 1;
    }
    int more = u < 0x800 ? 1 : u < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    to[0] = (char)(lead[more] | u >> (6 * more));
    for (int i = 1; i <= more; i++) to[i] = (char)(0x80 | (u >> (6 * (more - i)) & 0x3f));
    return (size_t)more + 1;
}

static char *from_ucs4(const text_reader *r, const char *item) {
    size_t n = r->a->item_bytes / 4, bytes = 0;
    char *s = ama__arena_alloc(r->arena, 4 * n + 1);
    for (size_t i = 0; s && i < n; i++) {
        uint32_t u;
        memcpy(&u, item + 4 * i, 4);
        if (r->a->swapped) ama__bytes_swap(&u, 1, 4);
        if (u == 0) break;
        bytes += utf8_bytes(u, s + bytes);
    }
    return s;
}

static ama_status put_text(const text_reader *r, const char *item, char **out) {
    if (r->a->text == AMA_ZARR_UCS4)
        AMA_KEEP(r->arena, *out, from_ucs4(r, item));
    else
        AMA_KEEP(r->arena, *out, ama__arena_strndup(r->arena, item, strnlen(item, r->a->item_bytes)));
    return AMA_OK;
}

/* ---- fixed-length chunks */

static ama_status read_fixed(const text_reader *r, int64_t chunk, char **texts) {
    void *raw;
    size_t bytes = r->a->item_bytes;
    AMA_TRY(ama__mem_alloc(r->z->ctx, AMA_MEM_CHUNK, (size_t)r->n_items * bytes, &raw));
    ama_status status = ama__fetch_items(r->f, r->w, r->v, r->files, chunk, bytes, r->a->fill_item, raw);
    for (int64_t i = 0; status == AMA_OK && i < r->n_items; i++)
        status = put_text(r, (const char *)raw + (size_t)i * bytes, &texts[i]);
    ama__mem_free(r->z->ctx, raw);
    return status;
}

/* ---- vlen-utf8 chunks */

static uint32_t little4(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Raw size of a deflate stream: by decoding it into ever larger room. */
static ama_status deflate_size(const text_reader *r, bool gzip, const uint8_t *src, size_t n, size_t *out) {
    ama_ctx *ctx = r->z->ctx;
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    if (!d) return ama__fail(ctx, AMA_ERR_NOMEM, "no memory for a decompressor");
    enum libdeflate_result result = LIBDEFLATE_INSUFFICIENT_SPACE;
    ama_status status = AMA_OK;
    for (size_t room = 4 * n + 4096; result == LIBDEFLATE_INSUFFICIENT_SPACE && room < 16 * (size_t)AMA_INLINE_MAX;
         room *= 4) {
        void *tmp;
        status = ama__mem_alloc(ctx, AMA_MEM_SCRATCH, room, &tmp);
        if (status != AMA_OK) break;
        result = gzip ? libdeflate_gzip_decompress(d, src, n, tmp, room, out)
                      : libdeflate_zlib_decompress(d, src, n, tmp, room, out);
        ama__mem_free(ctx, tmp);
    }
    libdeflate_free_decompressor(d);
    if (status != AMA_OK || result == LIBDEFLATE_SUCCESS) return status;
    return ama__fail(ctx, AMA_ERR_FORMAT, "the compressed text is damaged or too large");
}

static ama_status raw_size(const text_reader *r, const uint8_t *src, size_t n, size_t *out) {
    const ama__pipeline *p = &r->v->pipeline;
    ama_ctx *ctx = r->z->ctx;
    unsigned long long size = 0;
    *out = n;
    if (p->n == 0) return AMA_OK;
    if (p->n > 1) return ama__fail(ctx, AMA_ERR_UNSUPPORTED, "vlen-utf8 with further filters");
    switch (p->step[0].codec) {
    case AMA_CODEC_DEFLATE:
    case AMA_CODEC_GZIP: return deflate_size(r, p->step[0].codec == AMA_CODEC_GZIP, src, n, out);
    case AMA_CODEC_BLOSC:
        if (n >= 16) size = little4(src + 4);
        break;
    case AMA_CODEC_LZ4:
        if (n >= 4) size = little4(src);
        break;
    case AMA_CODEC_ZSTD: size = ZSTD_getFrameContentSize(src, n); break;
    default: return ama__pipeline_check(ctx, p);
    }
    if (size < 4 || size > 16 * (unsigned long long)AMA_INLINE_MAX)
        return ama__fail(ctx, AMA_ERR_FORMAT, "the compressed text is damaged or too large");
    *out = (size_t)size;
    return AMA_OK;
}

static ama_status split_texts(const text_reader *r, const uint8_t *raw, size_t n, char **texts) {
    ama_ctx *ctx = r->z->ctx;
    if (n < 4 || little4(raw) != (uint64_t)r->n_items)
        return ama__fail(ctx, AMA_ERR_FORMAT, "vlen-utf8: not the %" PRId64 " texts of a chunk", r->n_items);
    size_t at = 4;
    for (int64_t i = 0; i < r->n_items; i++) {
        if (n - at < 4 || little4(raw + at) > n - at - 4)
            return ama__fail(ctx, AMA_ERR_FORMAT, "vlen-utf8: text %" PRId64 " ends outside the chunk", i);
        uint32_t length = little4(raw + at);
        AMA_KEEP(r->arena, texts[i], ama__arena_strndup(r->arena, (const char *)raw + at + 4, length));
        at += 4 + (size_t)length;
    }
    return AMA_OK;
}

static ama_status decode_vlen(const text_reader *r, const uint8_t *src, size_t n, char **texts) {
    size_t bytes;
    void *raw;
    AMA_TRY(raw_size(r, src, n, &bytes));
    if (r->v->pipeline.n == 0) return split_texts(r, src, n, texts);
    AMA_TRY(ama__mem_alloc(r->z->ctx, AMA_MEM_CHUNK, bytes, &raw));
    ama_status status = ama__pipeline_decode(r->z->ctx, r->w, &r->v->pipeline, 0, src, n, raw, bytes);
    if (status == AMA_OK) status = split_texts(r, raw, bytes, texts);
    ama__mem_free(r->z->ctx, raw);
    return status;
}

static ama_status read_vlen_file(const text_reader *r, int fd, const char *path, char **texts) {
    ama_ctx *ctx = r->z->ctx;
    int64_t size;
    size_t got;
    void *src;
    AMA_TRY(ama__file_size(ctx, fd, path, &size));
    AMA_TRY(ama__mem_alloc(ctx, AMA_MEM_CHUNK, (size_t)size, &src));
    ama_status status = ama__file_read(ctx, fd, path, 0, src, (size_t)size, &got);
    if (status == AMA_OK) status = decode_vlen(r, src, got, texts);
    ama__mem_free(ctx, src);
    return status == AMA_ERR_FORMAT || status == AMA_ERR_UNSUPPORTED
               ? ama__wrap(ctx, status, "%s > variable %s", path, r->v->name)
               : status;
}

static ama_status read_vlen(const text_reader *r, int64_t chunk, char **texts) {
    ama_ctx *ctx = r->z->ctx;
    ama__extent e;
    int fd;
    char path[PATH_MAX + 32 * AMA_MAX_DIMS + 8];
    AMA_TRY(ama__manifest_locate(ctx, r->files, &r->v->grid, chunk, &e, path, sizeof path));
    AMA_TRY(ama__file_open_if(ctx, path, &fd));
    for (int64_t i = 0; fd < 0 && i < r->n_items; i++) texts[i] = (char *)"";
    if (fd < 0) return AMA_OK;
    ama_status status = read_vlen_file(r, fd, path, texts);
    ama__file_close(fd);
    return status;
}

/* ---- the whole array */

static void place(const text_reader *r, int64_t chunk, char *const *texts) {
    const ama__chunkgrid *g = &r->v->grid;
    int64_t index[AMA_MAX_DIMS];
    ama__chunkgrid_index(g, chunk, index);
    ama__box part = ama__chunkgrid_box(g, index), stored = part, whole = ama__box_whole(g->ndim, g->shape);
    memcpy(stored.count, g->chunk, (size_t)g->ndim * sizeof stored.count[0]);
    ama__box_copy(&part, sizeof *texts, texts, &stored, r->out, &whole);
}

static ama_status read_chunks(text_reader *r) {
    void *texts = NULL;
    ama_ctx *ctx = r->z->ctx;
    size_t bytes;
    ama_status status;
    if (!ama__shape_size(r->v->grid.ndim, r->v->grid.chunk, &r->n_items) ||
        __builtin_mul_overflow((size_t)r->n_items, sizeof(char *), &bytes))
        return ama__fail(ctx, AMA_ERR_FORMAT, "%s: its chunks are too large", r->a->path);
    AMA_TRY_DONE(ama__fetcher_create(ctx, &r->f));
    AMA_TRY_DONE(ama__codec_work_create(ctx, &r->w));
    AMA_TRY_DONE(ama__mem_alloc(ctx, AMA_MEM_SCRATCH, bytes, &texts));
    for (int64_t k = 0; k < r->v->grid.n_chunks; k++) {
        AMA_TRY_DONE(r->a->text == AMA_ZARR_VLEN ? read_vlen(r, k, texts) : read_fixed(r, k, texts));
        place(r, k, texts);
    }
done:
    ama__mem_free(ctx, texts);
    ama__codec_work_destroy(&r->w);
    ama__fetcher_destroy(&r->f);
    return status;
}

ama_status ama__zarr_read_text(ama__zarr *z, ama__arena *arena, const ama__stored_var *v, const ama__zarr_array *a,
                               ama__manifest *out) {
    text_reader r = {.z = z, .arena = arena, .v = v, .a = a, .files = out};
    ama__manifest files = *out;
    int64_t n;
    if (!ama__shape_size(v->ndim, v->grid.shape, &n) || n > AMA_INLINE_MAX / (int64_t)sizeof(char *))
        return ama__fail(z->ctx, AMA_ERR_UNSUPPORTED, "%s: a text array of more than %d MiB", a->path,
                         (int)(AMA_INLINE_MAX >> 20));
    r.files = &files;
    if (a->text == AMA_ZARR_VLEN && v->fortran && v->ndim > 1)
        return ama__fail(z->ctx, AMA_ERR_UNSUPPORTED, "%s: vlen-utf8 in order F", a->path);
    AMA_NEW(arena, r.out, n);
    AMA_TRY(read_chunks(&r));
    *out = (ama__manifest){
        .kind = AMA_MANIFEST_INLINE, .path = a->path, .inline_data = r.out, .inline_bytes = (size_t)n * sizeof(char *)};
    return AMA_OK;
}
