#include "base/path.h"

#include <sys/stat.h>

bool ama__file_id_get(const char *path, ama__file_id *out) {
    struct stat st;
    if (stat(path, &st) != 0) return false;
    *out = (ama__file_id){(uint64_t)st.st_dev, (uint64_t)st.st_ino};
    return true;
}

bool ama__file_id_is(const ama__file_id *id, const char *path) {
    ama__file_id have;
    return ama__file_id_get(path, &have) && have.device == id->device && have.inode == id->inode;
}
