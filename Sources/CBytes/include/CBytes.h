#ifndef PITWALL_CBYTES_H
#define PITWALL_CBYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Loops over every byte of every message, sixteen bytes at a time. They are in C since the compiler makes instructions of its vectors on any
   processor, and calls functions for each byte of Swift's `SIMD16` when it compares them. Being inline, they become part of the Swift around them. */

typedef uint8_t pitwall_sixteen __attribute__((vector_size(16)));

static inline pitwall_sixteen pitwall_load(const uint8_t *from) {
    pitwall_sixteen bytes;
    memcpy(&bytes, from, sizeof bytes);
    return bytes;
}

/* The place of the first byte that is not zero; 16 where all are. */
static inline size_t pitwall_first_set(pitwall_sixteen bytes) {
    uint64_t halves[2];
    memcpy(halves, &bytes, sizeof halves);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    halves[0] = __builtin_bswap64(halves[0]);
    halves[1] = __builtin_bswap64(halves[1]);
#endif
    if (halves[0]) return (size_t)__builtin_ctzll(halves[0]) / 8;
    return halves[1] ? 8 + (size_t)__builtin_ctzll(halves[1]) / 8 : 16;
}

/* Copies lines up to the first that begins with a dot, the first line aside: what is copied ends behind a line feed or is all. */
static inline size_t pitwall_copy_to_dot(uint8_t *to, const uint8_t *from, size_t count) {
    size_t done = 0;
    for (; done + 17 <= count; done += 16) {
        pitwall_sixteen here = pitwall_load(from + done);
        pitwall_sixteen next = pitwall_load(from + done + 1);
        memcpy(to + done, &here, sizeof here);
        size_t place = pitwall_first_set((pitwall_sixteen)((here == '\n') & (next == '.')));
        if (place < 16) return done + place + 1;
    }
    while (done < count) {
        to[done] = from[done];
        done++;
        if (to[done - 1] == '\n' && done < count && from[done] == '.') return done;
    }
    return done;
}

/* Copies bytes from 0x20 to 0x7E, up to the first other one or `=`, `limit` of them at most; says how many. Of `from`, `count` bytes may be read; of
   `to`, as many may be written over as are read, and 15 more than `limit`. */
static inline size_t pitwall_copy_plain(uint8_t *to, const uint8_t *from, size_t count, size_t limit) {
    size_t done = 0;
    while (done < limit && done + 16 <= count) {
        pitwall_sixteen bytes = pitwall_load(from + done);
        memcpy(to + done, &bytes, sizeof bytes);
        /* What is below a blank wraps around, so that one comparison does for both ends. */
        size_t plain = pitwall_first_set((pitwall_sixteen)((bytes - 0x20 > 0x7E - 0x20) | (bytes == '=')));
        done += plain;
        if (plain < 16) break;
    }
    while (done < limit && done < count && done + 16 > count) {
        uint8_t byte = from[done];
        if (byte < 0x20 || byte > 0x7E || byte == '=') break;
        to[done++] = byte;
    }
    return done < limit ? done : limit;
}

#endif
