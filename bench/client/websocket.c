#define _GNU_SOURCE
#include "websocket.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int websocket_upgrade(char *into, size_t room, int port, const char *path, const char *cookie) {
    char line[512] = "";
    if (*cookie) snprintf(line, sizeof line, "Cookie: %s\r\n", cookie);
    return snprintf(into, room,
                    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    "Origin: http://127.0.0.1:%d\r\n%s\r\n",
                    path, port, port, line);
}

long websocket_upgraded(const char *data, size_t length) {
    const char *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end) return 0;
    if (memcmp(data, "HTTP/1.1 101", 12) != 0) {
        fprintf(stderr, "refused: %.*s\n", (int)((const char *)memchr(data, '\r', length) - data), data);
        return -1;
    }
    return end + 4 - data;
}

void websocket_send(int fd, int opcode, const char *data, size_t length) {
    unsigned char frame[65536 + 8];
    size_t header = 2;
    frame[0] = (unsigned char)(0x80 | opcode);
    if (length < 126) {
        frame[1] = (unsigned char)(0x80 | length);
    } else {
        frame[1] = 0x80 | 126;
        frame[2] = (unsigned char)(length >> 8);
        frame[3] = (unsigned char)length;
        header = 4;
    }
    memset(frame + header, 0, 4);
    memcpy(frame + header + 4, data, length);
    /* A socket that died is found by its next read. */
    (void)!send(fd, frame, header + 4 + length, MSG_NOSIGNAL);
}

bool websocket_frame(const char *data, size_t length, Frame *frame) {
    const unsigned char *byte = (const unsigned char *)data;
    if (length < 2) return false;
    frame->opcode = byte[0] & 15;
    frame->payload = byte[1] & 127;
    frame->header = frame->payload == 127 ? 10 : frame->payload == 126 ? 4 : 2;
    if (length < frame->header) return false;
    if (frame->header > 2) {
        frame->payload = 0;
        for (size_t i = 2; i < frame->header; i++) frame->payload = frame->payload << 8 | byte[i];
    }
    return length - frame->header >= frame->payload;
}
