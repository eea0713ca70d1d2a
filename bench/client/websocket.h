/* The client's side of RFC 6455: the upgrade, small frames out, frame headers in. No compression is offered. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

typedef struct {
    int opcode;
    size_t header, payload;
} Frame;

/* Bytes written to `into`. `cookie` may be empty. */
int websocket_upgrade(char *into, size_t room, int port, const char *path, const char *cookie);
/* Where the reply's body begins, 0 while it is incomplete, -1 when it is not a 101. */
long websocket_upgraded(const char *data, size_t length);
/* Sends one frame of less than 64 KiB. The mask is zero, which is allowed and saves the copy. */
void websocket_send(int fd, int opcode, const char *data, size_t length);
/* Whether a whole frame stands at `data`. */
bool websocket_frame(const char *data, size_t length, Frame *frame);
