/* loops_turn.h - squares of WIDTH by WIDTH elements, turned in registers. */
enum { LANE = 16 / sizeof(real) }; /* elements of 128 bits: cheap to mix */

/* Blocks of h rows and h columns beside the diagonal change places. */
INLINE void swap_blocks(vec *r, int h)
{
    const ivec low = iota() + (((iota() & h) != 0) & (WIDTH - h));
#pragma GCC unroll 8
    for (int first = 0; first < WIDTH; first += 2 * h)
#pragma GCC unroll 8
        for (int i = first; i < first + h; i++) {
            const vec x = r[i], y = r[i + h];
            r[i] = __builtin_shuffle(x, y, low);
            r[i + h] = __builtin_shuffle(x, y, low + h);
        }
}

/* Each group of LANE rows is interleaved lane by lane, the first half of it
 * with the second; that many times as 2 is in LANE, and it is turned. */
INLINE void mix_lanes(vec *r)
{
    const ivec at = iota() & (LANE - 1);
    const ivec low = iota() - at + at / 2 + (at & 1) * WIDTH;
#pragma GCC unroll 16
    for (int i = 0; i < WIDTH; i += LANE) {
        vec x[LANE];
        memcpy(x, r + i, sizeof x);
#pragma GCC unroll 2
        for (int j = 0; j < LANE / 2; j++) {
            r[i + 2 * j] = __builtin_shuffle(x[j], x[j + LANE / 2], low);
            r[i + 2 * j + 1] =
                __builtin_shuffle(x[j], x[j + LANE / 2], low + LANE / 2);
        }
    }
}

/* r[i][j] becomes r[j][i]. */
INLINE void turn(vec *r)
{
#pragma GCC unroll 4
    for (int h = WIDTH / 2; h >= LANE; h /= 2)
        swap_blocks(r, h);
#pragma GCC unroll 2
    for (int i = 1; i < LANE; i *= 2)
        mix_lanes(r);
}
