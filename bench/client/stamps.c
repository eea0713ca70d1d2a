#include "stamps.h"
#include "clock.h"
#include <stdio.h>
#include <string.h>

Tally tally = {.until_ns = UINT64_MAX};

int stamp_write(char *into, uint64_t due_ns, uint64_t number) {
    return sprintf(into, "@T%016llxS%08x", (unsigned long long)due_ns, (unsigned)number);
}

static uint64_t read_hex(const char *digits, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 4 | (uint64_t)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
    return value;
}

static bool in_window(uint64_t due_ns) { return due_ns >= tally.from_ns && due_ns < tally.until_ns; }

static void count(uint64_t due_ns, uint64_t at_ns) {
    tally.delivered++;
    tally.last_ns = at_ns;
    if (!tally.first_ns) tally.first_ns = at_ns;
    if (in_window(due_ns)) histogram_add(&tally.latency, at_ns > due_ns ? at_ns - due_ns : 0);
}

size_t stamps_count(const char *text, size_t length, uint64_t at_ns, unsigned *hint) {
    const char *end = text + length, *at = text;
    /* Frames of one protocol look alike: the stamp mostly stands where it stood before. */
    if (*hint + STAMP <= length && text[*hint] == '@' && text[*hint + 1] == 'T') at += *hint;
    while ((at = memchr(at, '@', (size_t)(end - at)))) {
        if (end - at < STAMP) return (size_t)(at - text);
        if (at[1] == 'T' && at[18] == 'S') {
            *hint = (unsigned)(at - text);
            count(read_hex(at + 2, 16), at_ns);
            at += STAMP;
        } else {
            at++;
        }
    }
    return length;
}

void tally_expect(uint64_t due_ns, uint64_t deliveries) {
    tally.published++;
    tally.expected += deliveries;
    if (in_window(due_ns)) tally.expected_in_window += deliveries;
}

void tally_mark(void) {
    histogram_clear(&tally.latency);
    tally.expected_in_window = 0;
    tally.first_ns = tally.last_ns = 0;
    tally.from_ns = now_ns();
    tally.until_ns = UINT64_MAX;
}

void tally_close(void) { tally.until_ns = now_ns(); }
