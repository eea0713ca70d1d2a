/* What an epoll event is about, where it is not a reader's number. */
#pragma once

#define TAG_REDIS (~0ull)
#define TAG_TIMER (~1ull)
#define TAG_INPUT (~2ull)
