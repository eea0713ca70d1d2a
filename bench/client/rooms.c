#include "rooms.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static RoomSet sets[MOST_SETS];
static int known;

RoomSet *room_set(const char *name, int count) {
    for (int i = 0; i < known; i++)
        if (!strcmp(sets[i].name, name)) return &sets[i];
    if (known == MOST_SETS) return NULL;
    RoomSet *set = &sets[known++];
    snprintf(set->name, sizeof set->name, "%s", name);
    set->count = count;
    set->members = calloc((size_t)count, sizeof *set->members);
    return set;
}

double room_set_mean(const RoomSet *set) {
    double sum = 0;
    for (int room = 0; room < set->count; room++) sum += set->members[room];
    return sum / set->count;
}

int room_name(char *into, size_t size, const RoomSet *set, int number) {
    return snprintf(into, size, "%s.%d", set->name, number);
}

void rooms_count_reader(int reader, int change) {
    for (int i = 0; i < known; i++) sets[i].members[reader % sets[i].count] += change;
}
