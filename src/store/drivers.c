#include "store/driver.h"

const ama__driver *const ama__drivers[] = {NULL};
