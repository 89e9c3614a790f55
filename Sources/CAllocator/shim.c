#define _GNU_SOURCE
#include "CAllocator.h"

#if defined(__linux__)
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
/* Whether the loader has written into the code, which then is not what stands in the file. */
static int is_patched(const struct dl_phdr_info *info, const ElfW(Phdr) *segment) {
    const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(uintptr_t)(info->dlpi_addr + segment->p_vaddr);
    for (; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL))) return 1;
    }
    return 0;
}

static int forget(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size;
    (void)unused;
    if (strncmp(info->dlpi_name, "linux-vdso", 10) == 0) return 0;
    for (size_t index = 0; index < info->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[index];
        if (segment->p_type == PT_DYNAMIC && is_patched(info, segment)) return 0;
    }
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (size_t index = 0; index < info->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X) || (segment->p_flags & PF_W)) continue;
        uintptr_t start = (uintptr_t)(info->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = (uintptr_t)(info->dlpi_addr + segment->p_vaddr + segment->p_memsz);
        /* No more than a wish: where the system does not grant it, the pages stay. */
        if (end > start) (void)madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void pitwall_forget_code(void) { dl_iterate_phdr(forget, NULL); }
#else
void pitwall_forget_code(void) {}
#endif
