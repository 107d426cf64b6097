/* match.c - Lua patterns (manual 6.4.1) by backtracking, with a way out.
 *
 * The stock matcher cannot be interrupted: it runs in C, where no hook of Lua
 * is called, and a pattern like ".-.-.-.-x" takes time in a power of the
 * subject's length. This one counts its steps and polls the interrupt flag.
 * Results, error texts and limits are those of Lua 5.4; a differential test
 * holds it to that. Nested choices cost one level of C stack each, and are
 * limited as in the stock library.
 */
#include "script/match.h"

#include "base/parallel.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

static const char *match_here(ritz_matcher *m, const char *s, const char *p);

static void step(ritz_matcher *m, size_t n)
{
    m->steps += n;
    if (m->steps < RITZ_MATCH_POLL_STEPS)
        return;
    m->steps = 0;
    if (ritz_interrupt_poll())
        m->stop(m->L);
}

/* The end of the single-character class or set that starts at `p`. */
static const char *item_end(const ritz_matcher *m, const char *p)
{
    const char first = *p++;
    if (first == '%') {
        if (p == m->pattern_end)
            luaL_error(m->L, "malformed pattern (ends with '%%')");
        return p + 1;
    }
    if (first != '[')
        return p;
    if (*p == '^')
        p++;
    do { /* a ']' in the first place stands for itself */
        if (p == m->pattern_end)
            luaL_error(m->L, "malformed pattern (missing ']')");
        if (*p++ == '%' && p < m->pattern_end)
            p++;
    } while (*p != ']');
    return p + 1;
}

/* Does `c` belong to the class %`letter`? Upper case is the complement; what
 * is no letter of a class stands for itself. */
static bool in_class(int c, int letter)
{
    bool in;
    switch (tolower(letter)) {
    case 'a':
        in = isalpha(c);
        break;
    case 'c':
        in = iscntrl(c);
        break;
    case 'd':
        in = isdigit(c);
        break;
    case 'g':
        in = isgraph(c);
        break;
    case 'l':
        in = islower(c);
        break;
    case 'p':
        in = ispunct(c);
        break;
    case 's':
        in = isspace(c);
        break;
    case 'u':
        in = isupper(c);
        break;
    case 'w':
        in = isalnum(c);
        break;
    case 'x':
        in = isxdigit(c);
        break;
    case 'z': /* from Lua 5.1; undocumented, and still there */
        in = c == 0;
        break;
    default:
        return letter == c;
    }
    return isupper(letter) ? !in : in;
}

/* Does `c` belong to the set from the '[' at `p` to the ']' at `last`? */
static bool in_set(int c, const char *p, const char *last)
{
    const bool positive = p[1] != '^';
    for (p += positive ? 1 : 2; p < last; p++) {
        const int from = (unsigned char)*p;
        if (from == '%') {
            p++;
            if (in_class(c, (unsigned char)*p))
                return positive;
        } else if (p[1] == '-' && p + 2 < last) {
            p += 2;
            if (from <= c && c <= (unsigned char)*p)
                return positive;
        } else if (from == c) {
            return positive;
        }
    }
    return !positive;
}

/* Does the character at `s` match the item from `p` to `end`? */
static bool matches_item(const ritz_matcher *m, const char *s, const char *p,
                         const char *end)
{
    if (s >= m->subject_end)
        return false;
    const int c = (unsigned char)*s;
    switch (*p) {
    case '.':
        return true;
    case '%':
        return in_class(c, (unsigned char)p[1]);
    case '[':
        return in_set(c, p, end - 1);
    default:
        return (unsigned char)*p == c;
    }
}

/* %bxy: `p` is at the x. */
static const char *match_balanced(ritz_matcher *m, const char *s, const char *p)
{
    if (p + 1 >= m->pattern_end)
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (*s != *p)
        return NULL;
    const char *const from = s;
    size_t open = 1;
    while (open > 0 && ++s < m->subject_end) {
        if (*s == p[1])
            open--;
        else if (*s == p[0])
            open++;
    }
    step(m, (size_t)(s - from));
    return open == 0 ? s + 1 : NULL;
}

/* %f[set]: the end of the item when `s` is where characters of the set begin,
 * else NULL. Both ends of the subject count as '\0'. */
static const char *match_frontier(const ritz_matcher *m, const char *s,
                                  const char *p)
{
    if (*p != '[')
        luaL_error(m->L, "missing '[' after '%%f' in pattern");
    const char *end = item_end(m, p);
    const int before = s == m->subject ? 0 : (unsigned char)s[-1];
    const int after = s == m->subject_end ? 0 : (unsigned char)*s;
    const bool here = !in_set(before, p, end - 1) && in_set(after, p, end - 1);
    return here ? end : NULL;
}

