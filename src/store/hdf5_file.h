/* What the files of the HDF5 driver share: the open file, the tree of its objects, types and errors. Private to
 * hdf5_*.c. Everything is Local and for one thread; ids are closed by whoever opened them. */
#ifndef AMA_STORE_HDF5_FILE_H
#define AMA_STORE_HDF5_FILE_H

#include "store/driver.h"
#include "store/hdf5_vfd.h"

#define AMA_HDF5_DEPTH 64                     /* nesting of groups */
#define AMA_HDF5_OBJECTS_MAX (1 << 24)        /* datasets, dims or groups of one file */
#define AMA_HDF5_TABLE_MAX ((int64_t)1 << 27) /* chunks of one variable: a table of 2 GiB */

/* ---- the open file */

typedef enum ama__hdf5_source {
    AMA_HDF5_CONTIGUOUS,
    AMA_HDF5_MISSING, /* never written: no storage, everything is fill */
    AMA_HDF5_CHUNKED,
    AMA_HDF5_LIBRARY, /* read by HDF5, at most AMA_INLINE_MAX bytes */
    AMA_HDF5_REFUSED  /* another file holds the data */
} ama__hdf5_source;

typedef struct ama__hdf5_type {
    ama_dtype dtype;
    bool swapped;   /* not in this machine's byte order */
    bool converted; /* stored otherwise than any dtype: only HDF5 can read it */
    bool vlen;      /* text of variable length */
    bool spaces;    /* fixed text padded with blanks */
    size_t bytes;   /* of one stored element */
} ama__hdf5_type;

/* What manifest() needs of a variable, by ama__stored_var.driver_id. */
typedef struct ama__hdf5_var {
    const char *path; /* in the file */
    ama__hdf5_source source;
    const char *why; /* REFUSED: the reason */
    bool empty;      /* an array of nothing (null data space), shown as a scalar of fill */
    ama__hdf5_type type;
    int ndim;
    int64_t shape[AMA_MAX_DIMS]; /* of the dataset: an unlimited dim of the file may be longer */
} ama__hdf5_var;

typedef struct ama__hdf5_file {
    ama_ctx *ctx;
    ama__arena *arena; /* lives as long as the dataset */
    const char *path;
    bool allow_external;
    const char *index_cache; /* NULL: none */
    ama__hdf5_io io;
    hid_t id, lapl; /* lapl refuses to walk through external links unless they are allowed */
    int n_vars;
    ama__hdf5_var *var;
} ama__hdf5_file;

/* ---- errors */

typedef struct ama__hdf5_quiet {
    H5E_auto2_t print;
    void *data;
} ama__hdf5_quiet;
/* Between these two HDF5 prints no error stack. */
ama__hdf5_quiet ama__hdf5_quiet_begin(void);
void ama__hdf5_quiet_end(ama__hdf5_quiet q);

/* The deepest record of HDF5's error stack, which must be asked for before the next HDF5 call. */
typedef struct ama__hdf5_reason {
    hid_t major;
    char text[160];
} ama__hdf5_reason;
ama__hdf5_reason ama__hdf5_reason_get(void);

/* Records "<path>: <text> (HDF5: <deepest reason>)" and returns FORMAT, or IO when a read had failed. */
ama_status ama__hdf5_fail(const ama__hdf5_file *f, const char *fmt, ...) AMA_PRINTF(2, 3);

/* ---- the tree of objects */

typedef struct ama__hdf5_place { /* identity of an object within the open files */
    unsigned long fileno;
    haddr_t addr;
} ama__hdf5_place;

typedef struct ama__hdf5_dim {
    const char *name;
    int64_t size, id; /* id: netCDF's number of the dim */
    bool unlimited, phony;
    ama__hdf5_place place; /* of the scale */
    int group, next;       /* next: the group's next dim, -1 */
    int index;             /* in ama__meta.dim, -1 when not chosen */
} ama__hdf5_dim;

