/* Chunks that are files of their own, of which nobody knows the length before it is opened, nor whether it is there.
 *
 * Each file has one aggregator. A rank has its wants sorted by number of file and asks for the first of them, as many
 * as a list holds; the aggregator goes through the files in that order and says of each what there is, the bytes with
 * it. So that no file is read twice, a file is served to all that want it or to none of them: not as long as there is a
 * rank whose list ended before it, nor when one of those that want it has no room left in this round. Such a rank gets
 * nothing more in the round, and asks again in the next. The file of the lowest number is always served. */
#include "store/twophase_private.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* What an aggregator says of a file before its bytes. */
enum { LATER = -3, LEFT = -2, MISSING = -1 }; /* LEFT: who wants it reads it, and says what is wrong with it */
typedef struct answer {
    int64_t size, bytes; /* of the file; that are sent now */
} answer;

#define UNKNOWN (-1) /* how many bytes are left */

typedef struct file_want {
    int agg;
    int64_t file;
    ama__read_bytes *got;
} file_want;

/* ---- asking */

static int aggregator_of(const ama__twophase *t, int64_t file) {
    uint64_t h = (uint64_t)file * 0x9E3779B97F4A7C15u;
    h = (h ^ (h >> 29)) * 0xBF58476D1CE4E5B9u;
    return (int)((h >> 32) % (uint64_t)t->n_agg);
}

static int compare(const void *a, const void *b) {
    const file_want *x = a, *y = b;
    if (x->agg != y->agg) return x->agg < y->agg ? -1 : 1;
    return (x->file > y->file) - (x->file < y->file);
}

static ama_status list_files(ama__twophase *t, int n, const ama__io_want *want, file_want **out) {
    file_want *list;
    int n_files = 0;
    AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_META, (size_t)n * sizeof *list, (void **)&list));
    *out = list;
    for (int i = 0; i < n; i++) {
        if (want[i].m->kind != AMA_MANIFEST_FILES) continue;
        int64_t file = t->first_file[want[i].part] + want[i].chunk;
        list[n_files++] = (file_want){aggregator_of(t, file), file, want[i].got};
    }
    if (n_files > 1) qsort(list, (size_t)n_files, sizeof *list, compare);
    for (int i = 0; i < n_files; i++) {
        int k = list[i].agg;
        if (i == 0 || list[i - 1].agg != k) t->next[k] = i;
        t->end[k] = i + 1;
    }
    return AMA_OK;
}

static void ask(ama__twophase *t, const file_want *list) {
    for (int k = 0; k < t->n_agg; k++) {
        int64_t n = t->end[k] - t->next[k];
        t->n_asked[k] = n < t->pieces ? n : t->pieces;
        for (int64_t i = 0; i < t->n_asked[k]; i++) {
            const file_want *w = &list[t->next[k] + i];
            int64_t done = i == 0 ? t->done[k] : 0;
            t->ask[k * t->pieces + i] =
                (ama__io_piece){w->file, done, done > 0 ? (int64_t)w->got->bytes - done : UNKNOWN};
        }
    }
}

/* ---- serving: `place` says which rank asked for a piece */

static answer *answer_to(const ama__twophase *t, int64_t piece) {
    int64_t r = t->place[piece], first = ama__twophase_list_at(t)[r] / (int64_t)sizeof(ama__io_piece);
    return (answer *)(void *)(t->out + r * t->share) + (piece - first);
}

/* Nothing is answered yet; returns the number of the last file that may be: what all ranks want up to there is known.
 */
static int64_t begin_round(ama__twophase *t) {
    const int64_t *bytes = ama__twophase_list_n(t);
    int64_t horizon = INT64_MAX, i = 0;
    for (int r = 0; r < t->nranks; r++) {
        int64_t n = bytes[r] / (int64_t)sizeof(ama__io_piece);
        t->used[r] = n * (int64_t)sizeof(answer);
        t->full[r] = 0;
        for (int64_t j = 0; j < n; j++, i++) {
            t->place[i] = r;
            t->sorted[i] = i;
            *answer_to(t, i) = (answer){LATER, 0};
        }
        if (n == t->pieces && t->order[i - 1].file < horizon) horizon = t->order[i - 1].file;
    }
    return horizon;
}

