/* Counts of durations in log-linear buckets: 64 to an octave, so a percentile is exact to 1.6 %. */
#pragma once
#include <stdint.h>

#define BUCKETS 4096

typedef struct {
    uint64_t counts[BUCKETS];
    uint64_t total;
    uint64_t longest_ns;
} Histogram;

void histogram_clear(Histogram *histogram);
void histogram_add(Histogram *histogram, uint64_t duration_ns);
/* In milliseconds. `of` durations were expected; those that never came count as longer than all others, and a
   percentile among them is answered with -1. */
double histogram_percentile_ms(const Histogram *histogram, double share, uint64_t of);
