/* What every published payload begins with, `@T<16 hex: due at, ns>S<8 hex: number>`, and the tally of those
   that came back. A message's stamp is the time it was due, not the time it was sent: waiting to be sent
   counts as latency. */
#pragma once
#include "histogram.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STAMP = 27 };

typedef struct {
    uint64_t published, expected, delivered, late, refused;
    uint64_t first_ns, last_ns; /* deliveries since the mark */
    uint64_t from_ns, until_ns; /* latencies are taken of messages due in between */
    uint64_t expected_in_window;
    Histogram latency;
} Tally;

extern Tally tally;

int stamp_write(char *into, uint64_t due_ns, uint64_t number);
/* Counts every stamp in the text as one delivery at that time. `hint`: where the last one stood. Answers where
   the unread rest begins: at a stamp that is cut off, else at the end. */
size_t stamps_count(const char *text, size_t length, uint64_t at_ns, unsigned *hint);
void tally_expect(uint64_t due_ns, uint64_t deliveries);
/* Latencies from now on; `tally_close` ends the window. */
void tally_mark(void);
void tally_close(void);
