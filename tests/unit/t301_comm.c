/* TEST: np=1,2,3,4,7 labels=mpi
 * Communicators: agreement under random failures, buffers of any size in small pieces, single values. */
#include "cmocka_all.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/memory.h"
#include "comm/mpi.h"

typedef struct world {
    ama_ctx *ctx;
    ama__comm *comm;
    int rank, nranks;
    uint64_t random; /* the same on all ranks */
} world;

/* Equal on all ranks as long as all ranks call it equally often. */
static int64_t shared_random(world *w, int64_t n) {
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (int64_t)(w->random % (uint64_t)n);
}

static unsigned char byte_of(int from, int to, int64_t i) {
    return (unsigned char)(from * 31 + to * 17 + i * 7 + (i >> 8));
}

static int setup(void **state) {
    static world w;
    w = (world){.ctx = ama__ctx_create(), .random = 88172645463325252u};
    if (ama__comm_create(w.ctx, MPI_COMM_WORLD, &w.comm) != AMA_OK) return 1;
    w.rank = ama__comm_rank(w.comm);
    w.nranks = ama__comm_nranks(w.comm);
    *state = &w;
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    ama__comm_destroy(&w->comm);
    int leaked = ama__mem_used(w->ctx) != 0;
    ama__ctx_destroy(&w->ctx);
    return leaked;
}

static void ranks(void **state) {
    world *w = *state;
    int rank, nranks, same;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &nranks);
    assert_int_equal(w->rank, rank);
    assert_int_equal(w->nranks, nranks);
    assert_true(ama__comm_node_rank(w->comm) < ama__comm_node_nranks(w->comm));
    assert_true(ama__comm_node_nranks(w->comm) <= nranks);
    assert_ptr_equal(ama__comm_ctx(w->comm), w->ctx);
    MPI_Comm_compare(ama__comm_mpi(w->comm), MPI_COMM_WORLD, &same);
    assert_int_equal(same, MPI_CONGRUENT);
    ama__comm_barrier(w->comm);
}

/* The price of a failure is one broadcast, and nobody waits for ever. */
static void agreement(void **state) {
    world *w = *state;
    for (int trial = 0; trial < 2000; trial++) {
        /* each rank fails with a chance that goes from rare to certain; the first trials fail on one rank each */
        int lowest = -1, lowest_status = AMA_OK, mine = AMA_OK;
        for (int r = 0; r < w->nranks; r++) {
            bool fails = trial < w->nranks ? r == trial : shared_random(w, 2000) < trial / 2;
            int status = 1 + (int)shared_random(w, AMA_ERR_PEER);
            if (fails && lowest < 0) {
                lowest = r;
                lowest_status = status;
            }
            if (fails && r == w->rank) mine = status;
        }
        bool silent = shared_random(w, 10) == 0; /* a status without a text */
        if (mine != AMA_OK && !silent) {
            ama__fail(w->ctx, (ama_status)mine, "trial %d failed on rank %d", trial, w->rank);
            ama__fail(w->ctx, AMA_ERR_INTERNAL, "a consequence");
        }
        int agreed = ama__comm_agree(w->comm, (ama_status)mine);
        char want[64] = "";
        if (lowest >= 0 && silent) snprintf(want, sizeof want, "an error without a text");
        if (lowest >= 0 && !silent) snprintf(want, sizeof want, "trial %d failed on rank %d", trial, lowest);
        assert_int_equal(agreed, lowest_status);
        assert_int_equal(ama__error_status(w->ctx), lowest_status);
        assert_string_equal(ama__error_text(w->ctx), want);
        ama__error_clear(w->ctx);
    }
}

static void long_texts_travel(void **state) {
    world *w = *state;
    char text[7000];
    memset(text, 'y', sizeof text);
    text[sizeof text - 1] = '\0';
    int last = w->nranks - 1;
    assert_int_equal(ama__comm_agree(w->comm, w->rank == last ? ama__fail(w->ctx, AMA_ERR_IO, "%s", text) : AMA_OK),
                     AMA_ERR_IO);
    assert_string_equal(ama__error_text(w->ctx), text);
    /* a phase that goes well after a failed one */
    assert_int_equal(ama__comm_agree(w->comm, AMA_OK), AMA_OK);
    ama__error_clear(w->ctx);
}

