// What the C library asks a system for, answered here: a plugin has no WASI, since that would be rights which nobody has approved.
// So printf says nothing, malloc and snprintf work, and time() is the host's.

#include "jackfield.h"

#include <stdint.h>

enum { SUCCESS = 0, BAD_FILE = 8, NOT_SUPPORTED = 52 };

int32_t __imported_wasi_snapshot_preview1_fd_close(int32_t file) {
    (void)file;
    return BAD_FILE;
}

int32_t __imported_wasi_snapshot_preview1_fd_seek(int32_t file, int64_t offset, int32_t whence, int32_t place) {
    (void)file, (void)offset, (void)whence, (void)place;
    return BAD_FILE;
}

int32_t __imported_wasi_snapshot_preview1_fd_write(int32_t file, int32_t parts, int32_t count, int32_t written) {
    (void)file, (void)parts, (void)count, (void)written;
    return BAD_FILE;
}

int32_t __imported_wasi_snapshot_preview1_fd_fdstat_get(int32_t file, int32_t stat) {
    (void)file, (void)stat;
    return BAD_FILE;
}

int32_t __imported_wasi_snapshot_preview1_clock_time_get(int32_t clock, int64_t precision, int32_t place) {
    (void)clock, (void)precision;
    *(uint64_t *)(intptr_t)place = jackfield_services_clock_now() * 1000000u;
    return SUCCESS;
}

int32_t __imported_wasi_snapshot_preview1_environ_sizes_get(int32_t count, int32_t bytes) {
    *(uint32_t *)(intptr_t)count = 0;
    *(uint32_t *)(intptr_t)bytes = 0;
    return SUCCESS;
}

int32_t __imported_wasi_snapshot_preview1_environ_get(int32_t values, int32_t bytes) {
    (void)values, (void)bytes;
    return SUCCESS;
}

// Numbers that repeat would be worse than none.
int32_t __imported_wasi_snapshot_preview1_random_get(int32_t bytes, int32_t length) {
    (void)bytes, (void)length;
    return NOT_SUPPORTED;
}

_Noreturn void __imported_wasi_snapshot_preview1_proc_exit(int32_t status) {
    (void)status;
    __builtin_trap();
}
