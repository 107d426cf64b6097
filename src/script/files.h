/* files.h - what lua/ritz needs of C: folders, whole files, the nearest of
 * many names, the terminal's width.
 */
#ifndef RITZ_SCRIPT_FILES_H
#define RITZ_SCRIPT_FILES_H

#include <lua.h>

/* Adds list(folder), make_folder(path), nearest(word, list), width() and
 * write(path, text) to the table on top of the stack. */
void ritz_files_open(lua_State *L);

#endif
