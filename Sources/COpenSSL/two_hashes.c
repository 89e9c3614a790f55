/* SHA-256 of two texts in turns. A hash by itself leaves most of the processor idle: each of its rounds waits for the one before. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "context.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <stdatomic.h>

int pitwall_sha256_goes_in_turns(void) {
    /* 1 where it does, 2 where it does not. Asked once: the question is dear on a virtual machine. */
    static _Atomic int known;
    int answer = atomic_load_explicit(&known, memory_order_relaxed);
    if (answer == 0) {
        unsigned a, b, c, d;
        int has_sse = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) && (c & bit_SSE4_1);
        answer = has_sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) ? 1 : 2;
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer == 1;
}

/* FIPS 180-4, section 4.2.2. */
static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5, 0xD807AA98, 0x12835B01, 0x243185BE,
    0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174, 0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA,
    0x5CB0A9DC, 0x76F988DA, 0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967, 0x27B70A85,
    0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85, 0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3,
    0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070, 0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F,
    0x682E6FF3, 0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2};

#define WITH_INSTRUCTIONS __attribute__((target("sha,ssse3,sse4.1")))
#define INLINED WITH_INSTRUCTIONS __attribute__((always_inline)) static inline

/* The eight words of a hash as the instructions want them. */
typedef struct {
    __m128i abef, cdgh;
} words;

INLINED words load(const uint32_t hash[8]) {
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)hash), 0xB1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(hash + 4)), 0x1B);
    return (words){_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xF0)};
}

INLINED void store(words words, uint32_t hash[8]) {
    __m128i feba = _mm_shuffle_epi32(words.abef, 0x1B);
    __m128i dchg = _mm_shuffle_epi32(words.cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)hash, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(hash + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* Four words of the message schedule (section 6.2.2, step 1): from the text for the first sixteen, else from the sixteen before. */
INLINED __m128i schedule(const __m128i before[4], const uint8_t *text, int group) {
    if (group < 4) {
        const __m128i big_endian = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
        return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(text + 16 * group)), big_endian);
    }
    __m128i first = before[group % 4], second = before[(group + 1) % 4], third = before[(group + 2) % 4], last = before[(group + 3) % 4];
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(first, second), _mm_alignr_epi8(last, third, 4));
    return _mm_sha256msg2_epu32(sum, last);
}

/* So many blocks of 64 bytes of each. */
WITH_INSTRUCTIONS
static void hash_blocks(uint32_t first[8], const uint8_t *first_text, uint32_t second[8], const uint8_t *second_text, size_t blocks) {
    words now[2] = {load(first), load(second)};
    for (; blocks > 0; blocks--, first_text += 64, second_text += 64) {
        const uint8_t *text[2] = {first_text, second_text};
        words before[2] = {now[0], now[1]};
        __m128i scheduled[2][4];
#pragma clang loop unroll(full)
        for (int group = 0; group < 16; group++) {
#pragma clang loop unroll(full)
            for (int each = 0; each < 2; each++) {
                __m128i four = schedule(scheduled[each], text[each], group);
                scheduled[each][group % 4] = four;
                four = _mm_add_epi32(four, _mm_load_si128((const __m128i *)(constants + 4 * group)));
                now[each].cdgh = _mm_sha256rnds2_epu32(now[each].cdgh, now[each].abef, four);
                now[each].abef = _mm_sha256rnds2_epu32(now[each].abef, now[each].cdgh, _mm_shuffle_epi32(four, 0x0E));
            }
        }
        for (int each = 0; each < 2; each++) {
            now[each].abef = _mm_add_epi32(now[each].abef, before[each].abef);
            now[each].cdgh = _mm_add_epi32(now[each].cdgh, before[each].cdgh);
        }
    }
    store(now[0], first);
    store(now[1], second);
}

#else

int pitwall_sha256_goes_in_turns(void) { return 0; }
static void hash_blocks(uint32_t *first, const uint8_t *first_text, uint32_t *second, const uint8_t *second_text, size_t blocks) {
    (void)first, (void)first_text, (void)second, (void)second_text, (void)blocks;
}

#endif

/* What is missing to the end of a block that has been begun. */
static size_t rest_of_block(const SHA256_CTX *state, size_t count) {
    size_t rest = (SHA256_CBLOCK - state->num) % SHA256_CBLOCK;
    return rest < count ? rest : count;
}

static void count_blocks(SHA256_CTX *state, size_t blocks) {
    uint64_t bits = ((uint64_t)state->Nh << 32 | state->Nl) + (uint64_t)blocks * SHA256_CBLOCK * 8;
    state->Nl = (SHA_LONG)bits;
    state->Nh = (SHA_LONG)(bits >> 32);
}

void pitwall_sha256_update_two(
    pitwall_sha256_state *first, const uint8_t *first_bytes, size_t first_count, pitwall_sha256_state *second, const uint8_t *second_bytes,
    size_t second_count) {
    if (pitwall_sha256_goes_in_turns()) {
        size_t first_rest = rest_of_block(context(first), first_count), second_rest = rest_of_block(context(second), second_count);
        size_t first_blocks = (first_count - first_rest) / SHA256_CBLOCK, second_blocks = (second_count - second_rest) / SHA256_CBLOCK;
        size_t blocks = first_blocks < second_blocks ? first_blocks : second_blocks;
        if (blocks > 0) {
            pitwall_sha256_update(first, first_bytes, first_rest);
            pitwall_sha256_update(second, second_bytes, second_rest);
            hash_blocks(context(first)->h, first_bytes + first_rest, context(second)->h, second_bytes + second_rest, blocks);
            count_blocks(context(first), blocks);
            count_blocks(context(second), blocks);
            size_t first_done = first_rest + blocks * SHA256_CBLOCK, second_done = second_rest + blocks * SHA256_CBLOCK;
            first_bytes += first_done, first_count -= first_done;
            second_bytes += second_done, second_count -= second_done;
        }
    }
    pitwall_sha256_update(first, first_bytes, first_count);
    pitwall_sha256_update(second, second_bytes, second_count);
}
