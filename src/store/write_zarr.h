/* Private to the Zarr v2 writer: the JSON documents of a store, laid out as zarr-python lays them out. */
#ifndef AMA_STORE_WRITE_ZARR_H
#define AMA_STORE_WRITE_ZARR_H

#include "base/text.h"
#include "store/write_driver.h"

/* JSON under construction: indented by four, ASCII alone, NaN and Infinity bare as Python writes them. */
typedef struct ama__json_out {
    ama__text text;
    int level;
    bool fresh; /* nothing in the innermost object or list yet */
} ama__json_out;

void ama__json_begin(ama__json_out *j, char bracket); /* '{' or '[' */
void ama__json_end(ama__json_out *j, char bracket);
void ama__json_key(ama__json_out *j, const char *name);
void ama__json_item(ama__json_out *j); /* before each entry of a list */
/* A string; bytes that are not UTF-8 become U+FFFD. */
void ama__json_text(ama__json_out *j, const char *s, size_t n);
void ama__json_int(ama__json_out *j, int64_t x);
/* Element i of a numeric array. */
void ama__json_number(ama__json_out *j, ama_dtype t, const void *data, int64_t i);

void ama__zarr_put_group(ama__json_out *j);                                 /* .zgroup */
void ama__zarr_put_array(ama__json_out *j, const ama__writer *wr, int var); /* .zarray */
/* .zattrs of a variable, or of the dataset (var -1), sorted by name. */
ama_status ama__zarr_put_attrs(ama__json_out *j, const ama__writer *wr, int var);
ama_status ama__zarr_put_consolidated(ama__json_out *j, const ama__writer *wr); /* .zmetadata */
/* UNSUPPORTED when numcodecs has no name for a step of the pipeline. */
ama_status ama__zarr_check_pipeline(ama__writer *wr, const ama__stored_var *v);

#endif
