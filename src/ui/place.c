/* place.c - where the Lua part of ritz lives.
 *
 * A program in a folder src/ was not installed: the build put lua/, or a link
 * to it, beside that folder.
 */
#include "ui/place.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef RITZ_LUADIR
#define RITZ_LUADIR "/usr/local/share/ritz/lua"
#endif

static bool above_program(char out[PATH_MAX])
{
    char path[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return false;
    path[n] = '\0';
    char *end = strstr(path, "/src/ritz");
    for (char *next = end; next; next = strstr(next + 1, "/src/ritz"))
        end = next;
    if (!end || strcmp(end, "/src/ritz") != 0)
        return false;
    *end = '\0';
    const int length = snprintf(out, PATH_MAX, "%s/lua", path);
    return length > 0 && length < PATH_MAX && access(out, R_OK | X_OK) == 0;
}

const char *ritz_lua_folder(void)
{
    static char found[PATH_MAX];
    const char *told = getenv("RITZ_LUADIR");
    if (told && *told)
        return told;
    return above_program(found) ? found : RITZ_LUADIR;
}
