#include "store/unfinished.h"

#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define MOST 32

enum { FREE, FILLING, HELD };
static struct {
    _Atomic int state;
    char path[PATH_MAX]; /* not of a session's memory, which may go while a handler reads it */
} slot[MOST];

void ama__unfinished_add(const char *path) {
    if (strlen(path) >= PATH_MAX) return;
    for (int i = 0; i < MOST; i++) {
        int is_free = FREE;
        if (!atomic_compare_exchange_strong(&slot[i].state, &is_free, FILLING)) continue;
        strcpy(slot[i].path, path);
        atomic_store(&slot[i].state, HELD);
        return;
    }
}

void ama__unfinished_drop(const char *path) {
    for (int i = 0; i < MOST; i++)
        if (atomic_load(&slot[i].state) == HELD && strcmp(slot[i].path, path) == 0) atomic_store(&slot[i].state, FREE);
}

void ama__unfinished_remove(void) {
    for (int i = 0; i < MOST; i++)
        if (atomic_load(&slot[i].state) == HELD) unlink(slot[i].path);
}
