-- test_start.lua - what the program loads when it starts, and what later.

local t = require "tap"
local program = os.getenv("RITZ")

-- The libraries of a process after it ran this code.
local function libraries(code)
    local path = t.path("libraries.lua")
    local file = io.open(path, "w")
    file:write(code, "\nfor line in io.lines('/proc/self/maps') do print(line) end\n")
    file:close()
    local pipe = io.popen(("'%s' '%s' 2>&1"):format(program, path))
    local text = pipe:read("a")
    t.ok(pipe:close(), "it runs: " .. code)
    return text
end

local function has(text, library)
    return text:find("/lib" .. library, 1, true) ~= nil
end

local before = libraries("assert(1 + 1 == 2)")
t.ok(has(before, "c.so"), "the list has libraries at all")
t.ok(not has(before, "openblas"), "OpenBLAS is not loaded at the start")
t.ok(not has(before, "cairo"), "nor cairo")

local svg = t.path("figure.svg")
local drawn = libraries(("require('ritz').plot.line({1, 2, 3}):save('%s')"):format(svg))
t.ok(has(drawn, "cairo"), "a figure that is written loads cairo")
t.ok(not has(drawn, "openblas"), "and nothing else")

t.done()
