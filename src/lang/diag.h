/* Where something stands in a script, and errors that point at it:
 *
 *   clim.py:6:12: unknown method 'grouby' of DataArray; did you mean 'groupby'?
 *       clim = tas.grouby("time.month").mean("time")
 *                  ^~~~~~
 *
 * Positions are byte offsets into the source; lines and columns are counted only when an error is written. */
#ifndef AMA_LANG_DIAG_H
#define AMA_LANG_DIAG_H

#include "base/context.h"

#define AMA_SOURCE_MAX_BYTES (16 << 20)

/* Text of a script, borrowed; it stays unchanged as long as the tree made from it is in use. Need not end in NUL. */
typedef struct ama__source {
    const char *name; /* as the user wrote it: "clim.py" */
    const char *text;
    int32_t n_bytes;
} ama__source;

/* Bytes begin .. end-1 of the source. */
typedef struct ama__span {
    int32_t begin, end;
} ama__span;

/* Fills *out and checks the text. Local. Errors, with line and column: FORMAT for NUL bytes and for what is not UTF-8;
 * ARG for more than AMA_SOURCE_MAX_BYTES. */
ama_status ama__source_init(ama_ctx *ctx, const char *name, const char *text, size_t n_bytes, ama__source *out);

/* Offset of the first byte after a byte order mark. */
int32_t ama__source_begin(const ama__source *source);

/* Line and column of an offset, both from 1; columns count characters, a tab is one. Lines end in LF, CR LF or CR. */
void ama__source_position(const ama__source *source, int32_t offset, int32_t *line, int32_t *column);

/* Records an error of class `status` that points at `at` and returns `status`. Local. The caret line underlines the
 * part of `at` on its first line. Long lines are shown in part, control characters as '?'. */
ama_status ama__diag_fail(ama_ctx *ctx, const ama__source *source, ama__span at, ama_status status, const char *fmt,
                          ...) AMA_PRINTF(5, 6);

#endif
