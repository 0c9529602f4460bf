/* What xarray's conventions module does with a variable: which attributes are taken out, and how values are decoded. */
#include "graph/open_decode.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define TIME_BYTES_MAX ((int64_t)16 << 20)

static bool is_dropped(const ama__open_args *args, const char *name) {
    for (int i = 0; i < args->n_drop; i++)
        if (strcmp(args->drop[i], name) == 0) return true;
    return false;
}

static bool starts(const char *s, const char *with) {
    return strncmp(s, with, strlen(with)) == 0;
}

ama__decoded *ama__file_view_find(const ama__file_view *f, const char *name) {
    for (int i = 0; i < f->n; i++)
        if (strcmp(f->var[i].name, name) == 0) return &f->var[i];
    return NULL;
}

ama_status ama__decoded_wrap(ama__graph *g, const ama__file_view *f, const ama__decoded *d, ama_status status) {
    return ama__wrap(g->ctx, status, "%s: variable %s", f->store->path, d->name);
}

/* ---- attributes */

static const char *text_of(const ama__attr *a) {
    return a && a->dtype == AMA_CHAR ? a->data : NULL;
}

static void add_missing(const ama__attr *a, ama__packing_attrs *p) {
    if (!a || ama__dtype_is_text(a->dtype)) return;
    for (int64_t i = 0; i < a->n && p->n_missing < AMA_MISSING_MAX; i++) {
        p->missing_f8[p->n_missing] = ama__dtype_get_f8(a->dtype, a->data, i);
        p->missing_i8[p->n_missing++] = ama__dtype_get_i8(a->dtype, a->data, i);
    }
}

static void take_missing(ama__decoded *d, ama__packing_attrs *p) {
    const ama__attr *fill = ama__attrs_find(&d->attrs, "_FillValue");
    const ama__attr *missing = ama__attrs_find(&d->attrs, "missing_value");
    ama__encoding *e = d->encoding;
    add_missing(fill, p);
    add_missing(missing, p);
    if (fill && fill->n > 0 && !ama__dtype_is_text(fill->dtype)) {
        e->has_fill = true;
        e->fill_f8 = ama__dtype_get_f8(fill->dtype, fill->data, 0);
        e->fill_i8 = ama__dtype_get_i8(fill->dtype, fill->data, 0);
    }
    if (missing && missing->n > 0 && !ama__dtype_is_text(missing->dtype)) {
        e->has_missing = true;
        e->missing_f8 = ama__dtype_get_f8(missing->dtype, missing->data, 0);
        e->missing_i8 = ama__dtype_get_i8(missing->dtype, missing->data, 0);
    }
    /* Text that is meant for numbers says nothing and stays. */
    bool text = ama__dtype_is_text(d->stored->dtype);
    bool drop_fill = fill && (text || !ama__dtype_is_text(fill->dtype));
    bool drop_missing = missing && (text || !ama__dtype_is_text(missing->dtype));
    if (drop_fill) ama__attrs_remove(&d->attrs, "_FillValue"); /* moves the others */
    if (drop_missing) ama__attrs_remove(&d->attrs, "missing_value");
}

static void take_factor(ama__decoded *d, const char *name, bool *has, ama_dtype *dtype, double *x) {
    const ama__attr *a = ama__attrs_find(&d->attrs, name);
    if (!a || a->n < 1) return;
    *has = true;
    *dtype = a->dtype;
    const char *text = text_of(a);
    if (text) { /* xarray refuses; so does ama__packing_decode, from the dtype */
        *x = 0;
        return;
    }
    *x = ama__dtype_get_f8(a->dtype, a->data, 0);
    ama__attrs_remove(&d->attrs, name);
}

/* _Unsigned, missing values, scale and offset leave the attributes for the encoding. */
static void take_packing(ama__decoded *d, ama__packing_attrs *p) {
    ama__encoding *e = d->encoding;
    take_missing(d, p);
    if (ama__dtype_is_text(d->stored->dtype)) return;
    const char *hint = text_of(ama__attrs_find(&d->attrs, "_Unsigned"));
    if (hint && ama__dtype_is_int(d->stored->dtype)) {
        p->unsigned_hint = strcmp(hint, "true") == 0 ? 1 : strcmp(hint, "false") == 0 ? -1 : 0;
        e->unsigned_hint = p->unsigned_hint;
        ama__attrs_remove(&d->attrs, "_Unsigned");
    }
    take_factor(d, "scale_factor", &p->has_scale, &p->scale_dtype, &p->scale);
    take_factor(d, "add_offset", &p->has_offset, &p->offset_dtype, &p->offset);
    e->has_scale = p->has_scale;
    e->scale = p->scale;
    e->scale_dtype = p->scale_dtype;
    e->has_offset = p->has_offset;
    e->offset = p->offset;
    e->offset_dtype = p->offset_dtype;
}

