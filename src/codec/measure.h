/* How fast pipelines run here: for predictions. */
#ifndef AMA_CODEC_MEASURE_H
#define AMA_CODEC_MEASURE_H

#include "codec/pipeline.h"

typedef struct ama__codec_speed { /* of one thread */
    double decode_s, encode_s;    /* seconds per raw byte */
    double ratio;                 /* encoded bytes per raw byte of what was measured */
} ama__codec_speed;

/* Encodes and decodes made-up values of element_bytes each, a smooth field above whole bytes of noise: as many as bring
 * the encoded size nearest to `ratio` of the raw one (0: not known, one half). CPU time of a few milliseconds, well
 * under a MiB. The streams are those of the encoders here: deflate that zlib wrote, which stores what does not shrink,
 * was seen to decode up to three times as fast. Local. */
ama_status ama__codec_measure(ama_ctx *ctx, const ama__pipeline *p, int element_bytes, double ratio,
                              ama__codec_speed *out);

#endif
