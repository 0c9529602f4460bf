/* The byte ranges of a list of wants, one after another; chunk files are passed over. Private to the paths of
 * store/collective.h. Local. */
#ifndef AMA_STORE_IO_WALK_H
#define AMA_STORE_IO_WALK_H

#include "store/fetch_private.h"
#include "store/io_want.h"

/* The byte of the file after the last one of a want that has stored bytes. */
int64_t ama__io_want_end(const ama__io_want *w);

typedef struct ama__io_walk {
    int n, at; /* wants, and the one at which the walk stands */
    const ama__io_want *want;
    bool open;
    ama__runs runs; /* of a box */
    int64_t index[AMA_MAX_DIMS];
    int64_t run, done; /* runs that are behind; bytes (of a slab: elements) of the one at hand that are */
    char *dst;
} ama__io_walk;

typedef struct ama__io_range {
    int64_t part, offset, bytes;
    char *dst;
} ama__io_range;

/* What is left of the range at which the walk stands; false when all is behind it. */
bool ama__io_walk_look(ama__io_walk *w, ama__io_range *out);
/* Leaves the first `bytes` of what _look gave behind. */
void ama__io_walk_advance(ama__io_walk *w, const ama__io_range *looked, int64_t bytes);

#endif
