/* The options of `amasia convert`. */
#ifndef AMA_APPS_CONVERT_ARGUMENTS_H
#define AMA_APPS_CONVERT_ARGUMENTS_H

#include <amasia/amasia.h>
#include <argp.h>

typedef struct convert_arguments {
    int n_paths;
    const char **path; /* inputs, then the output */
    ama_convert_options options;
} convert_arguments;

/* A child parser; its input is a convert_arguments. */
extern const struct argp convert_parser;

/* One more path. */
void convert_add_path(struct argp_state *state, convert_arguments *a, const char *path);
/* Complains about an option that only convert knows. */
void convert_check(struct argp_state *state, const convert_arguments *a, const char *command);
/* Collective. */
ama_status convert_run(ama_session *s, convert_arguments *a);
void convert_fini(convert_arguments *a);

#endif
