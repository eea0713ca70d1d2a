#include "histogram.h"
#include <string.h>

enum { FIRST_OCTAVE = 10, STEPS = 64 }; /* below 1,024 ns all is one bucket */

static int bucket_of(uint64_t ns) {
    if (ns < (1u << FIRST_OCTAVE)) return 0;
    int octave = 63 - __builtin_clzll(ns);
    int bucket = (octave - FIRST_OCTAVE) * STEPS + (int)((ns >> (octave - 6)) & (STEPS - 1));
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static double middle_ns(int bucket) {
    int octave = bucket / STEPS + FIRST_OCTAVE;
    double step = (double)(1ull << (octave - 6));
    return (STEPS + bucket % STEPS + 0.5) * step;
}

void histogram_clear(Histogram *histogram) { memset(histogram, 0, sizeof *histogram); }

void histogram_add(Histogram *histogram, uint64_t duration_ns) {
    histogram->counts[bucket_of(duration_ns)]++;
    histogram->total++;
    if (duration_ns > histogram->longest_ns) histogram->longest_ns = duration_ns;
}

double histogram_percentile_ms(const Histogram *histogram, double share, uint64_t of) {
    uint64_t expected = of > histogram->total ? of : histogram->total;
    uint64_t rank = (uint64_t)(share * (double)expected), seen = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
        seen += histogram->counts[bucket];
        if (seen > rank) return middle_ns(bucket) / 1e6;
    }
    return -1;
}
