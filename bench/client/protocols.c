#define _GNU_SOURCE
#include "protocols.h"
#include "readers.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static bool holds(const char *text, size_t length, const char *word) {
    return memmem(text, length, word, strlen(word)) != NULL;
}

static bool begins(const char *text, size_t length, const char *word) {
    return length >= strlen(word) && !memcmp(text, word, strlen(word));
}

static void say(Reader *reader, const char *format, const char *room) {
    char text[256];
    int length = snprintf(text, sizeof text, format, room);
    reader_say(reader, text, (size_t)length);
}

static bool heard_nothing(Reader *reader, const char *text, size_t length) {
    (void)reader, (void)text, (void)length;
    return false;
}

/* Roomtone: docs/protocol.md, "The socket". */
static void roomtone_join(Reader *reader, const char *room) {
    say(reader, "{\"type\":\"join\",\"room\":\"%s\"}", room);
}

static bool roomtone_heard(Reader *reader, const char *text, size_t length) {
    if (reader->state != GREETING) return false;
    if (holds(text, length, "\"joined\"")) {
        reader_joined(reader);
    } else if (holds(text, length, "\"error\"")) {
        fprintf(stderr, "refused: %.*s\n", (int)length, text);
        reader_lost(reader);
    }
    return true;
}

/* Servers of our own in peers/: `join ROOM` is answered with `joined ROOM`. */
static void plain_join(Reader *reader, const char *room) { say(reader, "join %s", room); }

static bool plain_heard(Reader *reader, const char *text, size_t length) {
    if (reader->state != GREETING || !begins(text, length, "joined ")) return false;
    reader_joined(reader);
    return true;
}

/* Socket.IO over WebSocket alone. 0 open, 40 connect, 42 event, 43 acknowledgement, 2 ping, 3 pong. */
static void socketio_wait(Reader *reader) { (void)reader; }
static void socketio_join(Reader *reader, const char *room) { say(reader, "420[\"join\",\"%s\"]", room); }
static void socketio3_join(Reader *reader, const char *room) { say(reader, "420[\"channel\",\"%s\"]", room); }

static bool socketio_heard(Reader *reader, const char *text, size_t length) {
    if (begins(text, length, "42")) return false;
    if (begins(text, length, "0")) reader_say(reader, "40", 2);
    else if (begins(text, length, "40")) reader_greeted(reader);
    else if (begins(text, length, "43")) reader_joined(reader);
    else if (length == 1 && *text == '2') reader_say(reader, "3", 1);
    return true;
}

/* The older protocol: the server connects the default namespace by itself, and the client pings. */
static bool socketio3_heard(Reader *reader, const char *text, size_t length) {
    if (begins(text, length, "42")) return false;
    if (begins(text, length, "40")) reader_greeted(reader);
    else if (begins(text, length, "43")) reader_joined(reader);
    return true;
}

/* Centrifuge's JSON protocol; several replies may stand in one frame, a line each. */
static void centrifuge_opened(Reader *reader) { say(reader, "{\"id\":1,\"connect\":{}}%s", ""); }
static void centrifuge_join(Reader *reader, const char *room) {
    say(reader, "{\"id\":2,\"subscribe\":{\"channel\":\"%s\"}}", room);
}

static bool centrifuge_heard(Reader *reader, const char *text, size_t length) {
    if (begins(text, length, "{}") && length <= 3) {
        reader_say(reader, "{}", 2);
        return true;
    }
    if (reader->state != GREETING) return false;
    if (holds(text, length, "\"error\"")) {
        fprintf(stderr, "refused: %.*s\n", (int)length, text);
        reader_lost(reader);
    } else if (holds(text, length, "\"id\":1,\"connect\"")) {
        reader_greeted(reader);
    } else if (holds(text, length, "\"id\":2,\"subscribe\"")) {
        reader_joined(reader);
    }
    return false;
}

/* Redis itself: the group channels that the bridge publishes on; the room's name is a pattern. */
static void redis_join(Reader *reader, const char *pattern) {
    char text[256];
    int length =
        snprintf(text, sizeof text, "*2\r\n$10\r\nPSUBSCRIBE\r\n$%zu\r\n%s\r\n", strlen(pattern), pattern);
    (void)!send(reader->fd, text, (size_t)length, MSG_NOSIGNAL);
}

static bool redis_heard(Reader *reader, const char *text, size_t length) {
    if (reader->state == GREETING && holds(text, length, "psubscribe")) reader_joined(reader);
    return false;
}

static const Protocol protocols[] = {
    {"roomtone", "/ws/rooms/", reader_greeted, roomtone_join, roomtone_heard, false},
    {"plain", "/ws/", reader_greeted, plain_join, plain_heard, false},
    {"bare", "/ws/", reader_joined, plain_join, heard_nothing, false},
    {"socketio", "/socket.io/?EIO=4&transport=websocket", socketio_wait, socketio_join, socketio_heard, false},
    {"socketio3", "/socket.io/?EIO=3&transport=websocket", socketio_wait, socketio3_join, socketio3_heard, false},
    {"centrifuge", "/connection/websocket", centrifuge_opened, centrifuge_join, centrifuge_heard, false},
    {"redis", "", reader_greeted, redis_join, redis_heard, true},
};

const Protocol *protocol_named(const char *name) {
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (!strcmp(protocols[i].name, name)) return &protocols[i];
    return NULL;
}
