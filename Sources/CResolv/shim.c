#include "CResolv.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

/* The strings of one record, without their length bytes. */
static int append_record(const ns_rr *record, uint8_t *out, size_t capacity, size_t *filled) {
    const uint8_t *data = ns_rr_rdata(*record);
    size_t left = ns_rr_rdlen(*record);
    while (left > 0) {
        size_t count = *data;
        if (count + 1 > left || *filled + count + 1 > capacity) return 0;
        memcpy(out + *filled, data + 1, count);
        *filled += count;
        data += count + 1;
        left -= count + 1;
    }
    if (*filled + 1 > capacity) return 0;
    out[(*filled)++] = 0;
    return 1;
}

static int read_answer(const uint8_t *answer, int length, uint8_t *out, size_t capacity, size_t *filled) {
    ns_msg message;
    if (ns_initparse(answer, length, &message) != 0) return PITWALL_DNS_BAD_ANSWER;
    int found = 0;
    for (int index = 0; index < ns_msg_count(message, ns_s_an); index++) {
        ns_rr record;
        if (ns_parserr(&message, ns_s_an, index, &record) != 0) return PITWALL_DNS_BAD_ANSWER;
        /* Aliases on the way are answers too. */
        if (ns_rr_type(record) != ns_t_txt) continue;
        if (!append_record(&record, out, capacity, filled)) return PITWALL_DNS_BAD_ANSWER;
        found++;
    }
    return found;
}

int pitwall_dns_txt(const char *name, const char *server, uint16_t port, uint8_t *out, size_t capacity, size_t *filled) {
    static _Thread_local uint8_t answer[65536];
    struct __res_state state;
    memset(&state, 0, sizeof state);
    *filled = 0;
    if (res_ninit(&state) != 0) return PITWALL_DNS_NO_ANSWER;
    state.retrans = 2;
    state.retry = 2;
    if (server != NULL) {
        state.nscount = 1;
        state.nsaddr_list[0].sin_family = AF_INET;
        state.nsaddr_list[0].sin_port = htons(port);
        if (inet_pton(AF_INET, server, &state.nsaddr_list[0].sin_addr) != 1) {
            res_nclose(&state);
            return PITWALL_DNS_NO_ANSWER;
        }
    }
    int length = res_nquery(&state, name, ns_c_in, ns_t_txt, answer, sizeof answer);
    int problem = state.res_h_errno;
    res_nclose(&state);
    if (length < 0) return problem == HOST_NOT_FOUND || problem == NO_DATA ? 0 : PITWALL_DNS_NO_ANSWER;
    return read_answer(answer, length > (int)sizeof answer ? (int)sizeof answer : length, out, capacity, filled);
}
