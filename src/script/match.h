/* match.h - one attempt to match a Lua pattern at one place of a subject.
 *
 * The matcher borrows pattern and subject, which must end in '\0' as all
 * strings of Lua do, and holds no memory: its errors are Lua errors, and the
 * jump leaves nothing behind.
 */
#ifndef RITZ_SCRIPT_MATCH_H
#define RITZ_SCRIPT_MATCH_H

#include <lua.h>
#include <stddef.h>

enum {
    RITZ_MATCH_CAPTURES = 32,    /* LUA_MAXCAPTURES of the stock library */
    RITZ_MATCH_DEPTH = 200,      /* its MAXCCALLS: nested choices */
    RITZ_MATCH_POLL_STEPS = 4096 /* a few microseconds between two polls */
};

/* The length of a capture that is still open, and of a position capture. */
enum { RITZ_CAPTURE_OPEN = -1, RITZ_CAPTURE_POSITION = -2 };

typedef struct ritz_capture {
    const char *start;
    ptrdiff_t length;
} ritz_capture;

typedef struct ritz_matcher {
    const char *subject, *subject_end, *pattern_end;
    lua_State *L;             /* for errors */
    int (*stop)(lua_State *); /* raises the error of an interrupt */
    size_t steps;             /* since the flag was last polled */
    int depth;                /* nested choices that are still allowed */
    int count;                /* captures so far, open ones included */
    ritz_capture capture[RITZ_MATCH_CAPTURES];
} ritz_matcher;

/* The end of the match of `pattern` at exactly `s`, or NULL. The captures are
 * those of this attempt. Raises Lua errors for malformed patterns. */
const char *ritz_match(ritz_matcher *m, const char *s, const char *pattern);

#endif
