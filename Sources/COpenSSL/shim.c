/* The block functions of SHA-256, which libcrypto would rather have called through its contexts. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "context.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void require(int ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "pitwall: libcrypto failed to %s\n", what);
    abort();
}

void pitwall_sha256(const uint8_t *bytes, size_t count, uint8_t *out) {
    SHA256_CTX state;
    require(SHA256_Init(&state) && SHA256_Update(&state, bytes, count) && SHA256_Final(out, &state), "hash");
}

void pitwall_sha256_start(pitwall_sha256_state *state) { require(SHA256_Init(context(state)), "start a hash"); }

void pitwall_sha256_update(pitwall_sha256_state *state, const uint8_t *bytes, size_t count) {
    require(SHA256_Update(context(state), bytes, count), "hash");
}

void pitwall_sha256_finish(pitwall_sha256_state *state, uint8_t *out) { require(SHA256_Final(out, context(state)), "end a hash"); }

/* By hand over the plain block functions: for a link's hundred bytes libcrypto's own HMAC takes 1.5 µs, several times as long, and a message
   has three such. */
void pitwall_hmac_sha256_start(const uint8_t *key, size_t count, pitwall_sha256_state *inner, pitwall_sha256_state *outer) {
    uint8_t block[SHA256_CBLOCK] = {0};
    if (count > sizeof block) {
        pitwall_sha256(key, count, block);
    } else if (count > 0) {
        memcpy(block, key, count);
    }
    for (size_t index = 0; index < sizeof block; index++) block[index] ^= 0x36;
    pitwall_sha256_start(inner);
    pitwall_sha256_update(inner, block, sizeof block);
    for (size_t index = 0; index < sizeof block; index++) block[index] ^= 0x36 ^ 0x5C;
    pitwall_sha256_start(outer);
    pitwall_sha256_update(outer, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
}

void pitwall_hmac_sha256(
    const pitwall_sha256_state *inner, const pitwall_sha256_state *outer, const uint8_t *bytes, size_t count, uint8_t *out) {
    uint8_t digest[SHA256_DIGEST_LENGTH];
    pitwall_sha256_state state = *inner;
    pitwall_sha256_update(&state, bytes, count);
    pitwall_sha256_finish(&state, digest);
    state = *outer;
    pitwall_sha256_update(&state, digest, sizeof digest);
    pitwall_sha256_finish(&state, out);
    OPENSSL_cleanse(&state, sizeof state);
}

int pitwall_random(uint8_t *out, size_t count) {
    return count <= INT_MAX && RAND_priv_bytes(out, (int)count) == 1;
}

int pitwall_equal(const uint8_t *a, const uint8_t *b, size_t count) { return CRYPTO_memcmp(a, b, count) == 0; }