/* The least room of those that want a file; *fresh: none of them has got bytes in this round. */
static int64_t room_of(const ama__twophase *t, const int64_t *member, int64_t n, bool *fresh) {
    int64_t room = t->share;
    *fresh = true;
    for (int64_t i = 0; i < n; i++) {
        int64_t r = t->place[member[i]], mine = t->full[r] ? 0 : t->share - t->used[r];
        if (mine < room) room = mine;
        *fresh &= t->used[r] == ama__twophase_list_n(t)[r] / (int64_t)sizeof(ama__io_piece) * (int64_t)sizeof(answer);
    }
    return room;
}

static void hold_up(ama__twophase *t, const int64_t *member, int64_t n) {
    for (int64_t i = 0; i < n; i++) t->full[t->place[member[i]]] = 1;
}

static void answer_all(ama__twophase *t, const int64_t *member, int64_t n, answer a) {
    for (int64_t i = 0; i < n; i++) *answer_to(t, member[i]) = a;
}

static const ama__store_var *part_of(const ama__twophase *t, int64_t file) {
    int64_t lo = 0, hi = t->n_parts - 1;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo + 1) / 2;
        if (t->first_file[mid] <= file)
            lo = mid;
        else
            hi = mid - 1;
    }
    return &t->part[lo];
}

/* The next bytes of the open file to all that want it. */
static ama_status send(ama__twophase *t, int fd, const char *path, const int64_t *member, int64_t n, answer a) {
    const ama__io_piece *first = &t->order[member[0]];
    char *data = NULL;
    for (int64_t i = 0; i < n; i++) {
        int64_t r = t->place[member[i]];
        char *to = t->out + r * t->share + t->used[r];
        if (data) memcpy(to, data, (size_t)a.bytes);
        if (!data && a.bytes > 0) AMA_TRY(ama__fetch_pread(t->fetcher, fd, path, first->offset, to, (size_t)a.bytes));
        data = to;
        t->used[r] += a.bytes;
    }
    answer_all(t, member, n, a);
    return AMA_OK;
}

/* A file that does not fit behind what a rank has got already waits for the next round; one that is longer than a round
 * comes in pieces. */
static ama_status serve_open(ama__twophase *t, int fd, const char *path, int64_t most, const int64_t *member,
                             int64_t n) {
    const ama__io_piece *first = &t->order[member[0]];
    bool fresh;
    int64_t room = room_of(t, member, n, &fresh), size;
    AMA_TRY(ama__file_size(t->ctx, fd, path, &size));
    if (first->offset == 0 && size > most) {
        answer_all(t, member, n, (answer){LEFT, 0});
        return AMA_OK;
    }
    int64_t left = first->bytes == UNKNOWN ? size : first->bytes, now = left < room ? left : room;
    if (now == left || fresh) AMA_TRY(send(t, fd, path, member, n, (answer){size, now}));
    if (now < left) hold_up(t, member, n);
    return AMA_OK;
}

static ama_status serve_file(ama__twophase *t, const int64_t *member, int64_t n) {
    const ama__io_piece *first = &t->order[member[0]];
    const ama__store_var *part = part_of(t, first->file);
    const ama__stored_var *v = &part->store->meta.var[part->var];
    const ama__manifest *m = &part->store->manifest[part->var];
    char path[PATH_MAX + 32 * AMA_MAX_DIMS + 8];
    ama__extent e;
    ama__file_ref file;
    bool fresh;
    if (room_of(t, member, n, &fresh) == 0) {
        hold_up(t, member, n);
        return AMA_OK;
    }
    int64_t chunk = first->file - t->first_file[part - t->part];
    AMA_TRY(ama__manifest_locate(t->ctx, m, &v->grid, chunk, &e, path, sizeof path));
    AMA_TRY(ama__file_cache_take_found(t->fetcher->files, path, &file));
    if (file.fd < 0 && first->offset > 0) return ama__file_refused(t->ctx, path, ENOENT);
    if (file.fd < 0) {
        answer_all(t, member, n, (answer){MISSING, 0});
        return AMA_OK;
    }
    ama_status status = serve_open(t, file.fd, path, ama__fetch_file_most(v), member, n);
    ama__file_cache_give(t->fetcher->files, file);
    return ama__wrap(t->ctx, status, "variable %s", v->name);
}

