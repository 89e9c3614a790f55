#ifndef PITWALL_COPENSSL_H
#define PITWALL_COPENSSL_H

#include <stddef.h>
#include <stdint.h>

/* What Pitwall takes from libcrypto, in functions with plain types. A hash fails only where libcrypto has no SHA-256 or
   the machine no memory left: nothing can be signed or logged truthfully then, and the program ends. */

#define PITWALL_SHA256_LENGTH 32

/* SHA-256 of `count` bytes into `out`, which holds 32. */
void pitwall_sha256(const uint8_t *bytes, size_t count, uint8_t *out);

typedef struct pitwall_sha256_state pitwall_sha256_state;

/* A hash fed piece by piece; to be given to pitwall_sha256_free. */
pitwall_sha256_state *pitwall_sha256_new(void);
void pitwall_sha256_update(pitwall_sha256_state *state, const uint8_t *bytes, size_t count);
/* Writes 32 bytes and makes the state ready for another message. */
void pitwall_sha256_finish(pitwall_sha256_state *state, uint8_t *out);
void pitwall_sha256_free(pitwall_sha256_state *state);

/* HMAC-SHA-256 (RFC 2104) into `out`, which holds 32. */
void pitwall_hmac_sha256(const uint8_t *key, size_t key_count, const uint8_t *bytes, size_t count, uint8_t *out);

/* 1 when `out` was filled with random bytes fit for keys, 0 when the system has none to give. */
int pitwall_random(uint8_t *out, size_t count);

/* 1 when both hold the same bytes; takes as long whatever they hold. */
int pitwall_equal(const uint8_t *a, const uint8_t *b, size_t count);

#endif
