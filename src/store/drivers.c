#include "store/driver.h"

/* Classic first: its signature is at byte 0 alone, that of HDF5 may come later in a file. */
const ama__driver *const ama__drivers[] = {&ama__driver_classic, &ama__driver_hdf5, &ama__driver_zarr, NULL};
