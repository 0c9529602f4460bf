/* Tiles whose stored bytes are read by all ranks together: --io=two-phase. */
#ifndef AMA_EXEC_TILE_SHARE_H
#define AMA_EXEC_TILE_SHARE_H

#include "comm/comm.h"
#include "exec/tile.h"

/* From here on the tile's byte ranges come by ama__tile_share. n_aggregators 0: one a node. Collective; agreed. */
ama_status ama__tile_share_begin(ama__tile *t, ama__comm *comm, int n_aggregators);
/* Between ama__tile_want and ama__tile_fetch. Boxes are put into their places; the stored bytes of chunks are kept
 * until ama__tile_fetch has decoded them. A rank without a tile, or one that has failed, takes part. Collective;
 * agreed. */
ama_status ama__tile_share(ama__tile *t, ama_status local, bool have_tile);
/* Frees the stored bytes of chunks; and what _begin made. Local. */
void ama__tile_share_drop(ama__tile *t);
void ama__tile_share_end(ama__tile *t);

#endif
