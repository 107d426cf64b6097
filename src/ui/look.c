/* look.c - what this terminal can show.
 *
 * An option wins over the environment, NO_COLOR counts when it is not empty,
 * and the Linux console is taken for ASCII: its font has no braille.
 */
#include "ui/look.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

ritz_look ritz_look_around(const ritz_options *opt)
{
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    const char *term = getenv("TERM");
    ritz_look look = {
        .in = isatty(STDIN_FILENO),
        .out = isatty(STDOUT_FILENO),
        .err = isatty(STDERR_FILENO),
        .capable = term && *term && strcmp(term, "dumb") != 0,
    };
    look.utf8 = !opt->ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0 &&
                !(term && strcmp(term, "linux") == 0);
    look.color = look.capable && !opt->no_color && !is_set("NO_COLOR");
    return look;
}

void ritz_screen_size(int *columns, int *rows)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
    *columns = size.ws_col > 0 ? size.ws_col : 80;
    *rows = size.ws_row > 0 ? size.ws_row : 24;
}
