#ifndef PITWALL_CRESOLV_H
#define PITWALL_CRESOLV_H

#include <stddef.h>
#include <stdint.h>

/* What Pitwall asks the DNS, through the system's resolver. */

enum {
    /* Nobody answered, or not in time: this machine may be offline. */
    PITWALL_DNS_NO_ANSWER = -1,
    /* The answer cannot be read, or does not fit. */
    PITWALL_DNS_BAD_ANSWER = -2
};

/* The TXT records of `name`, one after another in `out`, the strings of each put together, a zero byte after each. Returns how many
   there are, 0 where there are none, or one of the above; `filled` becomes the number of bytes written. Waits some seconds at most.
   `server` is an IPv4 address to ask on `port` in place of the system's name servers, or null. */
int pitwall_dns_txt(const char *name, const char *server, uint16_t port, uint8_t *out, size_t capacity, size_t *filled);

#endif