/* %1 to %9: the text of an earlier capture once more. */
static const char *match_again(ritz_matcher *m, const char *s, char digit)
{
    const int which = digit - '1';
    if (which < 0 || which >= m->count ||
        m->capture[which].length == RITZ_CAPTURE_OPEN)
        luaL_error(m->L, "invalid capture index %%%d", which + 1);
    const ptrdiff_t length = m->capture[which].length;
    if (length < 0 || m->subject_end - s < length) /* a position never does */
        return NULL;
    step(m, (size_t)length / 16);
    const size_t n = (size_t)length;
    return memcmp(m->capture[which].start, s, n) == 0 ? s + n : NULL;
}

static const char *open_capture(ritz_matcher *m, const char *s, const char *p,
                                ptrdiff_t length)
{
    if (m->count >= RITZ_MATCH_CAPTURES)
        luaL_error(m->L, "too many captures");
    m->capture[m->count++] = (ritz_capture){s, length};
    const char *end = match_here(m, s, p);
    if (!end)
        m->count--;
    return end;
}

static const char *close_capture(ritz_matcher *m, const char *s, const char *p)
{
    int which = m->count - 1;
    while (which >= 0 && m->capture[which].length != RITZ_CAPTURE_OPEN)
        which--;
    if (which < 0)
        luaL_error(m->L, "invalid pattern capture");
    m->capture[which].length = s - m->capture[which].start;
    const char *end = match_here(m, s, p);
    if (!end)
        m->capture[which].length = RITZ_CAPTURE_OPEN;
    return end;
}

/* The item from `p` to `end` as often as possible, then the rest. */
static const char *match_longest(ritz_matcher *m, const char *s, const char *p,
                                 const char *end)
{
    ptrdiff_t n = 0;
    while (matches_item(m, s + n, p, end))
        n++;
    step(m, (size_t)n);
    for (; n >= 0; n--) {
        const char *found = match_here(m, s + n, end + 1);
        if (found)
            return found;
    }
    return NULL;
}

/* The item as seldom as possible, then the rest. */
static const char *match_shortest(ritz_matcher *m, const char *s, const char *p,
                                  const char *end)
{
    for (;; s++) {
        const char *found = match_here(m, s, end + 1);
        if (found || !matches_item(m, s, p, end))
            return found;
    }
}

/* What an item and its suffix make of the place: an answer that is final, or
 * a new place from which the walk goes on. */
typedef struct place {
    const char *s, *p; /* p is NULL when `s` is the answer */
} place;

static place take_item(ritz_matcher *m, const char *s, const char *p)
{
    const char *const end = item_end(m, p);
    const bool here = matches_item(m, s, p, end);
    switch (*end) {
    case '?':
        if (here) {
            const char *found = match_here(m, s + 1, end + 1);
            if (found)
                return (place){found, NULL};
        }
        return (place){s, end + 1};
    case '*':
        if (!here)
            return (place){s, end + 1};
        return (place){match_longest(m, s, p, end), NULL};
    case '+':
        return (place){here ? match_longest(m, s + 1, p, end) : NULL, NULL};
    case '-':
        if (!here)
            return (place){s, end + 1};
        return (place){match_shortest(m, s, p, end), NULL};
    default:
        return here ? (place){s + 1, end} : (place){NULL, NULL};
    }
}

static place take_escape(ritz_matcher *m, const char *s, const char *p)
{
    if (p[1] == 'b') {
        s = match_balanced(m, s, p + 2);
        return (place){s, s ? p + 4 : NULL};
    }
    if (p[1] == 'f') {
        const char *next = match_frontier(m, s, p + 2);
        return (place){next ? s : NULL, next};
    }
    if (isdigit((unsigned char)p[1])) {
        s = match_again(m, s, p[1]);
        return (place){s, s ? p + 2 : NULL};
    }
    return take_item(m, s, p);
}

/* One piece of the pattern. Choices recurse, everything else walks on. */
static place take(ritz_matcher *m, const char *s, const char *p)
{
    switch (*p) {
    case '(':
        if (p[1] == ')')
            return (place){open_capture(m, s, p + 2, RITZ_CAPTURE_POSITION),
                           NULL};
        return (place){open_capture(m, s, p + 1, RITZ_CAPTURE_OPEN), NULL};
    case ')':
        return (place){close_capture(m, s, p + 1), NULL};
    case '$':
        if (p + 1 == m->pattern_end)
            return (place){s == m->subject_end ? s : NULL, NULL};
        return take_item(m, s, p);
    case '%':
        return take_escape(m, s, p);
    default:
        return take_item(m, s, p);
    }
}

static const char *match_here(ritz_matcher *m, const char *s, const char *p)
{
    if (m->depth-- == 0)
        luaL_error(m->L, "pattern too complex");
    while (p && p != m->pattern_end) {
        step(m, 1);
        const place next = take(m, s, p);
        s = next.s;
        p = next.p;
    }
    m->depth++;
    return s;
}

const char *ritz_match(ritz_matcher *m, const char *s, const char *pattern)
{
    m->count = 0;
    m->depth = RITZ_MATCH_DEPTH;
    return match_here(m, s, pattern);
}