/* Of more values than are summed at one time. */
static void sums_of_many(void **state) {
    world *w = *state;
    int64_t many = 150001, n = w->nranks, *x = malloc((size_t)many * sizeof *x);
    for (int64_t i = 0; i < many; i++) x[i] = i * (w->rank + 1);
    ama__comm_sum_each(w->comm, x, many);
    for (int64_t i = 0; i < many; i++) assert_int_equal(x[i], i * (n * (n + 1) / 2));
    ama__comm_sum_each(w->comm, x, 0);
    free(x);
}

static void single_values(void **state) {
    world *w = *state;
    int64_t n = w->nranks, r = w->rank, huge = (int64_t)1 << 58;
    assert_int_equal(ama__comm_sum(w->comm, huge / 64 + r), huge / 64 * n + n * (n - 1) / 2);
    assert_int_equal(ama__comm_max(w->comm, huge + r), huge + n - 1);
    assert_int_equal(ama__comm_min(w->comm, -huge - r), -huge - n + 1);
    assert_int_equal(ama__comm_exscan_sum(w->comm, r + 1), r * (r + 1) / 2);
    assert_true(ama__comm_max_f8(w->comm, -1.5 * (double)(r + 1)) == -1.5);
    assert_true(ama__comm_max_f8(w->comm, r == n - 1 ? INFINITY : 0) == INFINITY);
}

static void broadcasts(void **state) {
    world *w = *state;
    static const int64_t pieces[] = {AMA_COMM_PIECE, 1000, 7};
    for (int trial = 0; trial < 60; trial++) {
        ama__comm_set_piece(w->comm, pieces[trial % 3]);
        int root = (int)shared_random(w, w->nranks);
        size_t bytes = trial % 5 == 0 ? 0 : (size_t)shared_random(w, 3000), got = 0;
        void *buf = NULL;
        if (w->rank == root) {
            got = bytes;
            assert_int_equal(ama__mem_alloc(w->ctx, AMA_MEM_META, bytes, &buf), AMA_OK);
            for (size_t i = 0; i < bytes; i++) ((unsigned char *)buf)[i] = byte_of(root, trial, (int64_t)i);
        }
        assert_int_equal(ama__comm_bcast_buffer(w->comm, &buf, &got, root), AMA_OK);
        assert_int_equal(got, bytes);
        assert_non_null(buf);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(((unsigned char *)buf)[i], byte_of(root, trial, (int64_t)i));

        size_t each = bytes / (size_t)w->nranks;
        unsigned char *all = malloc(each * (size_t)w->nranks + 1), *mine = malloc(each + 1);
        for (size_t i = 0; i < each; i++) mine[i] = byte_of(w->rank, 0, (int64_t)i);
        ama__comm_allgather(w->comm, mine, each, all);
        for (int r = 0; r < w->nranks; r++)
            for (size_t i = 0; i < each; i++) assert_int_equal(all[(size_t)r * each + i], byte_of(r, 0, (int64_t)i));
        free(all);
        free(mine);
        ama__mem_free(w->ctx, buf);
    }
}

/* A rank without room: all ranks say so, and nothing is left behind. */
static void broadcasts_that_do_not_fit(void **state) {
    world *w = *state;
    if (w->nranks == 1) skip();
    for (int root = 0; root < w->nranks; root++) {
        int poor = (root + 1) % w->nranks;
        size_t bytes = w->rank == root ? 200000 : 0, before = ama__mem_used(w->ctx);
        void *buf = NULL;
        if (w->rank == root) assert_int_equal(ama__mem_calloc(w->ctx, AMA_MEM_META, 1, bytes, &buf), AMA_OK);
        if (w->rank == poor) ama__mem_set_limit(w->ctx, before + 1000);
        assert_int_equal(ama__comm_bcast_buffer(w->comm, &buf, &bytes, root), AMA_ERR_BUDGET);
        assert_non_null(strstr(ama__error_text(w->ctx), "memory budget"));
        ama__mem_set_limit(w->ctx, 0);
        if (w->rank != root) assert_true(buf == NULL && bytes == 0);
        ama__mem_free(w->ctx, buf);
        assert_int_equal(ama__mem_used(w->ctx), before);
        ama__error_clear(w->ctx);

        void *all = &all;
        int64_t *offset = calloc((size_t)w->nranks + 1, sizeof *offset);
        char mine[5000] = {0};
        if (w->rank == root) ama__mem_set_limit(w->ctx, before + 1000);
        assert_int_equal(ama__comm_gatherv(w->comm, mine, sizeof mine, &all, offset, root), AMA_ERR_BUDGET);
        ama__mem_set_limit(w->ctx, 0);
        assert_null(all);
        assert_int_equal(ama__mem_used(w->ctx), before);
        ama__error_clear(w->ctx);
        free(offset);
    }
}

