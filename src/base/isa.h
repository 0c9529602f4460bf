/* Instruction sets that loops over values are compiled for, and the one this process uses: the best the processor has,
 * or what the environment's AMA_ISA=baseline|avx2|avx512 names. Results have the same bits with each. */
#ifndef AMA_BASE_ISA_H
#define AMA_BASE_ISA_H

#include "base/context.h"

/* Each has what the ones before it have. */
typedef enum ama__isa { AMA_ISA_BASELINE, AMA_ISA_AVX2, AMA_ISA_AVX512, AMA_ISA_N } ama__isa;

const char *ama__isa_name(ama__isa isa);
/* Whether the processor and the operating system have it; elsewhere than on x86-64 only the baseline. Local. */
bool ama__isa_available(ama__isa isa);
/* What to use: AMA_ISA's where that names an available one, otherwise the best available. Local. */
ama__isa ama__isa_wanted(void);
/* ARG with a text when AMA_ISA is no name of an instruction set, or of one that is not available. Local. */
ama_status ama__isa_check(ama_ctx *ctx);

#endif
