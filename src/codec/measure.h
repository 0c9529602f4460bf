/* How fast pipelines run here: for predictions. */
#ifndef AMA_CODEC_MEASURE_H
#define AMA_CODEC_MEASURE_H

#include "codec/pipeline.h"

typedef struct ama__codec_speed { /* of one thread */
    double decode_s, encode_s;    /* seconds per raw byte */
    double ratio;                 /* encoded bytes per raw byte of what was measured */
} ama__codec_speed;

/* Encodes and decodes made-up values of element_bytes each, chunk_bytes of them (1 MiB at most): a smooth field above
 * bits of noise, once a little less and once a little more than gives `ratio` encoded bytes a raw one (0: not
 * known, one half), and between the two as the ratio lies. Decoding is measured of deflate streams as zlib makes them.
 * CPU time of some milliseconds. Local. */
ama_status ama__codec_measure(ama_ctx *ctx, const ama__pipeline *p, int element_bytes, int64_t chunk_bytes,
                              double ratio, ama__codec_speed *out);

#endif
