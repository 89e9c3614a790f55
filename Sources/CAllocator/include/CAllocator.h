#ifndef PITWALL_CALLOCATOR_H
#define PITWALL_CALLOCATOR_H

/// Asks the C library for two heaps that give free pages back, in place of one a thread. Does nothing where the library knows
/// no such setting. To be called before the first thread is started.
void pitwall_allocator_keep_small(void);

#endif
