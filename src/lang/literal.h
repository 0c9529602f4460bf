/* The values of number and string tokens. */
#ifndef AMA_LANG_LITERAL_H
#define AMA_LANG_LITERAL_H

#include "base/memory.h"
#include "lang/token.h"

/* Value of an INT token. UNSUPPORTED beyond 2^63; 2^63 itself is given, so that a minus sign before it can be right. */
ama_status ama__literal_int(ama_ctx *ctx, const ama__source *source, ama__span span, uint64_t *out);

/* Value of a FLOAT token, correctly rounded whatever the locale. */
ama_status ama__literal_float(ama__arena *arena, const ama__source *source, ama__span span, double *out);

/* Text of a piece of a string: escapes replaced unless `raw`, line ends as LF. NUL-terminated in the arena, *n_bytes
 * without the NUL. FORMAT for broken escapes; UNSUPPORTED for named characters, surrogates and NUL. */
ama_status ama__literal_text(ama__arena *arena, const ama__source *source, ama__span span, bool raw, const char **out,
                             int32_t *n_bytes);

#endif