static bool is_time(const ama__decoded *d) {
    const char *units = ama__attrs_text(&d->attrs, "units");
    return units && strstr(units, "since") && !ama__dtype_is_text(d->stored->dtype) && d->stored->dtype != AMA_BOOL;
}

static void take_units(ama__decoded *d) {
    d->encoding->units = ama__attrs_text(&d->attrs, "units");
    d->encoding->calendar = ama__attrs_text(&d->attrs, "calendar");
    ama__attrs_remove(&d->attrs, "units");
    if (d->encoding->calendar) ama__attrs_remove(&d->attrs, "calendar");
}

static void take_coordinates(ama__decoded *d) {
    const char *text = ama__attrs_text(&d->attrs, "coordinates");
    if (!text) return;
    d->encoding->coordinates = text;
    ama__attrs_remove(&d->attrs, "coordinates");
}

/* Marks the variables that a blank separated list names. */
static void mark_coordinates(ama__file_view *f, const char *list) {
    while (*list) {
        list += strspn(list, " \t\n\r");
        size_t n = strcspn(list, " \t\n\r");
        for (int i = 0; i < f->n; i++)
            if (strlen(f->var[i].name) == n && strncmp(f->var[i].name, list, n) == 0) f->var[i].is_coord = true;
        list += n;
    }
}

/* Bounds inherit units and calendar from the variable they belong to. */
static ama_status inherit_bounds(ama__graph *g, ama__file_view *f) {
    for (int i = 0; i < f->n; i++) {
        const char *units = ama__attrs_text(&f->var[i].attrs, "units");
        const char *calendar = ama__attrs_text(&f->var[i].attrs, "calendar");
        const char *bounds = ama__attrs_text(&f->var[i].attrs, "bounds");
        ama__decoded *b = bounds && ama__time_units_is_since(units) ? ama__file_view_find(f, bounds) : NULL;
        if (!b) continue;
        if (!ama__attrs_find(&b->attrs, "units")) AMA_TRY(ama__attrs_set_text(g->arena, &b->attrs, "units", units));
        if (calendar && !ama__attrs_find(&b->attrs, "calendar"))
            AMA_TRY(ama__attrs_set_text(g->arena, &b->attrs, "calendar", calendar));
    }
    return AMA_OK;
}

/* ---- the metadata of a file */

/* A list of one's own of attributes that stay the store's. C programs store the NUL at the end of a text; readers take
 * it off. */
static ama_status copy_attrs(ama__graph *g, const ama__attrs *from, ama__attrs *to) {
    to->n = from->n;
    AMA_NEW(g->arena, to->a, from->n + 1);
    if (from->n > 0) memcpy(to->a, from->a, (size_t)from->n * sizeof *to->a);
    for (int i = 0; i < to->n; i++) {
        ama__attr *a = &to->a[i];
        while (a->dtype == AMA_CHAR && a->n > 0 && ((const char *)a->data)[a->n - 1] == '\0') a->n--;
    }
    return AMA_OK;
}

/* The last dim of character arrays that nothing else uses is a length of texts. */
static bool is_text_length(const ama__meta *m, int dim) {
    if (ama__meta_find_var(m, m->dim[dim].name) >= 0) return false;
    for (int i = 0; i < m->n_vars; i++) {
        const ama__stored_var *v = &m->var[i];
        for (int a = 0; a < v->ndim; a++)
            if (v->dim[a] == dim && (v->dtype != AMA_CHAR || a != v->ndim - 1)) return false;
    }
    return true;
}

