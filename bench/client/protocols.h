/* How each server is greeted, joined and kept alive. Where a message stands in a frame is nobody's business:
   stamps are found wherever they are. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

typedef struct Reader Reader;

typedef struct {
    const char *name, *path;
    void (*opened)(Reader *);
    void (*join)(Reader *, const char *room);
    /* Whether the frame was the protocol's own business and holds no messages. */
    bool (*heard)(Reader *, const char *text, size_t length);
    /* No WebSocket: bytes are scanned as they come, from the first one. */
    bool is_stream;
} Protocol;

/* The protocol of that name, or NULL: roomtone, plain, bare, socketio, socketio3, centrifuge, redis. */
const Protocol *protocol_named(const char *name);
