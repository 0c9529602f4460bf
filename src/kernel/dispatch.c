#include "kernel/dispatch.h"

#include "kernel/block.h"
#include "kernel/count.h"
#include "kernel/gather.h"
#include "kernel/order.h"
#include "kernel/rank.h"
#include "kernel/scan.h"
#include "kernel/state.h"
#include "kernel/window.h"

typedef struct kernels {
#define KERNEL(RESULT, NAME, PARAMETERS, ARGUMENTS) RESULT(*NAME) PARAMETERS;
#include "kernel/kernels.def"
#undef KERNEL
} kernels;

#define KERNEL(RESULT, NAME, PARAMETERS, ARGUMENTS) RESULT NAME##_baseline PARAMETERS;
#include "kernel/kernels.def"
#undef KERNEL
static const kernels baseline = {
#define KERNEL(RESULT, NAME, PARAMETERS, ARGUMENTS) NAME##_baseline,
#include "kernel/kernels.def"
#undef KERNEL
};

#if defined(__x86_64__)
#define KERNEL(RESULT, NAME, PARAMETERS, ARGUMENTS) RESULT NAME##_avx2 PARAMETERS, NAME##_avx512 PARAMETERS;
#include "kernel/kernels.def"
#undef KERNEL
static const kernels avx2 = {
#define KERNEL(RESULT, NAME, PARAMETERS, ARGUMENTS) NAME##_avx2,
#include "kernel/kernels.def"
#undef KERNEL
};
static const kernels avx512 = {
#define KERNEL(RESULT, NAME, PARAMETERS, ARGUMENTS) NAME##_avx512,
#include "kernel/kernels.def"
#undef KERNEL
};
static const kernels *const tables[AMA_ISA_N] = {&baseline, &avx2, &avx512};
#else
static const kernels *const tables[AMA_ISA_N] = {&baseline, &baseline, &baseline};
#endif

static const kernels *chosen = &baseline;

void ama__kernels_use(ama__isa isa) {
    chosen = tables[isa];
}

__attribute__((constructor)) static void choose(void) {
    ama__kernels_use(ama__isa_wanted());
}

#define KERNEL(RESULT, NAME, PARAMETERS, ARGUMENTS)                                                                    \
    RESULT NAME PARAMETERS {                                                                                           \
        return chosen->NAME ARGUMENTS;                                                                                 \
    }
#include "kernel/kernels.def"
