/* screen.c - the terminal as a canvas: all that knows ncurses.
 *
 * ncurses keeps what the terminal shows and sends the difference, so a whole
 * canvas is handed over every time. Keys are read from a pad, because reading
 * from a window would refresh it. The size is asked for here and not left to
 * ncurses, whose own handler for resizing is not installed.
 */
#include "ui/screen.h"

#include "base/memory.h"
#include "ui/terminal.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Panels' own short names would clash with ncurses' macros. */
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <term.h>

struct ritz_screen {
    SCREEN *curses;
    WINDOW *keys;
    int fd;
    bool color, wide;
};

enum { UNDO_LENGTH = 200, ESCAPE_DELAY = 25 /* ms */ };

/* Appends a capability without its padding, which a handler cannot send. */
static void add_capability(char undo[UNDO_LENGTH], const char *name)
{
    char copy[16];
    snprintf(copy, sizeof copy, "%s", name); /* tigetstr wants it writable */
    const char *text = tigetstr(copy);
    size_t n = strlen(undo);
    if (!text || text == (const char *)-1)
        return;
    for (; *text && n + 1 < UNDO_LENGTH; text++) {
        const char *end =
            text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;
        if (end)
            text = end;
        else
            undo[n++] = *text;
    }
    undo[n] = '\0';
}

static ritz_status examine(int fd, char undo[UNDO_LENGTH], ritz_error *err)
{
    const char *term = getenv("TERM");
    int found;
    if (setupterm(NULL, fd, &found) != OK)
        return ritz_fail(err, RITZ_EVALUE,
                         "panels: wanted a terminal that terminfo knows, got "
                         "TERM=%s; lines instead",
                         term ? term : "");
    char cup[] = "cup";
    const char *move = tigetstr(cup);
    const bool moves = move && move != (const char *)-1;
    undo[0] = '\0';
    add_capability(undo, "rmkx");
    add_capability(undo, "sgr0");
    add_capability(undo, "cnorm");
    add_capability(undo, "rmcup");
    del_curterm(cur_term);
    if (!moves)
        return ritz_fail(err, RITZ_EVALUE,
                         "panels: wanted a terminal that can move its cursor, "
                         "got TERM=%s; lines instead",
                         term);
    return RITZ_OK;
}

/* Series' colours by number: exact where there are 256, the nearest of the
 * eight elsewhere. */
static void begin_colors(ritz_screen *screen, const ritz_look *look)
{
    static const short eight[RITZ_COLOURS] = {
        COLOR_WHITE, COLOR_YELLOW,  COLOR_CYAN, COLOR_GREEN,
        COLOR_RED,   COLOR_MAGENTA, COLOR_BLUE, COLOR_WHITE};
    screen->color = look->color && has_colors();
    if (!screen->color)
        return;
    start_color();
    use_default_colors();
    for (short i = 1; i < RITZ_COLOURS; i++)
        init_pair(i, COLORS >= 256 ? ritz_palette_256[i] : eight[i], -1);
}

ritz_status ritz_screen_open(ritz_screen **out, FILE *terminal,
                             const ritz_look *look, ritz_error *err)
{
    char undo[UNDO_LENGTH];
    const ritz_status status = examine(fileno(terminal), undo, err);
    if (status != RITZ_OK)
        return status;
    ritz_screen *screen = ritz_new(1, sizeof *screen);
    if (!screen)
        return ritz_fail_memory(err, "the screen");
    screen->fd = fileno(terminal);
    screen->wide = look->utf8;
    ritz_guard_terminal(screen->fd, undo);
    screen->curses = newterm(NULL, terminal, stdin);
    screen->keys = screen->curses ? newpad(1, 1) : NULL;
    if (!screen->keys) {
        ritz_screen_close(screen);
        return ritz_fail(err, RITZ_EIO,
                         "panels: the terminal does not open; lines instead");
    }
    set_escdelay(ESCAPE_DELAY);
    cbreak();
    noecho();
    nonl();
    curs_set(0);
    keypad(screen->keys, true);
    nodelay(screen->keys, true);
    begin_colors(screen, look);
    *out = screen;
    return RITZ_OK;
}

void ritz_screen_close(ritz_screen *screen)
{
    if (screen->keys)
        delwin(screen->keys);
    if (screen->curses) {
        erase(); /* some terminals have no second screen to leave */
        refresh();
        endwin();
        delscreen(screen->curses);
    }
    ritz_restore_terminal();
    ritz_unguard_terminal();
    ritz_free(screen);
}

void ritz_screen_fit(ritz_screen *screen, size_t *width, size_t *height)
{
    struct winsize size = {0};
    if (ioctl(screen->fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
        size.ws_col > 0 && (size.ws_row != LINES || size.ws_col != COLS))
        resizeterm(size.ws_row, size.ws_col);
    *width = (size_t)(COLS > 0 ? COLS : 1);
    *height = (size_t)(LINES > 0 ? LINES : 1);
}

static void show_cell(const ritz_screen *screen, int x, int y, ritz_cell cell)
{
    if (cell.code == 0)
        return; /* the right half of a wide character */
    const attr_t style = (cell.style & RITZ_CELL_DIM ? A_DIM : 0) |
                         (cell.style & RITZ_CELL_BOLD ? A_BOLD : 0);
    const short pair = screen->color ? cell.colour : 0;
    const wchar_t text[2] = {(wchar_t)cell.code, 0};
    cchar_t wide;
    setcchar(&wide, text, style, pair, NULL);
    mvadd_wch(y, x, &wide);
}

void ritz_screen_show(ritz_screen *screen, const ritz_canvas *canvas)
{
    for (size_t y = 0; y < canvas->height; y++)
        for (size_t x = 0; x < canvas->width; x++)
            show_cell(screen, (int)x, (int)y, ritz_canvas_at(canvas, x, y));
    refresh();
}

void ritz_screen_forget(ritz_screen *screen)
{
    (void)screen;
    clearok(curscr, true);
}

int ritz_screen_key(ritz_screen *screen)
{
    const int key = wgetch(screen->keys);
    switch (key) {
    case ERR:
        return RITZ_KEY_NONE;
    case KEY_LEFT:
        return RITZ_KEY_LEFT;
    case KEY_RIGHT:
        return RITZ_KEY_RIGHT;
    default:
        return key;
    }
}

void ritz_screen_leave(ritz_screen *screen)
{
    (void)screen;
    endwin();
}
