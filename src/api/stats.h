/* Prediction and what came of it, for people and as JSON. Private to api/. */
#ifndef AMA_API_STATS_H
#define AMA_API_STATS_H

#include "api/predict.h"
#include "api/session.h"
#include "exec/exec.h"

typedef struct ama__stats {
    const ama__plan *plan;
    const ama__exec_stats *run; /* of this rank; NULL: only planned */
    double open_s;              /* this rank's wall from the call to the first stage */
} ama__stats;

/* Shows the stats as a table (`table`) and writes them to `json` (NULL: nowhere, or a file made by ama__stats_open).
 * Measures the machine for the prediction. Collective. */
typedef struct ama__stats_file ama__stats_file;
ama_status ama__stats_show(ama_session *s, const ama__stats *x, bool table, ama__stats_file *json);

/* Makes a file beside `path` ("-": none is needed, the text is output) on rank 0, to know before any data is read that
 * it can be written. Collective. */
ama_status ama__stats_open(ama_session *s, const char *path, ama__stats_file **out);
/* Appends text to it and renames it to `path`. On rank 0. Local. */
ama_status ama__stats_write(ama_session *s, ama__stats_file *f, const char *text);
/* Removes what has not been renamed. NULL inside is allowed. Local. */
void ama__stats_close(ama_session *s, ama__stats_file **f);

#endif
