/* test_clock.c - the clock goes forward, in seconds. */
#include "base/clock.h"
#include "tap.h"

#include <time.h>

int main(void)
{
    double last = ritz_seconds();
    bool forward = true;
    for (int i = 0; i < 10000; i++) {
        const double now = ritz_seconds();
        forward = forward && now >= last;
        last = now;
    }
    ok(forward, "10000 readings never go back");

    const double start = ritz_seconds();
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    while (ritz_seconds() - start < 0.02)
        nanosleep(&pause, NULL);
    struct timespec real;
    clock_gettime(CLOCK_MONOTONIC, &real);
    near(ritz_seconds(), (double)real.tv_sec + 1e-9 * (double)real.tv_nsec, 1.0,
         "it counts the seconds of the monotonic clock");
    return tap_end();
}