typedef struct ama__hdf5_set { /* a dataset */
    const char *link, *name;   /* name: as netCDF shows it */
    int group, ndim;           /* ndim -1: more than AMA_MAX_DIMS */
    int64_t shape[AMA_MAX_DIMS];
    bool grows[AMA_MAX_DIMS]; /* unlimited axis */
    bool null_space, chunked, is_scale, dim_only, netcdf_type;
    int own_dim;             /* of a scale */
    int64_t *coords;         /* [ndim] netCDF dim ids or NULL */
    ama__hdf5_place *scales; /* [ndim] attached scales or NULL; addr HADDR_UNDEF: none */
    int dim[AMA_MAX_DIMS];   /* resolved, into ama__hdf5_tree.dim */
} ama__hdf5_set;

typedef struct ama__hdf5_group {
    const char *path; /* "/a/b"; the root is "" */
    const char *name;
    int parent, first_child, last_child, next_sibling; /* -1: none */
    int first_set, n_sets, first_dim, last_dim;
    ama__hdf5_place place;
} ama__hdf5_group;

typedef struct ama__hdf5_tree {
    ama__arena *arena; /* of names and lists: the tree lives only during open() */
    int n_dims, n_sets, n_groups, cap_dims, cap_sets, cap_groups;
    int64_t next_dim_id;
    ama__hdf5_dim *dim;
    ama__hdf5_set *set;
    ama__hdf5_group *group;
} ama__hdf5_tree;

/* Walks all groups. `t` is zero-initialised with its arena set. */
ama_status ama__hdf5_scan(ama__hdf5_file *f, ama__hdf5_tree *t);
/* Gives every axis of every dataset a dim: by scale, by netCDF dim id, else a phony one. */
ama_status ama__hdf5_resolve_dims(ama__hdf5_file *f, ama__hdf5_tree *t);
ama_status ama__hdf5_add_dim(ama__hdf5_file *f, ama__hdf5_tree *t, ama__hdf5_dim dim, int *out);
void ama__hdf5_tree_fini(ama_ctx *ctx, ama__hdf5_tree *t);

/* Where the object is; HADDR_UNDEF when HDF5 cannot tell. */
ama__hdf5_place ama__hdf5_place_of(hid_t object, unsigned *n_links);
static inline bool ama__hdf5_same_place(ama__hdf5_place a, ama__hdf5_place b) {
    return a.addr == b.addr && a.fileno == b.fileno && a.addr != HADDR_UNDEF;
}

/* ---- metadata */

/* Fills meta with the group number `group` of the tree, and f->var. */
ama_status ama__hdf5_meta(ama__hdf5_file *f, ama__hdf5_tree *t, int group, ama__meta *meta);

/* Dtype of an HDF5 type; false when there is none (compound, opaque, reference, …). */
bool ama__hdf5_type_of(hid_t type, ama__hdf5_type *out);
/* "compound", "reference", … for messages. */
const char *ama__hdf5_class_name(hid_t type);
/* HDF5's native type of a numeric dtype (a constant: not to be closed), -1 for text. */
hid_t ama__hdf5_native(ama_dtype t);

/* The attributes of an object, without those that netCDF-4 keeps for itself. `what` is for messages. */
ama_status ama__hdf5_attrs(ama__hdf5_file *f, hid_t object, bool is_scale, const char *what, ama__attrs *out);
/* Text attribute into buf (cut if longer); false when absent or not text. */
bool ama__hdf5_attr_text(hid_t object, const char *name, char *buf, size_t buf_bytes);
/* Exactly n integers of an attribute; false when absent or otherwise. */
bool ama__hdf5_attr_ints(hid_t object, const char *name, int n, int64_t *out);

/* The filters of a creation list. `library`: HDF5 itself can undo those that Amasia cannot. */
ama_status ama__hdf5_filters(hid_t dcpl, ama__pipeline *out, bool *library);

/* ---- manifests */

ama_status ama__hdf5_index(ama__hdf5_file *f, hid_t set, const ama__stored_var *v, ama__arena *arena,
                           ama__manifest *out);
/* Reads all of a variable through HDF5. */
ama_status ama__hdf5_inline(ama__hdf5_file *f, hid_t set, const ama__stored_var *v, ama__arena *arena,
                            ama__manifest *out);

#endif
