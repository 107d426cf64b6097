/* test_loops.c - a recurrent net trained by scan has the same bits with any
 * number of threads, and so have a cond and a while_loop around its products.
 */
#include "base/parallel.h"
#include "script/core.h"
#include "tap.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

static const char *const code =
    "local function normal(seed, ...)\n"
    "  return ritz.normal{shape = {...}, key = ritz.key(seed)}\n"
    "end\n"
    "local p = {w = normal(1, 24, 64) * 0.2, u = normal(2, 64, 64) * 0.1,\n"
    "  b = ritz.zeros{64}}\n"
    "local function loss(q, xs)\n"
    "  local h = ritz.scan(function(h, x)\n"
    "    return (x:matmul(q.w) + h:matmul(q.u) + q.b):tanh()\n"
    "  end, ritz.zeros{128, 64}, {xs = xs})\n"
    "  h = ritz.cond(h:sum(), function() return h:matmul(q.u) end,\n"
    "    function() return h end)\n"
    "  return (h - 0.3):square():mean()\n"
    "end\n"
    "local step = ritz.jit(function(p, xs)\n"
    "  local g = ritz.grad(loss)(p, xs)\n"
    "  return {w = p.w - g.w, u = p.u - g.u, b = p.b - g.b}\n"
    "end)\n"
    "local xs = normal(3, 30, 128, 24)\n"
    "for i = 1, 5 do p = step(p, xs) end\n"
    "local n = ritz.while_loop(function(c) return ritz.less(c:sum(), 1e6) end,\n"
    "  function(c) return c:matmul(p.u):square() + c end,\n"
    "  ritz.ones{128, 64})\n"
    "local s = ''\n"
    "for _, x in ipairs{p.w, p.u, p.b, n} do\n"
    "  for _, v in ipairs(x:reshape{-1}:totable()) do\n"
    "    s = s .. string.pack('d', v)\n"
    "  end\n"
    "end\n"
    "return s\n";

int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    ritz_core_open(L);
    lua_setglobal(L, "ritz");
    for (int threads = 1; threads <= 4; threads++) {
        ritz_threads_set(threads);
        const bool good = luaL_dostring(L, code) == LUA_OK;
        ok(good, "runs with %d threads%s%s", threads, good ? "" : ": ",
           good ? "" : lua_tostring(L, -1));
        ok(lua_rawequal(L, 1, -1), "the same bits with %d threads", threads);
    }
    size_t bytes = 0;
    lua_tolstring(L, 1, &bytes);
    is_int((long)bytes, 8 * (24 * 64 + 64 * 64 + 64 + 128 * 64),
           "every value was compared");
    lua_close(L);
    return tap_end();
}