static void gathers(void **state) {
    world *w = *state;
    static const int64_t pieces[] = {AMA_COMM_PIECE, 100, 7};
    int64_t *offset = malloc(((size_t)w->nranks + 1) * sizeof *offset),
            *sizes = malloc((size_t)w->nranks * sizeof *sizes);
    for (int trial = 0; trial < 90; trial++) {
        ama__comm_set_piece(w->comm, pieces[trial % 3]);
        int root = (int)shared_random(w, w->nranks);
        for (int r = 0; r < w->nranks; r++) sizes[r] = shared_random(w, 3) == 0 ? 0 : shared_random(w, 2000);
        int64_t n = sizes[w->rank];
        unsigned char *mine = n ? malloc((size_t)n) : NULL;
        for (int64_t i = 0; i < n; i++) mine[i] = byte_of(w->rank, trial, i);
        void *all = &all;
        assert_int_equal(ama__comm_gatherv(w->comm, mine, (size_t)n, &all, offset, root), AMA_OK);
        if (w->rank == root) {
            int64_t at = 0;
            for (int r = 0; r < w->nranks; at += sizes[r++]) {
                assert_int_equal(offset[r], at);
                for (int64_t i = 0; i < sizes[r]; i++)
                    assert_int_equal(((unsigned char *)all)[at + i], byte_of(r, trial, i));
            }
            assert_int_equal(offset[w->nranks], at);
            ama__mem_free(w->ctx, all);
        } else {
            assert_null(all);
        }
        free(mine);
    }
    free(offset);
    free(sizes);
}

/* One side of an exchange: nranks blocks with gaps between them, in a rotated order. */
typedef struct side {
    int64_t *n, *at, total;
    unsigned char *bytes;
} side;

static side side_make(const world *w, const int64_t *n, int turn) {
    side s = {.n = malloc((size_t)w->nranks * sizeof(int64_t)), .at = malloc((size_t)w->nranks * sizeof(int64_t))};
    for (int k = 0; k < w->nranks; k++) {
        int r = (k + turn) % w->nranks;
        s.n[r] = n[r];
        s.at[r] = s.total + 3;
        s.total += n[r] + 3;
    }
    s.bytes = malloc((size_t)s.total + 1);
    memset(s.bytes, 0x5a, (size_t)s.total);
    return s;
}

static void side_free(side *s) {
    free(s->n);
    free(s->at);
    free(s->bytes);
}

/* The same by buffers of each rank, whose sizes the receivers learn first. */
static void exchange_buffers(world *w, const side *send, const side *recv) {
    size_t n = (size_t)w->nranks;
    ama__message *out = malloc(2 * n * sizeof *out), *in = out + n;
    int64_t *got = malloc(n * sizeof *got), sent = 0, before = ama__comm_sent(w->comm);
    ama__comm_alltoall_i8(w->comm, send->n, got);
    for (int r = 0; r < w->nranks; r++) {
        assert_int_equal(got[r], recv->n[r]);
        out[r] = (ama__message){(char *)send->bytes + send->at[r], send->n[r]};
        in[r] = (ama__message){(char *)recv->bytes + recv->at[r], got[r]};
        sent += r == w->rank ? 0 : send->n[r];
    }
    ama__comm_exchange(w->comm, out, in);
    assert_int_equal(ama__comm_sent(w->comm) - before, sent);
    free(out);
    free(got);
}

