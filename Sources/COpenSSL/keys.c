#include "COpenSSL.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

struct pitwall_key {
    EVP_PKEY *pkey;
    int kind;
};

/* Errors stay in a queue of the thread, and the next caller would take them for its own. */
static void forget_errors(void) { ERR_clear_error(); }

static int kind_of(const EVP_PKEY *pkey) {
    switch (EVP_PKEY_get_base_id(pkey)) {
    case EVP_PKEY_RSA: return PITWALL_KEY_RSA;
    case EVP_PKEY_ED25519: return PITWALL_KEY_ED25519;
    default: return PITWALL_KEY_OTHER;
    }
}

static pitwall_key *keep(EVP_PKEY *pkey, int kind) {
    pitwall_key *key = malloc(sizeof *key);
    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    key->pkey = pkey;
    key->kind = kind;
    return key;
}

/* Without this, libcrypto asks the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *was_asked) {
    (void)buffer;
    (void)size;
    (void)writing;
    *(int *)was_asked = 1;
    return -1;
}

pitwall_key *pitwall_key_parse(const uint8_t *pem, size_t count, int *kind) {
    *kind = PITWALL_KEY_NONE;
    if (count > INT_MAX) return NULL;
    BIO *bio = BIO_new_mem_buf(pem, (int)count);
    if (bio == NULL) return NULL;
    int was_asked = 0;
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &was_asked);
    BIO_free(bio);
    forget_errors();
    if (pkey == NULL) {
        if (was_asked) *kind = PITWALL_KEY_ENCRYPTED;
        return NULL;
    }
    *kind = kind_of(pkey);
    if (*kind == PITWALL_KEY_OTHER) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    return keep(pkey, *kind);
}

pitwall_key *pitwall_key_generate(int kind, unsigned bits) {
    EVP_PKEY *pkey = kind == PITWALL_KEY_RSA ? EVP_RSA_gen(bits) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    forget_errors();
    return pkey == NULL ? NULL : keep(pkey, kind);
}

void pitwall_key_free(pitwall_key *key) {
    if (key == NULL) return;
    EVP_PKEY_free(key->pkey);
    free(key);
}

int pitwall_key_bits(const pitwall_key *key) { return EVP_PKEY_get_bits(key->pkey); }

static size_t sign_rsa(EVP_PKEY *pkey, const uint8_t *digest, uint8_t *out) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pkey, NULL);
    size_t length = PITWALL_LONGEST_SIGNATURE;
    int ok = context != NULL && EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        && EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1
        && EVP_PKEY_sign(context, out, &length, digest, PITWALL_SHA256_LENGTH) == 1;
    EVP_PKEY_CTX_free(context);
    return ok ? length : 0;
}

static size_t sign_ed25519(EVP_PKEY *pkey, const uint8_t *digest, uint8_t *out) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = PITWALL_LONGEST_SIGNATURE;
    int ok = context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) == 1
        && EVP_DigestSign(context, out, &length, digest, PITWALL_SHA256_LENGTH) == 1;
    EVP_MD_CTX_free(context);
    return ok ? length : 0;
}

size_t pitwall_key_sign(const pitwall_key *key, const uint8_t *digest, uint8_t *out) {
    if (key->kind == PITWALL_KEY_RSA && EVP_PKEY_get_size(key->pkey) > PITWALL_LONGEST_SIGNATURE) return 0;
    size_t length = key->kind == PITWALL_KEY_RSA ? sign_rsa(key->pkey, digest, out) : sign_ed25519(key->pkey, digest, out);
    if (length == 0) forget_errors();
    return length;
}

size_t pitwall_key_public(const pitwall_key *key, uint8_t *out, size_t capacity) {
    if (key->kind == PITWALL_KEY_ED25519) {
        size_t length = 0;
        if (EVP_PKEY_get_raw_public_key(key->pkey, NULL, &length) != 1) return 0;
        if (length > capacity) return length;
        return EVP_PKEY_get_raw_public_key(key->pkey, out, &length) == 1 ? length : 0;
    }
    uint8_t *der = NULL;
    int length = i2d_PUBKEY(key->pkey, &der);
    if (length <= 0) return 0;
    if ((size_t)length <= capacity) memcpy(out, der, (size_t)length);
    OPENSSL_free(der);
    return (size_t)length;
}

size_t pitwall_key_pem(const pitwall_key *key, uint8_t *out, size_t capacity) {
    BIO *bio = BIO_new(BIO_s_secmem());
    if (bio == NULL) return 0;
    char *text = NULL;
    long length = 0;
    if (PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1) length = BIO_get_mem_data(bio, &text);
    if (length > 0 && (size_t)length <= capacity) memcpy(out, text, (size_t)length);
    BIO_free(bio);
    return length > 0 ? (size_t)length : 0;
}