static ama_status describe(ama__graph *g, const ama__store *store, int var, const ama__open_args *args,
                           ama__decoded *d) {
    const ama__meta *m = &store->meta;
    const ama__stored_var *v = &m->var[var];
    *d = (ama__decoded){.name = v->name, .var = var, .stored = v, .ndim = v->ndim};
    for (int a = 0; a < v->ndim; a++) {
        d->dim[a] = m->dim[v->dim[a]].name;
        d->shape[a] = v->grid.shape[a];
    }
    AMA_NEW(g->arena, d->encoding, 1);
    AMA_NEW(g->arena, d->unpack, 1);
    ama__encoding *e = d->encoding;
    *e = (ama__encoding){.known = true, .has_dtype = true};
    e->dtype = v->dtype;
    e->zarr = starts(m->format, "Zarr");
    e->contiguous = !v->chunked;
    e->has_chunks = v->chunked && v->ndim > 0;
    e->chunk_ndim = v->ndim;
    for (int a = 0; a < v->ndim; a++) {
        e->chunk[a] = v->grid.chunk[a];
        e->shape[a] = v->grid.shape[a];
    }
    e->pipeline = v->pipeline;
    bool join = args->decode_cf && args->concat_characters && v->dtype == AMA_CHAR && v->ndim > 0;
    if (join && is_text_length(m, v->dim[v->ndim - 1])) {
        d->join_chars = true;
        d->ndim--;
        e->char_dim = d->dim[d->ndim];
        e->char_len = d->shape[d->ndim];
    }
    return AMA_OK;
}

static ama_status decode_attrs(ama__graph *g, ama__file_view *f, const ama__open_args *args, ama__decoded *d) {
    bool cf = args->decode_cf;
    ama__packing_attrs packing = {0};
    if (cf && args->mask_and_scale) take_packing(d, &packing);
    AMA_TRY(ama__decoded_wrap(g, f, d, ama__packing_decode(g->ctx, d->stored->dtype, &packing, d->unpack)));
    if (cf && args->decode_times && is_time(d)) {
        d->kind = AMA_DECODE_TIME;
        take_units(d);
    } else if (ama__dtype_is_text(d->stored->dtype)) {
        d->kind = AMA_DECODE_TEXT;
        if (cf && ama__attrs_find(&d->attrs, "_Encoding")) {
            d->encoding->utf8 = true;
            ama__attrs_remove(&d->attrs, "_Encoding");
        }
    } else if (d->ndim == 0 || (d->ndim == 1 && strcmp(d->name, d->dim[0]) == 0)) {
        d->kind = AMA_DECODE_NUMBERS;
    }
    const char *dtype = ama__attrs_text(&d->attrs, "dtype");
    if (cf && dtype && strcmp(dtype, "bool") == 0) {
        d->is_bool = true;
        d->encoding->dtype = AMA_BOOL;
        ama__attrs_remove(&d->attrs, "dtype");
    }
    if (cf && args->decode_coords) take_coordinates(d);
    return AMA_OK;
}

static ama_status check_time_size(ama__graph *g, const ama__file_view *f, const ama__decoded *d) {
    int64_t n;
    bool index = d->ndim == 1 && strcmp(d->name, d->dim[0]) == 0;
    if (d->kind != AMA_DECODE_TIME || index) return AMA_OK;
    if (!ama__shape_size(d->ndim, d->shape, &n) || n > TIME_BYTES_MAX / 8)
        return ama__fail(g->ctx, AMA_ERR_UNSUPPORTED,
                         "%s: variable %s: %" PRId64
                         " times that are no index coordinate; times are decoded in memory, "
                         "at most 16 MiB of them: leave it out with drop_variables=[\"%s\"] or use decode_times=False",
                         f->store->path, d->name, n, d->name);
    return AMA_OK;
}

static bool names_a_dim(const ama__file_view *f, const char *name) {
    for (int i = 0; i < f->n; i++)
        for (int a = 0; a < f->var[i].ndim; a++)
            if (strcmp(f->var[i].dim[a], name) == 0) return true;
    return false;
}

static ama_status find_coords(ama__graph *g, ama__file_view *f, const ama__open_args *args) {
    for (int i = 0; i < f->n; i++) {
        if (f->var[i].encoding->coordinates) mark_coordinates(f, f->var[i].encoding->coordinates);
        if (names_a_dim(f, f->var[i].name)) f->var[i].is_coord = true;
    }
    const char *global = ama__attrs_text(&f->attrs, "coordinates");
    if (!args->decode_cf || !args->decode_coords || !global) return AMA_OK;
    AMA_KEEP(g->arena, global, ama__arena_strdup(g->arena, global));
    mark_coordinates(f, global);
    ama__attrs_remove(&f->attrs, "coordinates");
    return AMA_OK;
}

