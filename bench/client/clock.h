/* The one clock of the client: monotonic, in nanoseconds, the same that Python's time.monotonic_ns() reads. */
#pragma once
#include <stdint.h>
#include <time.h>

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
