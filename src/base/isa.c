#include "base/isa.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[AMA_ISA_N] = {"baseline", "avx2", "avx512"};

const char *ama__isa_name(ama__isa isa) {
    return names[isa];
}

bool ama__isa_available(ama__isa isa) {
#if defined(__x86_64__)
    __builtin_cpu_init(); /* this may run before constructors */
    if (isa >= AMA_ISA_AVX2 && !__builtin_cpu_supports("avx2")) return false;
    return isa < AMA_ISA_AVX512 || (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                                    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"));
#else
    return isa == AMA_ISA_BASELINE;
#endif
}

/* AMA_ISA_N when it is none; an empty text counts as absent. */
static ama__isa named(const char *name) {
    int isa = 0;
    while (isa < AMA_ISA_N && strcmp(name, names[isa]) != 0) isa++;
    return (ama__isa)isa;
}

static const char *environment(void) {
    const char *name = getenv("AMA_ISA");
    return name && *name ? name : NULL;
}

ama__isa ama__isa_wanted(void) {
    const char *name = environment();
    int isa = name ? (int)named(name) : AMA_ISA_N;
    if (isa < AMA_ISA_N && ama__isa_available((ama__isa)isa)) return (ama__isa)isa;
    for (isa = AMA_ISA_N - 1; !ama__isa_available((ama__isa)isa);) isa--;
    return (ama__isa)isa;
}

ama_status ama__isa_check(ama_ctx *ctx) {
    const char *name = environment();
    if (!name) return AMA_OK;
    ama__isa isa = named(name);
    if (isa == AMA_ISA_N)
        return ama__fail(ctx, AMA_ERR_ARG, "AMA_ISA=%s: no such instruction set; it may be baseline, avx2 or avx512",
                         name);
    if (!ama__isa_available(isa)) {
        int best = isa;
        while (!ama__isa_available((ama__isa)best)) best--;
        return ama__fail(ctx, AMA_ERR_ARG, "AMA_ISA=%s: this processor does not have it; its best is %s", name,
                         names[best]);
    }
    return AMA_OK;
}