ama_status ama__file_view_share(ama__graph *g, ama__store *store, const ama__file_view *like, ama__file_view *out,
                                bool *shared) {
    const ama__meta *m = &store->meta, *own = &like->store->meta;
    /* the list of coordinates among the file's attributes says something of its variables */
    bool same = m->attrs.a == own->attrs.a,
         plain = !ama__attrs_find(&m->attrs, "coordinates") && !ama__attrs_find(&own->attrs, "coordinates");
    *shared = m->var == own->var && m->dim == own->dim && (same || plain) && strcmp(m->format, own->format) == 0;
    if (!*shared) return AMA_OK;
    *out = *like;
    out->store = store;
    AMA_KEEP(g->arena, out->var, ama__arena_memdup(g->arena, like->var, (size_t)(like->n + 1) * sizeof *like->var));
    return same ? AMA_OK : copy_attrs(g, &m->attrs, &out->attrs);
}

ama_status ama__file_view_make(ama__graph *g, ama__store *store, const ama__open_args *args, ama__file_view *out) {
    const ama__meta *m = &store->meta;
    ama__file_view *f = out;
    *f = (ama__file_view){.store = store};
    AMA_NEW(g->arena, f->var, m->n_vars + 1);
    AMA_TRY(copy_attrs(g, &m->attrs, &f->attrs));
    for (int i = 0; i < m->n_vars; i++) {
        ama__decoded *d = &f->var[f->n++];
        AMA_TRY(describe(g, store, i, args, d));
        AMA_TRY(copy_attrs(g, &m->var[i].attrs, &d->attrs));
    }
    if (args->decode_cf && args->decode_times) AMA_TRY(inherit_bounds(g, f)); /* dropped parents count too */
    int kept = 0;
    for (int i = 0; i < f->n; i++)
        if (!is_dropped(args, f->var[i].name)) f->var[kept++] = f->var[i];
    f->n = kept;
    for (int i = 0; i < f->n; i++) {
        AMA_TRY(decode_attrs(g, f, args, &f->var[i]));
        AMA_TRY(check_time_size(g, f, &f->var[i]));
    }
    return find_coords(g, f, args);
}

/* ---- values */

static ama_status make_texts(ama__graph *g, const ama__decoded *d, int64_t n, const void *raw, char ***out) {
    AMA_NEW(g->arena, *out, n + 1);
    for (int64_t i = 0; i < n; i++) {
        if (d->stored->dtype == AMA_STRING) {
            const char *s = ((char *const *)raw)[i];
            AMA_KEEP(g->arena, (*out)[i], ama__arena_strdup(g->arena, s ? s : ""));
            continue;
        }
        size_t width = d->join_chars ? (size_t)d->encoding->char_len : 1;
        const char *s = (const char *)raw + (size_t)i * width;
        while (width > 0 && s[width - 1] == '\0') width--;
        AMA_KEEP(g->arena, (*out)[i], ama__arena_strndup(g->arena, s, width));
    }
    return AMA_OK;
}

/* Numbers of a time variable: unpacked only when they are scaled, for the missing ones become NaT anyway. */
static ama_status make_times(ama__graph *g, ama__decoded *d, int64_t n, const void *raw, bool force_cftime,
                             int64_t **out) {
    double fill[AMA_MISSING_MAX];
    const ama__unpack *u = d->unpack;
    ama__time_encoding e = {.units = d->encoding->units, .calendar = d->encoding->calendar, .dtype = u->stored};
    AMA_NEW(g->arena, *out, n + 1);
    if (u->has_scale || u->has_offset) {
        char *unpacked;
        AMA_NEW(g->arena, unpacked, (size_t)n * ama__dtype_bytes(u->dtype) + 8);
        ama__unpack_apply(u, n, raw, unpacked);
        raw = unpacked;
        e.dtype = u->dtype;
    } else {
        for (int i = 0; i < u->n_missing; i++)
            fill[i] = ama__dtype_is_float(u->stored) ? u->missing_f8[i] : (double)u->missing_i8[i];
        e.n_fill = u->n_missing;
        e.fill = fill;
    }
    return ama__time_decode(g->ctx, &e, n, raw, force_cftime, &d->axis, *out);
}