static void exchanges(void **state) {
    world *w = *state;
    static const int64_t pieces[] = {AMA_COMM_PIECE, 500, 13};
    int n = w->nranks;
    int64_t *counts = malloc((size_t)(n * n + 2 * n) * sizeof *counts), *send_n = counts + n * n, *recv_n = send_n + n;
    for (int trial = 0; trial < 150; trial++) {
        ama__comm_set_piece(w->comm, pieces[trial % 3]);
        int64_t most = trial % 7 == 0 ? 1 : trial % 5 == 0 ? 20000 : 300;
        for (int i = 0; i < n * n; i++) counts[i] = shared_random(w, 4) == 0 ? 0 : shared_random(w, most);
        for (int r = 0; r < n; r++) {
            send_n[r] = counts[w->rank * n + r];
            recv_n[r] = counts[r * n + w->rank];
        }
        side send = side_make(w, send_n, trial % n), recv = side_make(w, recv_n, (trial + w->rank) % n);
        unsigned char *want = malloc((size_t)recv.total + 1);
        memset(want, 0x5a, (size_t)recv.total);
        for (int r = 0; r < n; r++) {
            for (int64_t i = 0; i < send.n[r]; i++) send.bytes[send.at[r] + i] = byte_of(w->rank, r, i);
            for (int64_t i = 0; i < recv.n[r]; i++) want[recv.at[r] + i] = byte_of(r, w->rank, i);
        }
        ama__comm_alltoallv(w->comm, send.bytes, send.n, send.at, recv.bytes, recv.n, recv.at);
        assert_memory_equal(recv.bytes, want, (size_t)recv.total);
        memset(recv.bytes, 0x5a, (size_t)recv.total);
        exchange_buffers(w, &send, &recv);
        assert_memory_equal(recv.bytes, want, (size_t)recv.total);
        free(want);
        side_free(&send);
        side_free(&recv);
    }
    free(counts);
}

static void sameness(void **state) {
    world *w = *state;
    /* AMA_CHECK is set for the tests; a run without it checks nothing */
    bool checks = getenv("AMA_CHECK") && atoi(getenv("AMA_CHECK"));
    assert_int_equal(ama__comm_check_same(w->comm, 0xfeedfacecafebeefu, "the plan"), AMA_OK);
    assert_int_equal(ama__comm_check_same(w->comm, 0, "the plan"), AMA_OK);
    uint64_t mine = w->rank == w->nranks - 1 ? 1 : UINT64_MAX;
    ama_status status = ama__comm_check_same(w->comm, mine, "the plan");
    assert_int_equal(status, checks && w->nranks > 1 ? AMA_ERR_INTERNAL : AMA_OK);
    if (status != AMA_OK) assert_string_equal(ama__error_text(w->ctx), "the plan differs between ranks");
    ama__error_clear(w->ctx);
}

/* Creating fails on all ranks when it fails on one. */
static void creation_fails_together(void **state) {
    world *w = *state;
    for (int poor = 0; poor < w->nranks; poor++) {
        ama__comm *c = NULL;
        size_t before = ama__mem_used(w->ctx);
        if (w->rank == poor) ama__mem_set_limit(w->ctx, before + 10);
        assert_int_equal(ama__comm_create(w->ctx, MPI_COMM_WORLD, &c), AMA_ERR_BUDGET);
        assert_null(c);
        ama__mem_set_limit(w->ctx, 0);
        assert_int_equal(ama__mem_used(w->ctx), before);
        ama__error_clear(w->ctx);
    }
}

static void part_of_the_world(void **state) {
    world *w = *state;
    MPI_Comm half;
    MPI_Comm_split(MPI_COMM_WORLD, w->rank % 2, -w->rank, &half);
    ama__comm *c;
    assert_int_equal(ama__comm_create(w->ctx, half, &c), AMA_OK);
    MPI_Comm_free(&half);
    assert_int_equal(ama__comm_nranks(c), (w->nranks + 1 - w->rank % 2) / 2);
    assert_int_equal(ama__comm_sum(c, w->rank % 2), w->rank % 2 * ama__comm_nranks(c));
    ama__comm_destroy(&c);
    assert_null(c);
    ama__comm_destroy(&c);
}

