#ifndef PITWALL_COPENSSL_H
#define PITWALL_COPENSSL_H

#include <stddef.h>
#include <stdint.h>

/* What Pitwall takes from libcrypto, in functions with plain types. Where a hash should fail,
   nothing could be signed or logged truthfully, and the program ends. */

#define PITWALL_SHA256_LENGTH 32

/* SHA-256 of `count` bytes into `out`, which holds 32. */
void pitwall_sha256(const uint8_t *bytes, size_t count, uint8_t *out);

/* A hash fed piece by piece, in the caller's memory: the size of libcrypto's own state. */
typedef struct {
    uint32_t words[28];
} pitwall_sha256_state;

void pitwall_sha256_start(pitwall_sha256_state *state);
void pitwall_sha256_update(pitwall_sha256_state *state, const uint8_t *bytes, size_t count);
/* As an update of each, in little more than the time of one where the processor has instructions for it. */
void pitwall_sha256_update_two(
    pitwall_sha256_state *first, const uint8_t *first_bytes, size_t first_count, pitwall_sha256_state *second, const uint8_t *second_bytes,
    size_t second_count);
/* 1 where it has them. */
int pitwall_sha256_goes_in_turns(void);
/* Writes 32 bytes; the state must be started again for another message. */
void pitwall_sha256_finish(pitwall_sha256_state *state, uint8_t *out);

/* HMAC-SHA-256 (RFC 2104). What a key comes to is worked out once; each text goes on from there, into `out`, which holds 32. */
void pitwall_hmac_sha256_start(const uint8_t *key, size_t count, pitwall_sha256_state *inner, pitwall_sha256_state *outer);
void pitwall_hmac_sha256(
    const pitwall_sha256_state *inner, const pitwall_sha256_state *outer, const uint8_t *bytes, size_t count, uint8_t *out);

/* 1 when `out` was filled with random bytes fit for keys, 0 when the system has none to give. */
int pitwall_random(uint8_t *out, size_t count);

/* 1 when both hold the same bytes; takes as long whatever they hold. */
int pitwall_equal(const uint8_t *a, const uint8_t *b, size_t count);

/* Private keys that sign, of the two kinds that DKIM knows. One may be used on several threads at once. */

typedef struct pitwall_key pitwall_key;

enum {
    PITWALL_KEY_RSA = 1,
    PITWALL_KEY_ED25519 = 2,
    /* A private key of another kind. */
    PITWALL_KEY_OTHER = 3,
    /* Only with a passphrase, which is not asked for. */
    PITWALL_KEY_ENCRYPTED = 4,
    /* No private key in PEM. */
    PITWALL_KEY_NONE = 5
};

#define PITWALL_ED25519_LENGTH 64
/* What an RSA key of 16,384 bits, the longest that libcrypto makes, signs with. */
#define PITWALL_LONGEST_SIGNATURE 2048

/* Reads a private key in PEM. `kind` is one of the above; a key, to be given to pitwall_key_free, only for the first two. */
pitwall_key *pitwall_key_parse(const uint8_t *pem, size_t count, int *kind);
/* A new key of kind RSA or ED25519; null where libcrypto makes none. `bits` is for RSA. */
pitwall_key *pitwall_key_generate(int kind, unsigned bits);
void pitwall_key_free(pitwall_key *key);
int pitwall_key_bits(const pitwall_key *key);

/* RSA: PKCS #1 v1.5 over a SHA-256 digest of 32 bytes. Ed25519: over those 32 bytes. The length of the signature that was written
   to `out`, which holds PITWALL_LONGEST_SIGNATURE; 0 where libcrypto refused. */
size_t pitwall_key_sign(const pitwall_key *key, const uint8_t *digest, uint8_t *out);

/* The public half as DNS publishes it: SubjectPublicKeyInfo in DER for RSA (RFC 6376 section 3.6.1), the 32 bytes themselves for
   Ed25519 (RFC 8463 section 4). The private one in PEM (PKCS #8). Both: how many bytes there are; they are written where `capacity`
   is enough for them. 0 where libcrypto refused. */
size_t pitwall_key_public(const pitwall_key *key, uint8_t *out, size_t capacity);
size_t pitwall_key_pem(const pitwall_key *key, uint8_t *out, size_t capacity);

#endif
