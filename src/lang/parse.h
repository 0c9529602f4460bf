/* From text to syntax tree. What Python would refuse is FORMAT ("syntax error: ..."); what Python accepts and Amasia
 * does not is UNSUPPORTED with the nearest supported form; both with line, column and caret. */
#ifndef AMA_LANG_PARSE_H
#define AMA_LANG_PARSE_H

#include "lang/ast.h"

/* Parses a script into a MODULE. The tree lives in `arena` and refers to nothing of the source. Local. */
ama_status ama__parse_script(ama__arena *arena, const ama__source *source, ama__ast **out);
/* Parses one expression, which may stretch over lines. Local. */
ama_status ama__parse_expression(ama__arena *arena, const ama__source *source, ama__ast **out);

#endif
