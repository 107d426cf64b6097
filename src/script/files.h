/* files.h - folders, whole files and the terminal's width, for lua/ritz. */
#ifndef RITZ_SCRIPT_FILES_H
#define RITZ_SCRIPT_FILES_H

#include <lua.h>

/* Adds list(folder), write(path, text), make_folder(path) and width() to the
 * table on top of the stack. */
void ritz_files_open(lua_State *L);

#endif
