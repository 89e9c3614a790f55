#ifndef PITWALL_CPOSTGRES_H
#define PITWALL_CPOSTGRES_H

/* Debian keeps libpq's headers in a folder of their own, most others do not. */
#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
#include <postgresql/libpq-fe.h>
#endif

/// Lets the connection keep its notices to itself: libpq writes them to standard error, and they may quote values.
void pitwall_pq_silence(PGconn *connection);

#endif
