/* Kernels are compiled for the baseline and for AVX2 from one source and chosen at start. Without contraction both give
 * the same bits. Sanitizer builds keep the baseline: their runtime is not up when clones are resolved. */
#ifndef AMA_KERNEL_CLONES_H
#define AMA_KERNEL_CLONES_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define AMA_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define AMA_CLONES
#endif

#endif
