/* clock.h - time that only goes forward. */
#ifndef RITZ_BASE_CLOCK_H
#define RITZ_BASE_CLOCK_H

double ritz_seconds(void); /* since some fixed moment */

#endif
