#include "store/driver.h"

const ama__driver *const ama__drivers[] = {&ama__driver_hdf5, &ama__driver_classic, &ama__driver_zarr, NULL};
