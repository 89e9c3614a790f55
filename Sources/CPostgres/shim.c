#include "CPostgres.h"

static void ignore(void *context, const PGresult *notice) {
    (void)context;
    (void)notice;
}

void pitwall_pq_silence(PGconn *connection) { PQsetNoticeReceiver(connection, ignore, 0); }
