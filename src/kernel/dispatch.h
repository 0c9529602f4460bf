/* Which instruction set's kernels run. Chosen when the program or library is loaded, as ama__isa_wanted says: the one
 * thing in the library that belongs to the process, since it describes the processor. */
#ifndef AMA_KERNEL_DISPATCH_H
#define AMA_KERNEL_DISPATCH_H

#include "base/isa.h"

/* Takes another one, for tests and measurements; it must be available and no kernel may be running. Local. */
void ama__kernels_use(ama__isa isa);

#endif
