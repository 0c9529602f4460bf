#include "base/machine.h"

#include <hwloc.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *root(const char *variable, const char *otherwise) {
    const char *s = getenv(variable);
    return s && *s ? s : otherwise;
}

/* The number in a one-line file; -1 when there is none ("max"). */
static int64_t read_number(const char *path) {
    char line[64];
    FILE *f = fopen(path, "r");
    if (!f) return -1;
    char *got = fgets(line, sizeof line, f), *end;
    fclose(f);
    if (!got) return -1;
    long long x = strtoll(line, &end, 10);
    return end == line ? -1 : x;
}

static void at_most(int64_t *least, int64_t x) {
    if (x > 0 && (*least == 0 || x < *least)) *least = x;
}

static void mem_available(int64_t *least) {
    char path[PATH_MAX], line[256];
    long long kib;
    snprintf(path, sizeof path, "%s/meminfo", root("AMA_PROC_ROOT", "/proc"));
    FILE *f = fopen(path, "r");
    if (!f) return;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "MemAvailable: %lld kB", &kib) == 1) at_most(least, (int64_t)kib * 1024);
    fclose(f);
}

/* The limits of a cgroup and all its ancestors. */
static void cgroup_limits(const char *mount, char *group, const char *knob, int64_t *least) {
    char path[2 * PATH_MAX];
    for (;;) {
        snprintf(path, sizeof path, "%s%s/%s", mount, group, knob);
        at_most(least, read_number(path));
        char *slash = strrchr(group, '/');
        if (!slash) return;
        *slash = '\0';
    }
}

static void cgroups(int64_t *least) {
    char path[PATH_MAX], mount[PATH_MAX], line[PATH_MAX];
    const char *top = root("AMA_CGROUP_ROOT", "/sys/fs/cgroup");
    snprintf(path, sizeof path, "%s/self/cgroup", root("AMA_PROC_ROOT", "/proc"));
    FILE *f = fopen(path, "r");
    if (!f) return;
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *names = strchr(line, ':'), *group = names ? strchr(names + 1, ':') : NULL;
        if (!group) continue;
        *group++ = '\0';
        if (strcmp(group, "/") == 0) *group = '\0';
        if (strcmp(names + 1, "") == 0) {
            cgroup_limits(top, group, "memory.max", least);
        } else if (strstr(names + 1, "memory")) {
            snprintf(mount, sizeof mount, "%s/memory", top);
            cgroup_limits(mount, group, "memory.limit_in_bytes", least);
        }
    }
    fclose(f);
}

int64_t ama__machine_memory(void) {
    int64_t least = 0;
    const char *slurm = getenv("SLURM_MEM_PER_NODE");
    mem_available(&least);
    cgroups(&least);
    if (slurm && strtoll(slurm, NULL, 10) > 0) at_most(&least, strtoll(slurm, NULL, 10) * 1024 * 1024);
    return least;
}

ama__cores ama__machine_cores(void) {
    ama__cores c = {1, 1};
    hwloc_topology_t topology;
    if (hwloc_topology_init(&topology) != 0) return c;
    hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    hwloc_cpuset_t set = hwloc_bitmap_alloc();
    if (set && hwloc_topology_load(topology) == 0) {
        int n = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE);
        if (n > 0) c.machine = n;
        c.mine = c.machine;
        if (hwloc_get_cpubind(topology, set, HWLOC_CPUBIND_PROCESS) == 0)
            c.mine = hwloc_get_nbobjs_inside_cpuset_by_type(topology, set, HWLOC_OBJ_CORE);
        if (c.mine < 1) c.mine = 1;
    }
    hwloc_bitmap_free(set);
    hwloc_topology_destroy(topology);
    return c;
}
