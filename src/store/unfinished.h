/* The files and directories that this process writes under temporary names, so that a signal that ends it can take them
 * away. */
#ifndef AMA_STORE_UNFINISHED_H
#define AMA_STORE_UNFINISHED_H

/* Remembers one, as far as there is room (32 at one time, names shorter than PATH_MAX); forgets it. Local,
 * thread-safe. */
void ama__unfinished_add(const char *path);
void ama__unfinished_drop(const char *path);
/* Forgets one that is about to get its final name. Does not return when it may be being removed. Local, thread-safe. */
void ama__unfinished_done(const char *path);
/* Returns unless the process ends: before something is made that would have to be removed. Local, thread-safe. */
void ama__unfinished_wait(void);
/* Removes those that are remembered, with all that is in them; for each it waits half a second at most until other
 * ranks make nothing more there. The process must end with it: its writers wait for ever. Local, async-signal-safe. */
void ama__unfinished_remove(void);

#endif
