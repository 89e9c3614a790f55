#pragma once

/// How often this thread has asked for memory since it started.
unsigned long allocations_of_this_thread(void);
