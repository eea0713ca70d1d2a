/* The load client: one epoll thread that publishes to Redis and reads any number of sockets.

   An instrument, not a benchmark: it does what each line on its standard input says and answers with one line of
   JSON; the runner decides what to measure and reads the servers' CPU meanwhile. Lines:

   connect protocol=P port=N count=N at_once=N small=N cookie=TEXT set=NAME rooms=N    (no set: nothing joined)
   join set=NAME rooms=N        every socket joins one set of rooms more
   publish set=NAME rooms=N size=BYTES rate=HZ | window=MESSAGES [audience=N]
   mark                         latencies are taken from now on
   close                        and until here
   finish                       stop publishing, wait for what is under way, answer the percentiles
   stall count=N / wake         the first sockets stop reading / read again
   quit */
#define _GNU_SOURCE
#include "clock.h"
#include "publisher.h"
#include "readers.h"
#include "stamps.h"
#include "tags.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EVENTS = 512, LINE = 1024 };
static const double OPEN_S = 60, DRAIN_S = 1.5, WAKE_S = 1.0;

static int epoll_fd;
static bool has_input;

static void pump(int timeout_ms) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll_fd, events, EVENTS, timeout_ms);
    for (int i = 0; i < count; i++) {
        uint64_t tag = events[i].data.u64;
        if (tag == TAG_REDIS) publisher_event(events[i].events);
        else if (tag == TAG_TIMER) publisher_timer();
        else if (tag == TAG_INPUT) has_input = true;
        else readers_event(tag, events[i].events);
    }
    publisher_tick();
}

static double cpu_s(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void answer(void) {
    uint64_t of = publisher_is_closed_loop() ? 0 : tally.expected_in_window;
    const Histogram *latency = &tally.latency;
    uint64_t missing = tally.expected_in_window > latency->total ? tally.expected_in_window - latency->total : 0;
    printf("{\"at_ns\":%llu,\"cpu_s\":%.6f,\"published\":%llu,\"delivered\":%llu,\"late\":%llu,\"refused\":%llu,"
           "\"first_ns\":%llu,\"ready\":%d,\"dead\":%d,\"dead_stalled\":%d,\"missing\":%llu,"
           "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"longest_ms\":%.3f}\n",
           (unsigned long long)now_ns(), cpu_s(), (unsigned long long)tally.published,
           (unsigned long long)tally.delivered, (unsigned long long)tally.late,
           (unsigned long long)tally.refused, (unsigned long long)tally.first_ns, reader_counts.ready,
           reader_counts.dead, reader_counts.dead_stalled, (unsigned long long)missing,
           histogram_percentile_ms(latency, 0.5, of), histogram_percentile_ms(latency, 0.99, of),
           (double)latency->longest_ns / 1e6);
    fflush(stdout);
}

/* The text of `name=` in a command, or what stands for it. */
static const char *word(const char *line, const char *name, const char *otherwise) {
    static char values[8][256];
    static int next;
    char wanted[64];
    snprintf(wanted, sizeof wanted, " %s=", name);
    const char *at = strstr(line, wanted);
    if (!at) return otherwise;
    at += strlen(wanted);
    char *value = values[next++ % 8];
    snprintf(value, sizeof values[0], "%.*s", (int)strcspn(at, " \n"), at);
    return value;
}

static int number(const char *line, const char *name, int otherwise) {
    const char *found = word(line, name, NULL);
    return found ? atoi(found) : otherwise;
}

static double real(const char *line, const char *name) { return atof(word(line, name, "0")); }

static void fail(const char *why, const char *line) {
    fprintf(stderr, "%s: %s", why, line);
    exit(2);
}

static RoomSet *named_set(const char *line) {
    const char *name = word(line, "set", NULL);
    return name ? room_set(name, number(line, "rooms", 1)) : NULL;
}

static void wait_until_settled(void) {
    uint64_t until = now_ns() + (uint64_t)(OPEN_S * 1e9);
    while (!readers_are_settled() && now_ns() < until) {
        pump(100);
        readers_open_more();
    }
}

static void connect_readers(const char *line) {
    static char cookie[256];
    snprintf(cookie, sizeof cookie, "%s", word(line, "cookie", ""));
    ReaderPlan plan = {
        .protocol = protocol_named(word(line, "protocol", "")),
        .port = number(line, "port", 0),
        .count = number(line, "count", 1),
        .at_once = number(line, "at_once", 32),
        .small = number(line, "small", 0),
        .cookie = cookie,
        .rooms = named_set(line),
    };
    if (!plan.protocol) fail("no such protocol", line);
    readers_open(epoll_fd, &plan);
    wait_until_settled();
}

static void start_publishing(const char *line) {
    PublishPlan plan = {
        .rooms = named_set(line),
        .size = number(line, "size", 100),
        .rate_hz = real(line, "rate"),
        .window = real(line, "window"),
        .audience = number(line, "audience", 0),
    };
    if (!plan.rooms) fail("no set of rooms", line);
    publisher_start(&plan);
}

/* Waits for the window's own messages: what is late from before must not stand for them. */
static void finish(void) {
    uint64_t until = now_ns() + (uint64_t)(DRAIN_S * 1e9);
    publisher_stop();
    while (tally.latency.total < tally.expected_in_window && now_ns() < until) pump(20);
}

static void wake(void) {
    uint64_t until = now_ns() + (uint64_t)(WAKE_S * 1e9);
    readers_wake();
    while (now_ns() < until) pump(20);
}

static bool obey(const char *line) {
    const char *verb = line;
    size_t length = strcspn(line, " \n");
#define IS(name) (length == sizeof name - 1 && !strncmp(verb, name, length))
    if (IS("quit")) return false;
    if (IS("connect")) connect_readers(line);
    else if (IS("join")) readers_join(named_set(line)), wait_until_settled();
    else if (IS("publish")) start_publishing(line);
    else if (IS("mark")) tally_mark();
    else if (IS("close")) tally_close();
    else if (IS("finish")) finish();
    else if (IS("stall")) readers_stall(number(line, "count", 0));
    else if (IS("wake")) wake();
    else fail("no such command", line);
#undef IS
    answer();
    return true;
}

int main(int count, char **words) {
    char line[LINE];
    if (count != 2) {
        fprintf(stderr, "usage: %s REDIS_PORT\n", words[0]);
        return 2;
    }
    epoll_fd = epoll_create1(0);
    if (!publisher_connect(epoll_fd, atoi(words[1]))) {
        fprintf(stderr, "Redis does not answer on port %s\n", words[1]);
        return 1;
    }
    struct epoll_event input = {.events = EPOLLIN, .data.u64 = TAG_INPUT};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &input);
    for (;;) {
        pump(100);
        if (!has_input) continue;
        has_input = false;
        if (!fgets(line, sizeof line, stdin) || !obey(line)) return 0;
    }
}
