/* Private to the netCDF-4 writer: the file as HDF5 sees it, and what the files of the writer share. */
#ifndef AMA_STORE_WRITE_NC4_H
#define AMA_STORE_WRITE_NC4_H

#include <hdf5.h>

#include "store/pack.h"
#include "store/write_driver.h"

/* ---- write_nc4_vfd.c: a virtual file driver in which HDF5 keeps the books and others write the data. ----
 * Metadata is written where HDF5 puts it. Raw data of `discard` mode is dropped: the ranks write it. In placing mode
 * space for a chunk is not taken from the end of the file but is what `place` says, and everything else goes behind
 * `data_end`. Nothing fails towards HDF5 on a write, since it cannot close a file it cannot write: the first failure
 * is kept in `status`, and what comes after it is dropped. */
typedef struct ama__nc4_disk {
    ama__writer *wr;
    int64_t data_end; /* everything below is taken; 0 while the skeleton is made */
    int64_t place;    /* address of the chunk being indexed, -1 when there is none */
    int64_t eoa;      /* end of the allocated space */
    bool discard;
    ama_status status;
} ama__nc4_disk;

/* Registers the driver and gives a file access property list that uses it; < 0 on failure. `disk` must outlive it. */
hid_t ama__nc4_disk_access(ama__nc4_disk *disk, hid_t *driver);

/* ---- write_nc4_define.c: the skeleton and the index. Rank 0 only, Local. ---- */

/* HDF5 keeps error texts on a stack and prints them unless told not to. */
typedef struct ama__nc4_quiet {
    H5E_auto2_t print;
    void *user;
} ama__nc4_quiet;
ama__nc4_quiet ama__nc4_quiet_begin(void);
void ama__nc4_quiet_end(ama__nc4_quiet q);
/* Records IO with what was being done and the reason HDF5 gives; when the disk failed, that is the error. */
ama_status ama__nc4_fail(ama__nc4_disk *disk, const char *doing, const char *name);

/* The name a variable has in the file, into buf[AMA_NC4_NAME]. */
#define AMA_NC4_NAME 320
const char *ama__nc4_var_name(const ama__writer *wr, int var, char *buf);
/* Dim that variable `var` is the coordinate variable of, or -1. */
int ama__nc4_scale_of(const ama__writer *wr, int var);
/* True for a dim that the file must declare unlimited (so is every dim of size 0). */
bool ama__nc4_dim_unlimited(const ama__dim *d);
/* True when the variable has chunks in the file. */
bool ama__nc4_is_chunked(const ama__writer *wr, int var);
/* HDF5 type in the file of one element; a constant of the library or *owned, which the caller closes. */
hid_t ama__nc4_type(ama_dtype t, hid_t *owned);
/* Makes all dims, variables and attributes in the file wr->tmp open as wr->fd, gives dense variables their place
 * (offset[n_vars], -1 for the others) and tells how long the file is so far. */
ama_status ama__nc4_define(ama__writer *wr, int64_t *offset, int64_t *end);
/* ---- write_nc4_filters.c ---- */
/* True for a codec that netCDF-4 files can have. */
bool ama__nc4_has_filter(ama__codec codec);
/* Appends the step to a creation list; false when HDF5 does not take it. */
bool ama__nc4_set_filter(hid_t dcpl, const ama__codec_step *s, size_t chunk_bytes);
/* Lets HDF5 know by name the filters that it lacks and that are encoded here, until they are taken back. */
#define AMA_NC4_LENT 2
void ama__nc4_lend_filters(bool *is_lent);
void ama__nc4_take_filters_back(const bool *is_lent);
/* ---- write_nc4_attrs.c ---- */
ama_status ama__nc4_attrs(ama__nc4_disk *disk, hid_t object, const ama__attrs *attrs);
ama_status ama__nc4_attr_text(ama__nc4_disk *disk, hid_t object, const char *name, const char *text);
ama_status ama__nc4_attr_ints(ama__nc4_disk *disk, hid_t object, const char *name, int n, const int *x);
/* Makes the dims' datasets dimension scales and ties every variable to them (HDF5 dimension scale specification).
 * var_id[n_vars], dim_id[n_dims]: open datasets. */
ama_status ama__nc4_scales(ama__nc4_disk *disk, const hid_t *var_id, const hid_t *dim_id);

/* One chunk as its rank has written it: plain data, gathered on rank 0. */
typedef struct ama__nc4_chunk {
    int64_t number, offset;
    uint32_t length;
    int32_t var;
} ama__nc4_chunk;
/* Chunks begin at multiples of 8 bytes. */
static inline int64_t ama__nc4_round_up(int64_t x) {
    return (x + 7) / 8 * 8;
}
/* The order of chunks: by variable, then number. */
static inline int ama__nc4_compare(int var_a, int64_t number_a, int var_b, int64_t number_b) {
    if (var_a != var_b) return var_a < var_b ? -1 : 1;
    return number_a < number_b ? -1 : number_a > number_b;
}
void ama__nc4_sort(int64_t n, ama__nc4_chunk *chunk);

/* ---- write_nc4_order.c: puts the chunks of bytes [begin, end) of the file into the order of the table sorted, one
 * behind the other, unless they lie so already; chunks before `begin` stay. n, chunk: on rank 0, which gets the table
 * sorted and with the new places. wr->fd, open for reading too, may be another afterwards. Collective, agreed. ---- */
ama_status ama__nc4_order(ama__writer *wr, int64_t begin, int64_t end, int64_t n, ama__nc4_chunk *chunk);

/* Enters the chunks into the file's index and writes the text variables from `text` (see write_nc4.c). data_end: where
 * the ranks' data ends. Sorts `chunk`. *file_end: bytes of the complete file. */
ama_status ama__nc4_index(ama__writer *wr, int64_t n, ama__nc4_chunk *chunk, ama__unpacker *text, int64_t data_end,
                          int64_t *file_end);

#endif
