#ifndef PITWALL_CALLOCATOR_H
#define PITWALL_CALLOCATOR_H

/* How memory is got and given back: linking this makes jemalloc the program's malloc, set up for threads that hand messages on. */

/* Lets go of the pages of code, the program's and its libraries', that have been read so far; those that run come back from the system's
   cache as they are needed. What beginning takes, reading settings, compiling templates, planning, opening connections, is not needed while a
   campaign goes out for hours. */
void pitwall_forget_code(void);

#endif
