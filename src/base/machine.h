/* What this process may use of its node: memory and cores. Local; collective sense is made of it in api/. */
#ifndef AMA_BASE_MACHINE_H
#define AMA_BASE_MACHINE_H

#include "base/context.h"

/* Bytes that all ranks of this node together may use now: the least of MemAvailable, the memory limit of every ancestor
 * cgroup (v1 memory.limit_in_bytes, v2 memory.max) and SLURM_MEM_PER_NODE. 0 when nothing could be read. The roots
 * /proc and /sys/fs/cgroup can be replaced for tests by AMA_PROC_ROOT and AMA_CGROUP_ROOT. */
int64_t ama__machine_memory(void);

/* Cores (not hardware threads) in this process's cpuset, and in the whole machine, by hwloc; at least 1. */
typedef struct ama__cores {
    int mine, machine;
} ama__cores;
ama__cores ama__machine_cores(void);

#endif
