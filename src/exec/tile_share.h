/* Tiles that are read by all ranks together, in one of the ways of store/collective.h. */
#ifndef AMA_EXEC_TILE_SHARE_H
#define AMA_EXEC_TILE_SHARE_H

#include "comm/comm.h"
#include "exec/tile.h"
#include "store/collective.h"

/* From here on what the way can give comes by ama__tile_share. Collective; agreed. */
ama_status ama__tile_share_begin(ama__tile *t, ama__comm *comm, const ama__io_options *o);
/* Between ama__tile_want and ama__tile_fetch. Boxes, and chunks that come decoded, are put into their places; the
 * stored bytes of chunks are kept until ama__tile_fetch has decoded them. A rank without a tile, or one that has
 * failed, takes part. Collective; agreed. */
ama_status ama__tile_share(ama__tile *t, ama_status local, bool have_tile);
/* Frees the stored bytes of chunks. Local. */
void ama__tile_share_drop(ama__tile *t);
/* Frees what _begin made. Collective after it; otherwise there is nothing to do. */
void ama__tile_share_end(ama__tile *t);

#endif
