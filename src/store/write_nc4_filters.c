/* The filters of a netCDF-4 variable as HDF5 declares them. Filter numbers and their values: the HDF Group's list of
 * registered filters; of blosc also hdf5-blosc's blosc_filter.c, of zstd HDF5Plugin-Zstandard. */
#include "store/write_nc4.h"

#include <string.h>

enum { BLOSC_FILTER = 32001, ZSTD_FILTER = 32015 };

static size_t never_run(unsigned flags, size_t n_cd, const unsigned *cd, size_t bytes, size_t *buf_bytes, void **buf) {
    (void)flags, (void)n_cd, (void)cd, (void)bytes, (void)buf_bytes, (void)buf;
    return 0; /* failure: chunks are encoded and written around HDF5 */
}

/* HDF5 lets a filter into a pipeline only when it knows it. */
#define NAMED(number, text)                                                                                            \
    {                                                                                                                  \
        .version = H5Z_CLASS_T_VERS, .id = (number), .encoder_present = 1, .decoder_present = 1, .name = (text),       \
        .filter = never_run                                                                                            \
    }
static const H5Z_class2_t lent[AMA_NC4_LENT] = {NAMED(BLOSC_FILTER, "blosc"), NAMED(ZSTD_FILTER, "zstd")};

void ama__nc4_lend_filters(bool *is_lent) {
    for (int i = 0; i < AMA_NC4_LENT; i++) is_lent[i] = H5Zfilter_avail(lent[i].id) <= 0 && H5Zregister(&lent[i]) >= 0;
}

void ama__nc4_take_filters_back(const bool *is_lent) {
    for (int i = 0; i < AMA_NC4_LENT; i++)
        if (is_lent[i]) H5Zunregister(lent[i].id);
}

bool ama__nc4_has_filter(ama__codec codec) {
    return codec == AMA_CODEC_DEFLATE || codec == AMA_CODEC_SHUFFLE || codec == AMA_CODEC_ZSTD ||
           codec == AMA_CODEC_BLOSC || codec == AMA_CODEC_FLETCHER32;
}

/* Two versions, element bytes, chunk bytes, level, shuffle, compressor. */
static bool set_blosc(hid_t dcpl, const ama__codec_step *s, size_t chunk_bytes) {
    static const char *const compressor[] = {"blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"};
    unsigned value[7] = {2, 2, (unsigned)s->element_bytes, (unsigned)chunk_bytes, (unsigned)s->a, (unsigned)s->b, 1};
    if (value[2] < 1 || value[2] > 255) value[2] = 1;
    for (unsigned i = 0; i < sizeof compressor / sizeof *compressor; i++)
        if (strcmp(s->name, compressor[i]) == 0) value[6] = i;
    return H5Pset_filter(dcpl, BLOSC_FILTER, H5Z_FLAG_OPTIONAL, 7, value) >= 0;
}

bool ama__nc4_set_filter(hid_t dcpl, const ama__codec_step *s, size_t chunk_bytes) {
    unsigned level = (unsigned)s->a;
    switch (s->codec) {
    case AMA_CODEC_SHUFFLE: return H5Pset_shuffle(dcpl) >= 0;
    case AMA_CODEC_FLETCHER32: return H5Pset_fletcher32(dcpl) >= 0;
    case AMA_CODEC_DEFLATE: return H5Pset_deflate(dcpl, level > 9 ? 9 : level) >= 0;
    case AMA_CODEC_ZSTD: return H5Pset_filter(dcpl, ZSTD_FILTER, H5Z_FLAG_OPTIONAL, 1, &level) >= 0;
    case AMA_CODEC_BLOSC: return set_blosc(dcpl, s, chunk_bytes);
    default: return false;
    }
}
