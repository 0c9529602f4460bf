/* Status codes of every Amasia function that can fail. */
#ifndef AMASIA_STATUS_H
#define AMASIA_STATUS_H

/* The class of an error; its text is in the context's one error record (ama_error_text). */
typedef enum ama_status {
    AMA_OK = 0,
    AMA_ERR_ARG,         /* the caller's or the script's request makes no sense */
    AMA_ERR_NOTFOUND,    /* a file, variable, dim, label or name that is not there */
    AMA_ERR_FORMAT,      /* a file or text that is damaged or not what it says it is */
    AMA_ERR_UNSUPPORTED, /* valid, but Amasia does not do it (yet) */
    AMA_ERR_IO,          /* the operating system refused or failed */
    AMA_ERR_NOMEM,       /* the operating system gave no memory */
    AMA_ERR_BUDGET,      /* the memory budget of the rank would be exceeded */
    AMA_ERR_MISMATCH,    /* shapes, dims, dtypes or ranks that do not agree */
    AMA_ERR_INTERNAL,    /* a bug in Amasia */
    AMA_ERR_PEER         /* another rank failed; its text is printed once */
} ama_status;

#endif
