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
 * under a MiB. The streams are those of the encoders here: files that zlib wrote were seen to decode 2.7 times as fast
 * (0.41 against 1.1 ns a byte). Local. */
ama_status ama__codec_measure(ama_ctx *ctx, const ama__pipeline *p, int element_bytes, double ratio,
                              ama__codec_speed *out);

#endif
