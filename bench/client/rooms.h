/* Sets of rooms, `<name>.0` to `<name>.<count - 1>`: reader number i of a set is in room i % count of it. */
#pragma once
#include <stddef.h>

typedef struct {
    char name[64];
    int count;
    int *members; /* live readers by room, those that stopped reading left out */
} RoomSet;

enum { MOST_SETS = 8 };

/* The set of that name, made when it is new; NULL when there are too many. */
RoomSet *room_set(const char *name, int count);
double room_set_mean(const RoomSet *set);
int room_name(char *into, size_t size, const RoomSet *set, int number);
/* One reader more or fewer, in every set that readers joined. */
void rooms_count_reader(int reader, int change);
