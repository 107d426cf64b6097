/* frames.h - the lines of the user's script that an error came from.
 *
 * Frames of C functions and of the Lua part of ritz are not the user's. Where
 * the stack is lost before the error is shown (a coroutine that died, a
 * callback under lua_pcall), whoever loses it notes the frames first.
 */
#ifndef RITZ_SCRIPT_FRAMES_H
#define RITZ_SCRIPT_FRAMES_H

#include <lua.h>
#include <stdbool.h>

/* Sources below this folder are ritz's own. Raises when out of memory. */
void ritz_frames_own(lua_State *L, const char *lua_dir);

/* The innermost frame of the user at or above `level` (0: the running
 * function), with the fields of "Sl"; false when there is none. Raises
 * nothing. */
bool ritz_frame_find(lua_State *L, int level, lua_Debug *ar);

/* A file's path, or a chunk's name without its mark: "<prompt>". */
const char *ritz_frame_source(const lua_Debug *ar);

/* Keeps the frames of `from` for the error value on top of `from`, until that
 * value is shown. */
void ritz_frames_note(lua_State *L, lua_State *from);

/* Message handlers of lua_pcall. The first leaves the error value as it is and
 * notes the frames; the second gives the text to be shown: the message, then
 * one line "  file:line" for each frame. */
int ritz_frames_keep(lua_State *L);
int ritz_frames_show(lua_State *L);

#endif
