// Power loss, for `scripts/prove.py`: a library to be loaded before a program (LD_PRELOAD) that keeps, beside each file under POWER_ROOT,
// what the file held when it was last synced, in POWER_DISK. After a kill -9 that is what a disk without power would hold at worst:
// every write that was not synced is gone.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void keep(int file) {
    const char *root = getenv("POWER_ROOT"), *disk = getenv("POWER_DISK");
    char link[64], path[4096], target[8192], made[8200];
    static char buffer[1 << 20];
    if (!root || !disk) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return;
    path[length] = 0;
    if (strncmp(path, root, strlen(root)) != 0) return;
    for (char *byte = path + strlen(root); *byte; byte++)
        if (*byte == '/') *byte = '%';
    snprintf(target, sizeof target, "%s/%s", disk, path + strlen(root));
    snprintf(made, sizeof made, "%s.new", target);
    pthread_mutex_lock(&lock);
    // Opened anew: the program's own descriptor may be write-only.
    int from = open(link, O_RDONLY), to = open(made, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int good = from >= 0 && to >= 0;
    ssize_t count = 0;
    while (good && (count = read(from, buffer, sizeof buffer)) > 0)
        good = write(to, buffer, (size_t)count) == count;
    if (from >= 0) close(from);
    if (to >= 0) close(to);
    // All or nothing: a kill in the middle leaves what the sync before left.
    if (good && count == 0) rename(made, target);
    pthread_mutex_unlock(&lock);
}

int fsync(int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    int result = real(file);
    if (result == 0) keep(file);
    return result;
}

int fdatasync(int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    int result = real(file);
    if (result == 0) keep(file);
    return result;
}
