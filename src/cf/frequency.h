/* Frequencies and resampling bins: SEMANTICS 1.3. */
#ifndef AMA_CF_FREQUENCY_H
#define AMA_CF_FREQUENCY_H

#include "cf/time.h"

typedef enum ama__side { AMA_SIDE_DEFAULT, AMA_SIDE_LEFT, AMA_SIDE_RIGHT } ama__side;

typedef struct ama__resample {
    const char *freq;        /* "[n]F[-ANCHOR]", new and old spellings */
    ama__side closed, label; /* DEFAULT: left, but right for ME QE YE BME BQE BYE W and origin end, end_day */
    const char *origin;      /* NULL = "start_day"; start, epoch, end, end_day, or a date */
    const char *offset;      /* NULL, or a duration such as "1h" */
} ama__resample;

/* Bins of a monotonic increasing axis without NaT: *n_bins contiguous bins, labels[n_bins] (ticks, in the arena) and
 * bin[n] (in the arena): the bin of each value (-1 never occurs inside the span). Errors: ARG (unknown frequency, with
 * the nearest one; axis not monotonic), UNSUPPORTED. Local. */
ama_status ama__resample_bins(ama__arena *arena, const ama__timeaxis *axis, const ama__resample *r, int64_t n,
                              const int64_t *ticks, int64_t *n_bins, int64_t **labels, int64_t **bin);

#endif
