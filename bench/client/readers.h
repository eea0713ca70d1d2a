/* The sockets that read: opened, upgraded, greeted and joined as their protocol wants, then read until closed. */
#pragma once
#include "protocols.h"
#include "rooms.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { ABSENT, CONNECTING, UPGRADING, GREETING, READY, DEAD } State;

struct Reader {
    int fd;
    State state;
    bool is_small;   /* with a small receive buffer */
    bool is_stalled; /* not read for now */
    unsigned stamp_hint;
    char *rest; /* the beginning of a frame whose end has not come */
    size_t rest_length;
};

typedef struct {
    int total, opening, ready, dead, dead_stalled;
} ReaderCounts;

extern ReaderCounts reader_counts;

typedef struct {
    const Protocol *protocol;
    int port, count, at_once, small;
    const char *cookie;
    RoomSet *rooms; /* NULL: nothing is joined */
} ReaderPlan;

/* Opens `at_once` sockets; the rest follow as these get ready, at every `readers_open_more`. */
void readers_open(int epoll, const ReaderPlan *plan);
void readers_open_more(void);
bool readers_are_settled(void);
/* Every ready socket joins one set more. */
void readers_join(RoomSet *rooms);
void readers_event(uint64_t index, uint32_t events);
/* The first sockets are not read until `readers_wake`. */
void readers_stall(int count);
void readers_wake(void);

/* For protocols: say one text frame; the greeting is over; the join was answered; this socket is lost. */
void reader_say(Reader *reader, const char *text, size_t length);
void reader_greeted(Reader *reader);
void reader_joined(Reader *reader);
void reader_lost(Reader *reader);
