/* place.h - where the Lua part of ritz lives. */
#ifndef RITZ_UI_PLACE_H
#define RITZ_UI_PLACE_H

/* $RITZ_LUADIR; else the folder lua/ above a program that runs where it was
 * built; else where it was installed. A view of static memory. */
const char *ritz_lua_folder(void);

#endif