/* Whether shared memory may be made on any rank: files of no length are all that it may have. */
static void allow_shared(bool allowed) {
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = allowed ? limit.rlim_max : 0;
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, allowed ? SIG_DFL : SIG_IGN);
}

static void shares(void **state) {
    world *w = *state;
    static const size_t size[] = {0, 1, 4097, 9 << 20};
    int node = ama__comm_node_nranks(w->comm);
    for (int i = 0; i < 8; i++) {
        bool allowed = i < 4;
        size_t n = size[i % 4];
        int root = (int)shared_random(w, w->nranks);
        unsigned char *data = w->rank == root ? malloc(n + 1) : NULL;
        for (size_t k = 0; data && k < n; k++) data[k] = byte_of(root, i, (int64_t)k);
        ama__shared s;
        size_t before = ama__mem_used(w->ctx);
        allow_shared(allowed || w->rank > 0);
        assert_int_equal(ama__comm_share(w->comm, root, data, n, &s), AMA_OK);
        allow_shared(true);
        free(data);
        assert_int_equal(s.bytes, n);
        for (size_t k = 0; k < n; k++)
            if (((const unsigned char *)s.data)[k] != byte_of(root, i, (int64_t)k)) fail_msg("byte %zu", k);
        size_t held = ama__mem_used(w->ctx) - before;
        if (n > 0 && node > 1) assert_true(allowed ? held == (n + (size_t)node - 1) / (size_t)node : held >= n);
        ama__comm_barrier(w->comm);
        ama__shared_free(w->ctx, &s);
        assert_int_equal(ama__mem_used(w->ctx), before);
    }
}

static void sharing_what_does_not_fit(void **state) {
    world *w = *state;
    static const char big[2000 * 64];
    ama__shared s;
    ama__mem_set_limit(w->ctx, w->rank == w->nranks - 1 ? ama__mem_used(w->ctx) + 1000 : 0);
    ama_status status = ama__comm_share(w->comm, 0, big, (size_t)2000 * (size_t)w->nranks, &s);
    ama__mem_set_limit(w->ctx, 0);
    assert_int_equal(status, AMA_ERR_BUDGET);
    ama__error_clear(w->ctx);
    assert_null(s.data);
}

/* The last rank fails while the others are elsewhere: it goes on alone, and says what it has to say. */
static void meeting(void **state) {
    world *w = *state;
    ama__comm *c;
    bool last = w->rank == w->nranks - 1;
    assert_int_equal(ama__comm_create(w->ctx, MPI_COMM_WORLD, &c), AMA_OK);
    ama__comm_meet(c, last, 60);
    ama__comm_meet(c, false, 0);
    assert_false(ama__comm_lost(c));
    assert_int_equal(ama__comm_max(c, w->rank), w->nranks - 1);
    if (last) {
        ama__comm_meet(c, true, 0.05);
        assert_int_equal(ama__comm_lost(c), w->nranks > 1);
        assert_int_equal(ama__comm_agree(c, ama__fail(w->ctx, AMA_ERR_IO, "a disk")), AMA_ERR_IO);
        assert_int_equal(ama__comm_min(c, 5), 5);
        ama__comm_barrier(c);
        ama__error_clear(w->ctx);
    }
    ama__comm_barrier(w->comm);
    if (!last) ama__comm_meet(c, false, 0);
    ama__comm_destroy(&c);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks),
        cmocka_unit_test(agreement),
        cmocka_unit_test(long_texts_travel),
        cmocka_unit_test(sums_of_many),
        cmocka_unit_test(single_values),
        cmocka_unit_test(broadcasts),
        cmocka_unit_test(broadcasts_that_do_not_fit),
        cmocka_unit_test(shares),
        cmocka_unit_test(sharing_what_does_not_fit),
        cmocka_unit_test(gathers),
        cmocka_unit_test(exchanges),
        cmocka_unit_test(sameness),
        cmocka_unit_test(creation_fails_together),
        cmocka_unit_test(part_of_the_world),
        cmocka_unit_test(meeting),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    /* a rank that failed leaves the others waiting: end them all */
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Finalize();
    return 0;
}
