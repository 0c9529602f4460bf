/* HDF5's filter pipeline as a codec pipeline. Each filter becomes one step in its place, because bit i of a chunk's
 * filter mask speaks of filter i. Filter numbers: the HDF Group's list of registered filters. */
#include "store/hdf5_file.h"

#include <stdio.h>
#include <string.h>

#define MAX_VALUES 16

static const struct filter_name {
    H5Z_filter_t id;
    const char *name;
} filter_names[] = {{H5Z_FILTER_SZIP, "szip"},
                    {H5Z_FILTER_NBIT, "nbit"},
                    {H5Z_FILTER_SCALEOFFSET, "scaleoffset"},
                    {305, "lzo"},
                    {307, "bzip2"},
                    {32000, "lzf"},
                    {32004, "lz4"},
                    {32008, "bitshuffle"},
                    {32013, "zfp"},
                    {32016, "sz"},
                    {32017, "sz"},
                    {32018, "fpzip"},
                    {32022, "bitgroom"},
                    {32023, "bitround"},
                    {32024, "sz3"},
                    {32026, "blosc2"}};

static void unknown_step(ama__codec_step *s, H5Z_filter_t id, const char *own_name) {
    const char *name = "";
    for (size_t i = 0; i < sizeof filter_names / sizeof filter_names[0]; i++)
        if (filter_names[i].id == id) name = filter_names[i].name;
    char clean[14] = "";
    for (size_t i = 0; !*name && own_name[i] && i < sizeof clean - 1; i++)
        clean[i] = own_name[i] > ' ' && own_name[i] < 0x7f ? own_name[i] : '_';
    *s = (ama__codec_step){.codec = AMA_CODEC_UNKNOWN};
    snprintf(s->name, sizeof s->name, "%.12s%sHDF5 filter %d", *name ? name : clean, *name || *clean ? ", " : "",
             id & 0xffff);
}

/* Client data of the blosc filter: two versions, element bytes, chunk bytes, level, shuffle, compressor. */
static void blosc_step(ama__codec_step *s, const unsigned *value, size_t n) {
    static const char *const compressor[] = {"blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"};
    unsigned c = n > 6 ? value[6] : 0;
    s->codec = AMA_CODEC_BLOSC;
    s->element_bytes = n > 2 ? (int)(value[2] & 0xff) : 1;
    s->a = n > 4 ? (int)(value[4] % 10) : 5;
    s->b = n > 5 ? (int)(value[5] % 3) : 1;
    snprintf(s->name, sizeof s->name, "%s", c < sizeof compressor / sizeof compressor[0] ? compressor[c] : "");
}

static void known_step(ama__codec_step *s, H5Z_filter_t id, const unsigned *value, size_t n, const char *own_name) {
    *s = (ama__codec_step){.codec = AMA_CODEC_UNKNOWN};
    switch (id) {
    case H5Z_FILTER_DEFLATE:
        s->codec = AMA_CODEC_DEFLATE;
        s->a = n > 0 ? (int)(value[0] % 10) : 6;
        return;
    case H5Z_FILTER_SHUFFLE:
        if (n < 1 || value[0] < 1 || value[0] > 1 << 16) break; /* it cannot be undone without its element size */
        s->codec = AMA_CODEC_SHUFFLE;
        s->element_bytes = (int)value[0];
        return;
    case H5Z_FILTER_FLETCHER32: s->codec = AMA_CODEC_FLETCHER32; return;
    case 32015:
        s->codec = AMA_CODEC_ZSTD;
        s->a = n > 0 ? (int)value[0] : 3;
        return;
    case 32001: blosc_step(s, value, n); return;
    default: break;
    }
    unknown_step(s, id, own_name);
}

static bool built_in(H5Z_filter_t id) {
    return (id == H5Z_FILTER_SZIP || id == H5Z_FILTER_NBIT || id == H5Z_FILTER_SCALEOFFSET) && H5Zfilter_avail(id) > 0;
}

ama_status ama__hdf5_filters(hid_t dcpl, ama__pipeline *out, bool *library) {
    *out = (ama__pipeline){0};
    bool foreign = false, undone = true;
    int n = H5Pget_nfilters(dcpl);
    for (int i = 0; i < n; i++) {
        unsigned flags, config, value[MAX_VALUES] = {0};
        size_t n_values = MAX_VALUES;
        char name[64] = "";
        H5Z_filter_t id = H5Pget_filter2(dcpl, (unsigned)i, &flags, &n_values, value, sizeof name, name, &config);
        if (id < 0) return AMA_ERR_FORMAT;
        name[sizeof name - 1] = 0;
        ama__codec_step step;
        known_step(&step, id, value, n_values < MAX_VALUES ? n_values : MAX_VALUES, name);
        if (step.codec == AMA_CODEC_UNKNOWN) {
            foreign = true;
            undone = undone && built_in(id);
        }
        if (i < AMA_PIPELINE_MAX) out->step[i] = step;
    }
    out->n = n < AMA_PIPELINE_MAX ? n : AMA_PIPELINE_MAX;
    if (n > AMA_PIPELINE_MAX) {
        out->n = 1;
        out->step[0] = (ama__codec_step){.codec = AMA_CODEC_UNKNOWN};
        snprintf(out->step[0].name, sizeof out->step[0].name, "a chain of %d HDF5 filters", n & 0xff);
        foreign = true, undone = false;
    }
    *library = foreign && undone;
    return AMA_OK;
}
