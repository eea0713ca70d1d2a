#define _GNU_SOURCE
#include "publisher.h"
#include "clock.h"
#include "stamps.h"
#include "tags.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { OUT_BYTES = 8 << 20, MOST_PAYLOAD = 65536, BURST = 4096 };
static const uint64_t CONNECT_AGAIN_NS = 10000000, WRITE_OFF_NS = 500000000, SHORTEST_TICK_NS = 50000;

static int epoll_fd, redis_port, redis_fd = -1, timer_fd = -1;
static bool is_running;
static PublishPlan plan;
static uint64_t started_ns, tried_ns, sequence;
static char out[OUT_BYTES];
static size_t out_length;

bool publisher_connect(int epoll, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1;
    epoll_fd = epoll;
    redis_port = port;
    tried_ns = now_ns();
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    redis_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(redis_fd, (struct sockaddr *)&address, sizeof address)) {
        close(redis_fd);
        redis_fd = -1;
        return false;
    }
    setsockopt(redis_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(redis_fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = TAG_REDIS};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, redis_fd, &event);
    return true;
}

static void disconnect(void) {
    close(redis_fd);
    redis_fd = -1;
    out_length = 0;
}

static void set_timer(uint64_t every_ns) {
    struct itimerspec spec = {{(time_t)(every_ns / 1000000000u), (long)(every_ns % 1000000000u)}, {0, 0}};
    spec.it_value = spec.it_interval;
    if (timer_fd < 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = TAG_TIMER};
        timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &event);
    }
    timerfd_settime(timer_fd, 0, &spec, NULL);
}

void publisher_start(const PublishPlan *wanted) {
    plan = *wanted;
    started_ns = now_ns();
    sequence = 0;
    is_running = true;
    tally.expected = tally.delivered;
    tally.last_ns = started_ns;
    uint64_t every_ns = plan.rate_hz > 0 ? (uint64_t)(1e9 / plan.rate_hz) : 100000000u;
    set_timer(every_ns < SHORTEST_TICK_NS ? SHORTEST_TICK_NS : every_ns);
    publisher_tick();
}

void publisher_stop(void) {
    is_running = false;
    if (timer_fd >= 0) set_timer(0);
}

bool publisher_is_closed_loop(void) { return plan.rate_hz <= 0; }

static void flush(void) {
    while (redis_fd >= 0 && out_length) {
        ssize_t sent = send(redis_fd, out, out_length, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EAGAIN) {
                struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.u64 = TAG_REDIS};
                epoll_ctl(epoll_fd, EPOLL_CTL_MOD, redis_fd, &event);
            } else {
                disconnect();
            }
            return;
        }
        memmove(out, out + sent, out_length - (size_t)sent);
        out_length -= (size_t)sent;
    }
}

static bool has_space(void) { return out_length + (size_t)plan.size + 256 < OUT_BYTES; }

static void publish(uint64_t due_ns) {
    char channel[128];
    int room = (int)(sequence % (uint64_t)plan.rooms->count);
    int name = room_name(channel, sizeof channel, plan.rooms, room);
    int size = plan.size > STAMP ? plan.size : STAMP;
    char *at = out + out_length;
    at += sprintf(at, "*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%d\r\n", name, channel, size);
    int stamp = stamp_write(at, due_ns, sequence++);
    memset(at + stamp, 'x', (size_t)(size - stamp));
    at += size;
    *at++ = '\r';
    *at++ = '\n';
    out_length = (size_t)(at - out);
    tally_expect(due_ns, (uint64_t)(plan.audience ? plan.audience : plan.rooms->members[room]));
}

static void tick_open_loop(uint64_t now) {
    uint64_t due = (uint64_t)((double)(now - started_ns) / 1e9 * plan.rate_hz);
    if (redis_fd < 0) {
        if (due > sequence) tally.refused += due - sequence;
        sequence = due > sequence ? due : sequence;
        return;
    }
    for (int i = 0; i < BURST && sequence < due && has_space(); i++)
        publish(started_ns + (uint64_t)((double)(sequence + 1) / plan.rate_hz * 1e9));
}

/* What did not come within half a second is written off as late, or a lost message would narrow the window. */
static void tick_closed_loop(uint64_t now) {
    double each = plan.audience ? plan.audience : room_set_mean(plan.rooms);
    if (tally.delivered > tally.expected) tally.expected = tally.delivered;
    if (tally.expected > tally.delivered && now > tally.last_ns + WRITE_OFF_NS) {
        tally.late += tally.expected - tally.delivered;
        tally.expected = tally.delivered;
        tally.last_ns = now;
    }
    while (each > 0 && (double)(tally.expected - tally.delivered) < plan.window * each && has_space())
        publish(now_ns());
}

void publisher_tick(void) {
    uint64_t now = now_ns();
    if (redis_fd < 0 && now > tried_ns + CONNECT_AGAIN_NS) publisher_connect(epoll_fd, redis_port);
    if (!is_running) return;
    if (!publisher_is_closed_loop()) tick_open_loop(now);
    else if (redis_fd >= 0) tick_closed_loop(now);
    flush();
}

void publisher_event(uint32_t events) {
    static char replies[65536];
    if (redis_fd < 0) return;
    if (events & EPOLLOUT) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = TAG_REDIS};
        epoll_ctl(epoll_fd, EPOLL_CTL_MOD, redis_fd, &event);
        flush();
    }
    ssize_t got = redis_fd < 0 ? -1 : recv(redis_fd, replies, sizeof replies, 0);
    if (redis_fd >= 0 && (got == 0 || (got < 0 && errno != EAGAIN))) disconnect();
}

/* Reading it lets it fire again; what is due is sent after every wait anyway. */
void publisher_timer(void) {
    uint64_t times;
    (void)!read(timer_fd, &times, sizeof times);
}
