#include "store/unfinished.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/write_driver.h"

#define MOST 32
#define TRIES 50 /* 10 ms apart */

enum { FREE, FILLING, HELD };
static struct {
    _Atomic int state;
    char path[PATH_MAX]; /* not of a session's memory, which may go while a handler reads it */
} slot[MOST];

static _Atomic bool ending;

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

/* What other ranks have open or are making appears until the signal has reached them too. */
static void remove_one(const char *path) {
    const struct timespec moment = {.tv_nsec = 10000000};
    for (int i = 0; i < TRIES; i++) {
        ama__write_path_remove(path);
        if (access(path, F_OK) != 0) return;
        nanosleep(&moment, NULL);
    }
}

void ama__unfinished_wait(void) {
    while (atomic_load(&ending)) pause();
}

/* Whoever removes says so first and looks at the slots then: either it does not see this one, or it is seen here. */
void ama__unfinished_done(const char *path) {
    ama__unfinished_drop(path);
    ama__unfinished_wait();
}

void ama__unfinished_remove(void) {
    atomic_store(&ending, true);
    for (int i = 0; i < MOST; i++)
        if (atomic_load(&slot[i].state) == HELD) remove_one(slot[i].path);
}
