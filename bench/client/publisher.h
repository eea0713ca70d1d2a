/* Plain PUBLISH on one pipelined connection to Redis, paced by a clock (open loop) or by what has come back
   (closed loop). In the open loop a message is stamped with the time it was due and is sent however late;
   only what is due while Redis is away is left out, and counted as refused. */
#pragma once
#include "rooms.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    RoomSet *rooms;
    int size;         /* bytes of a payload */
    double rate_hz;   /* open loop: messages a second in all rooms together; 0 = closed loop */
    double window;    /* closed loop: messages under way */
    int audience;     /* deliveries a message, 0 = the room's members */
} PublishPlan;

/* False when Redis does not take the connection. */
bool publisher_connect(int epoll, int port);
void publisher_start(const PublishPlan *plan);
void publisher_stop(void);
bool publisher_is_closed_loop(void);
/* Sends what is due; call it after every wait. */
void publisher_tick(void);
void publisher_event(uint32_t events);
void publisher_timer(void);
