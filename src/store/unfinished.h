/* The files that this process writes under temporary names, so that a signal that ends it can take them away. */
#ifndef AMA_STORE_UNFINISHED_H
#define AMA_STORE_UNFINISHED_H

/* Remembers a file, as far as there is room (32 at one time, names shorter than PATH_MAX); forgets it. Local,
 * thread-safe. */
void ama__unfinished_add(const char *path);
void ama__unfinished_drop(const char *path);
/* Removes those that are remembered. Local, async-signal-safe. */
void ama__unfinished_remove(void);

#endif
