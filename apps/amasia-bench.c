/* Measures the machine and the library on it: amasia-bench kernels. */
#include <amasia/amasia.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show(void *user, ama_text_kind kind, const char *text) {
    (void)user;
    fputs(text, kind == AMA_TEXT_OUTPUT ? stdout : stderr);
    fflush(stdout);
}

static int usage(void) {
    fputs("usage: amasia-bench kernels [MIB]\n\n"
          "kernels: the rate of each loop over values for each instruction set, beside those of memcpy and of reading\n"
          "memory, of one thread by its CPU time; MIB are streamed (256), which should be more than the caches hold.\n",
          stderr);
    return 2;
}

int main(int argc, char **argv) {
    ama_options options = AMA_OPTIONS_INIT;
    ama_session *session = NULL;
    char *end = "";
    long mib = argc > 2 ? strtol(argv[2], &end, 10) : 256;
    if (argc < 2 || argc > 3 || strcmp(argv[1], "kernels") != 0 || *end || mib < 1 || mib > 1 << 20) return usage();
    options.text = show;
    ama_status status = ama_session_create_self(&options, &session);
    if (status == AMA_OK) status = ama_bench_kernels(session, (size_t)mib << 20);
    if (status != AMA_OK)
        fprintf(stderr, "amasia-bench: %s\n", session ? ama_error_text(session) : "not enough memory");
    ama_session_destroy(&session);
    return status != AMA_OK;
}
