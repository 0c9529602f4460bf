/* The smaller and the larger of two counts. */
#ifndef AMA_BASE_NUMBER_H
#define AMA_BASE_NUMBER_H

#include <stdint.h>

static inline int64_t ama__min_i8(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static inline int64_t ama__max_i8(int64_t a, int64_t b) {
    return a > b ? a : b;
}

#endif
