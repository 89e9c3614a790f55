#ifndef PITWALL_CSQLITE_H
#define PITWALL_CSQLITE_H

/// Lets SQLite stop counting the memory it holds, which takes a lock at each allocation. `sqlite3_config` takes variable arguments,
/// which Swift can't call. To be called before the first connection is opened; 0 where that worked.
int pitwall_sqlite_without_memory_statistics(void);

#endif
