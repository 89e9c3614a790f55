#ifndef PITWALL_COPENSSL_CONTEXT_H
#define PITWALL_COPENSSL_CONTEXT_H

#include "COpenSSL.h"

#include <openssl/sha.h>

/* The block functions' own state, in place: a context of libcrypto's is two allocations and 1 µs for each text. */
_Static_assert(sizeof(pitwall_sha256_state) == sizeof(SHA256_CTX), "libcrypto keeps another state than the header says");

static inline SHA256_CTX *context(pitwall_sha256_state *state) { return (SHA256_CTX *)(void *)state; }

#endif