static ama_status serve(ama__twophase *t, int64_t n, int64_t horizon) {
    ama__twophase_sort(t, n);
    for (int64_t i = 0, last; i < n; i = last) {
        const ama__io_piece *first = &t->order[t->sorted[i]];
        if (first->file > horizon) break;
        for (last = i + 1; last < n; last++) {
            const ama__io_piece *p = &t->order[t->sorted[last]];
            if (p->file != first->file || p->offset != first->offset) break;
        }
        AMA_TRY(serve_file(t, t->sorted + i, last - i));
    }
    return AMA_OK;
}

/* ---- one round */

static void exchange_answers(ama__twophase *t) {
    int p = t->nranks;
    int64_t *send_at = t->count + p, *recv_n = send_at + p, *recv_at = recv_n + p;
    for (int r = 0; r < p; r++) send_at[r] = t->used[r] > 0 ? r * t->share : 0;
    ama__comm_alltoall_i8(t->comm, t->used, recv_n);
    memset(recv_at, 0, (size_t)p * sizeof *recv_at);
    for (int k = 0; k < t->n_agg; k++) recv_at[t->agg[k]] = k * t->share;
    ama__comm_alltoallv(t->comm, t->out, t->used, send_at, t->in, recv_n, recv_at);
}

/* Takes in what an aggregator said of the first of this rank's wants. */
static ama_status take_from(ama__twophase *t, int k, const file_want *list) {
    const answer *a = (const answer *)(void *)(t->in + k * t->share);
    const char *data = (const char *)(a + t->n_asked[k]);
    for (int64_t i = 0; i < t->n_asked[k] && a[i].size != LATER; i++) {
        ama__read_bytes *got = list[t->next[k]].got;
        got->missing = a[i].size == MISSING;
        if (a[i].size >= 0 && t->done[k] == 0) {
            AMA_TRY(ama__mem_alloc(t->ctx, AMA_MEM_CHUNK, (size_t)a[i].size, &got->data));
            got->bytes = (size_t)a[i].size;
        }
        if (a[i].bytes > 0) memcpy((char *)got->data + t->done[k], data, (size_t)a[i].bytes);
        data += a[i].bytes;
        t->done[k] += a[i].bytes;
        if (t->done[k] < (int64_t)got->bytes) break;
        t->done[k] = 0;
        t->next[k]++;
    }
    return AMA_OK;
}

static ama_status take(ama__twophase *t, const file_want *list) {
    for (int k = 0; k < t->n_agg; k++) AMA_TRY(take_from(t, k, list));
    return AMA_OK;
}

ama_status ama__twophase_read_files(ama__twophase *t, ama_status local, int n, const ama__io_want *want) {
    enum { DONE, MORE, FAILED };
    file_want *list = NULL;
    int64_t state = MORE;
    for (int k = 0; k < t->n_agg; k++) t->next[k] = t->end[k] = t->done[k] = 0;
    for (int r = 0; r < t->nranks; r++) t->used[r] = 0;
    if (local == AMA_OK) local = list_files(t, n, want, &list);
    while (state == MORE) {
        int64_t n_served, left = 0;
        ask(t, list);
        ama__twophase_lists(t, &n_served);
        if (t->mine >= 0) {
            int64_t horizon = begin_round(t);
            if (local == AMA_OK) local = serve(t, n_served, horizon);
        }
        exchange_answers(t);
        if (local == AMA_OK) local = take(t, list);
        for (int k = 0; k < t->n_agg; k++) left += t->end[k] - t->next[k];
        state = ama__comm_max(t->comm, local != AMA_OK ? FAILED : left > 0 ? MORE : DONE);
    }
    ama__mem_free(t->ctx, list);
    return ama__comm_agree(t->comm, local);
}
