#define _GNU_SOURCE
#include "readers.h"
#include "clock.h"
#include "stamps.h"
#include "websocket.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 20, SMALL_BYTES = 64 << 10 };

ReaderCounts reader_counts;
static Reader *readers;
static ReaderPlan plan;
static int epoll_fd, next_to_open;
static char buffer[READ_BYTES];

static void watch(Reader *reader, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t)(reader - readers)};
    epoll_ctl(epoll_fd, operation, reader->fd, &event);
}

/* A socket counts for its rooms while it is ready and read. */
static void enter_state(Reader *reader, State state) {
    bool was_ready = reader->state == READY, is_ready = state == READY;
    bool was_opening = reader->state > ABSENT && reader->state < READY;
    bool is_opening = state > ABSENT && state < READY;
    reader_counts.ready += is_ready - was_ready;
    reader_counts.opening += is_opening - was_opening;
    if (is_ready != was_ready && !reader->is_stalled)
        rooms_count_reader((int)(reader - readers), is_ready - was_ready);
    reader->state = state;
}

static void open_one(Reader *reader) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)plan.port)};
    int one = 1, small = SMALL_BYTES;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    reader->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(reader->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (reader->is_small) setsockopt(reader->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    enter_state(reader, CONNECTING);
    connect(reader->fd, (struct sockaddr *)&address, sizeof address);
    watch(reader, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

void readers_open(int epoll, const ReaderPlan *wanted) {
    epoll_fd = epoll;
    plan = *wanted;
    readers = calloc((size_t)plan.count, sizeof *readers);
    reader_counts = (ReaderCounts){.total = plan.count};
    next_to_open = 0;
    for (int i = 0; i < plan.small; i++) readers[i].is_small = true;
    readers_open_more();
}

void readers_open_more(void) {
    while (next_to_open < plan.count && reader_counts.opening < plan.at_once) open_one(&readers[next_to_open++]);
}

bool readers_are_settled(void) { return next_to_open == plan.count && reader_counts.opening == 0; }

static void join(Reader *reader) {
    char name[128];
    room_name(name, sizeof name, plan.rooms, (int)(reader - readers) % plan.rooms->count);
    /* To Redis the set is one pattern. */
    plan.protocol->join(reader, plan.protocol->is_stream ? plan.rooms->name : name);
}

void readers_join(RoomSet *rooms) {
    plan.rooms = rooms;
    for (int i = 0; i < plan.count; i++)
        if (readers[i].state == READY) {
            enter_state(&readers[i], GREETING);
            join(&readers[i]);
        }
}

void reader_greeted(Reader *reader) {
    if (plan.rooms) join(reader);
    else reader_joined(reader);
}

void reader_joined(Reader *reader) { enter_state(reader, READY); }

void reader_lost(Reader *reader) {
    if (reader->state == DEAD) return;
    enter_state(reader, DEAD);
    reader_counts.dead++;
    reader_counts.dead_stalled += reader->is_stalled;
    close(reader->fd);
}

void reader_say(Reader *reader, const char *text, size_t length) { websocket_send(reader->fd, TEXT, text, length); }

static void keep_rest(Reader *reader, const char *data, size_t length) {
    if (!length) return;
    reader->rest = malloc(length);
    reader->rest_length = length;
    memcpy(reader->rest, data, length);
}

static void take_frame(Reader *reader, const Frame *frame, const char *payload, uint64_t at_ns) {
    if (frame->opcode == PING) {
        websocket_send(reader->fd, PONG, payload, frame->payload);
    } else if (frame->opcode == CLOSE) {
        reader_lost(reader);
    } else if (frame->opcode <= BINARY) {
        bool is_business = plan.protocol->heard(reader, payload, frame->payload);
        if (!is_business && !reader->is_stalled)
            stamps_count(payload, frame->payload, at_ns, &reader->stamp_hint);
    }
}

static void take_frames(Reader *reader, const char *data, size_t length, uint64_t at_ns) {
    Frame frame;
    while (reader->state != DEAD && websocket_frame(data, length, &frame)) {
        take_frame(reader, &frame, data + frame.header, at_ns);
        data += frame.header + frame.payload;
        length -= frame.header + frame.payload;
    }
    if (reader->state != DEAD) keep_rest(reader, data, length);
}

static void take_upgrade(Reader *reader, const char *data, size_t length) {
    long body = websocket_upgraded(data, length);
    if (body < 0) {
        reader_lost(reader);
    } else if (body == 0) {
        keep_rest(reader, data, length);
    } else {
        enter_state(reader, GREETING);
        plan.protocol->opened(reader);
        take_frames(reader, data + body, length - (size_t)body, now_ns());
    }
}

static void take_stream(Reader *reader, const char *data, size_t length, uint64_t at_ns) {
    unsigned no_hint = 0;
    plan.protocol->heard(reader, data, length);
    size_t read = stamps_count(data, length, at_ns, &no_hint);
    keep_rest(reader, data + read, length - read);
}

static void read_one(Reader *reader) {
    size_t before = reader->rest_length;
    if (before) memcpy(buffer, reader->rest, before);
    ssize_t got = recv(reader->fd, buffer + before, READ_BYTES - before, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) reader_lost(reader);
        return;
    }
    free(reader->rest);
    reader->rest = NULL;
    reader->rest_length = 0;
    size_t length = before + (size_t)got;
    if (reader->state == UPGRADING) take_upgrade(reader, buffer, length);
    else if (plan.protocol->is_stream) take_stream(reader, buffer, length, now_ns());
    else take_frames(reader, buffer, length, now_ns());
}

static void begin(Reader *reader) {
    int error = 0;
    socklen_t size = sizeof error;
    char request[1024];
    getsockopt(reader->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        reader_lost(reader);
        return;
    }
    watch(reader, EPOLL_CTL_MOD, EPOLLIN);
    if (plan.protocol->is_stream) {
        enter_state(reader, GREETING);
        plan.protocol->opened(reader);
        return;
    }
    enter_state(reader, UPGRADING);
    int length = websocket_upgrade(request, sizeof request, plan.port, plan.protocol->path, plan.cookie);
    if (send(reader->fd, request, (size_t)length, MSG_NOSIGNAL) != length) reader_lost(reader);
}

void readers_event(uint64_t index, uint32_t events) {
    Reader *reader = &readers[index];
    if (reader->state == DEAD) return;
    if (reader->state == CONNECTING) begin(reader);
    else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_one(reader);
}

void readers_stall(int count) {
    for (int i = 0; i < count && i < plan.count; i++) {
        if (readers[i].state != READY) continue;
        rooms_count_reader(i, -1);
        readers[i].is_stalled = true;
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, readers[i].fd, NULL);
    }
}

void readers_wake(void) {
    for (int i = 0; i < plan.count; i++)
        if (readers[i].is_stalled && readers[i].state == READY) watch(&readers[i], EPOLL_CTL_ADD, EPOLLIN);
}