static ama_status make_numbers(ama__graph *g, ama__decoded *d, int64_t n, const void *raw, void **out) {
    size_t bytes = ama__dtype_bytes(d->unpack->dtype);
    char *p;
    AMA_NEW(g->arena, p, (size_t)n * bytes + 8);
    ama__unpack_apply(d->unpack, n, raw, p);
    d->dtype = d->unpack->dtype;
    *out = p;
    if (!d->is_bool || d->dtype == AMA_BOOL) return AMA_OK;
    uint8_t *b;
    AMA_NEW(g->arena, b, n + 1);
    for (int64_t i = 0; i < n; i++) b[i] = ama__dtype_get_f8(d->dtype, p, i) != 0;
    d->dtype = AMA_BOOL;
    *out = b;
    return AMA_OK;
}

/* What texts do not tell: NULs inside, and what stands behind them. */
static ama_status keep_chars(ama__graph *g, ama__decoded *d, int64_t n, const void *raw) {
    ama__encoding *e; /* of this view alone */
    AMA_KEEP(g->arena, e, ama__arena_memdup(g->arena, d->encoding, sizeof *e));
    d->encoding = e;
    e->n_chars = n * (d->join_chars ? e->char_len : 1);
    AMA_KEEP(g->arena, e->chars, ama__arena_memdup(g->arena, raw, (size_t)e->n_chars));
    return AMA_OK;
}

static ama_status load(ama__graph *g, ama__decoded *d, const void *raw, const ama__open_args *args, bool force_cftime) {
    int64_t n, *ticks;
    char **texts;
    if (!ama__shape_size(d->ndim, d->shape, &n)) return ama__fail(g->ctx, AMA_ERR_FORMAT, "too large");
    switch (d->kind) {
    case AMA_DECODE_TEXT:
        AMA_TRY(make_texts(g, d, n, raw, &texts));
        if (args->keep_chars && d->stored->dtype == AMA_CHAR) AMA_TRY(keep_chars(g, d, n, raw));
        d->values = texts;
        d->dtype = AMA_STRING;
        return AMA_OK;
    case AMA_DECODE_TIME:
        AMA_TRY(ama__wrap(g->ctx, make_times(g, d, n, raw, force_cftime || args->use_cftime == AMA_TRUE, &ticks),
                          "decoding its times (decode_times=False leaves the numbers)"));
        if (!d->axis.datetime64 && args->use_cftime == AMA_FALSE)
            return ama__fail(
                g->ctx, AMA_ERR_FORMAT,
                "use_cftime=False, but its times (units \"%s\", calendar \"%s\") are not all datetime64[ns]",
                d->encoding->units, d->encoding->calendar ? d->encoding->calendar : "standard");
        d->values = ticks;
        d->dtype = AMA_I8;
        return AMA_OK;
    default: return make_numbers(g, d, n, raw, &d->values);
    }
}

ama_status ama__decoded_load(ama__graph *g, const ama__file_view *f, ama__decoded *d, const ama__open_args *args,
                             bool force_cftime, ama__fetcher *files) {
    void *raw = NULL;
    ama_status status =
        files ? ama__store_read_with(files, f->store, d->var, &raw) : ama__store_read_whole(f->store, d->var, &raw);
    if (status == AMA_OK) status = load(g, d, raw, args, force_cftime);
    ama__mem_free(g->ctx, raw);
    return ama__decoded_wrap(g, f, d, status);
}

ama_status ama__decoded_with_node(ama__graph *g, const ama__decoded *d, ama__node *node, ama__variable **out) {
    AMA_TRY(ama__variable_new(g, d->dim, node, out));
    (*out)->attrs = d->attrs;
    (*out)->encoding = *d->encoding;
    if (d->kind == AMA_DECODE_TIME)
        AMA_KEEP(g->arena, (*out)->time, ama__arena_memdup(g->arena, &d->axis, sizeof d->axis));
    return AMA_OK;
}

ama_status ama__decoded_variable(ama__graph *g, const ama__file_view *f, const ama__decoded *d, ama__variable **out) {
    ama__node *node;
    if (d->kind != AMA_DECODE_LAZY) {
        AMA_TRY(ama__node_const(g, d->dtype, d->ndim, d->shape, d->values, false, &node));
    } else {
        ama__source_part part = {
            .store = f->store, .var = d->var, .unpack = *d->unpack, .count = d->ndim ? d->shape[0] : 1};
        AMA_TRY(ama__decoded_wrap(g, f, d, ama__node_source(g, 0, 1, &part, &node)));
        if (d->is_bool) AMA_TRY(ama__node_cast(g, node, AMA_BOOL, &node));
    }
    return ama__decoded_with_node(g, d, node, out);
}
