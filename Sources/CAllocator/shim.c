#define _GNU_SOURCE
#include "CAllocator.h"

#if defined(__linux__)
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

/* jemalloc reads it when the first byte is asked for. Two heaps for all threads, since a message is made on one and let go on another; what
   is free goes back to the system after a second; a message of up to 16 kB comes out of a thread's own store. */
const char *malloc_conf = "narenas:2,lg_tcache_max:14,dirty_decay_ms:1000,muzzy_decay_ms:0";

#if defined(__linux__)
/* Whether some of these pages is not what stands in the file: a loader that wrote into the code, a debugger's breakpoint. What is not known is
   taken for changed. Linux, Documentation/admin-guide/mm/pagemap.rst: bit 63 for a page that is there, 61 for one of a file. */
static int is_changed(int pagemap, uintptr_t start, uintptr_t end, uintptr_t page) {
    uint64_t entries[512];
    while (start < end) {
        size_t left = (end - start + page - 1) / page;
        size_t count = left < 512 ? left : 512;
        ssize_t got = pread(pagemap, entries, count * sizeof entries[0], (off_t)(start / page * sizeof entries[0]));
        if (got != (ssize_t)(count * sizeof entries[0])) return 1;
        for (size_t index = 0; index < count; index++) {
            if ((entries[index] >> 63 & 1) && !(entries[index] >> 61 & 1)) return 1;
        }
        start += count * page;
    }
    return 0;
}

static int forget(struct dl_phdr_info *info, size_t size, void *pagemap) {
    (void)size;
    if (strncmp(info->dlpi_name, "linux-vdso", 10) == 0) return 0;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (size_t index = 0; index < info->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X) || (segment->p_flags & PF_W)) continue;
        uintptr_t start = (uintptr_t)(info->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = (uintptr_t)(info->dlpi_addr + segment->p_vaddr + segment->p_memsz);
        if (end <= start || is_changed(*(int *)pagemap, start, end, page)) continue;
        /* No more than a wish: where the system does not grant it, the pages stay. */
        (void)madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void pitwall_forget_code(void) {
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap < 0) return;
    dl_iterate_phdr(forget, &pagemap);
    close(pagemap);
}
#else
void pitwall_forget_code(void) {}
#endif
