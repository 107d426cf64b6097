-- test_module.lua - ritz as a module of a stock lua5.4.

local t = require "tap"

local lua, build = os.getenv("LUA"), os.getenv("RITZ_BUILD")
local source = os.getenv("RITZ_SOURCE")
if not lua or lua == "" or not io.open(build .. "/ritz.so") then
    t.skip_all("no lua5.4 or no ritz.so")
end
if os.getenv("SANITIZERS") and os.getenv("SANITIZERS") ~= "" then
    t.skip_all("a stock lua5.4 has no sanitizer that the module could use")
end

-- What the code writes, and how the interpreter ended.
local function stock(code)
    local path = t.path("code.lua")
    local file = io.open(path, "w")
    file:write(code)
    file:close()
    local pipe = io.popen(("cd '%s' && LUA_CPATH='%s/?.so' LUA_PATH='%s/lua/?.lua' '%s' '%s' 2>&1")
        :format(os.getenv("RITZ_TEST_TMP"), build, source, lua, path))
    local text = pipe:read("a")
    local good = pipe:close()
    return text, good
end

local function is(code, want, name)
    t.is(stock [[
local before = { string.find, coroutine.resume, print, os.exit, io.write }
require "ritz"
local after = { string.find, coroutine.resume, print, os.exit, io.write }
for i = 1, 5 do print(before[i] == after[i]) end
print(debug.gethook())]], ("true\n"):rep(5) .. "nil\n", "leaves the host's functions alone")

local text, good = stock('local ritz = require "ritz" ' .. code)
    t.is(text, want, name)
    t.ok(good, name .. ": ends well")
end

is("print(ritz.sum(ritz.arange(5)):item())", "10.0\n", "computes")
is("print(ritz.grad(function(x) return x^3 end)(2))", "12.0\n", "differentiates")
is("print(rawequal(require 'ritz', ritz))", "true\n", "is one module")
is("print(ritz.data.batches(ritz.arange(4), {size = 2, seed = 1}).count)", "2\n",
    "has the modules in Lua")
is("print(nn, data, plot, help)", "nil\tnil\tnil\tnil\n", "makes no globals")
is("io.write(ritz.plot.line({1, 2, 3}):text{width = 20, height = 6, ascii = true}:sub(1, 1))",
    "+", "draws")

local text, good = stock('local ritz = require "ritz"\nritz.matmul(ritz.ones{2,3}, ritz.ones{4,5})')
t.ok(not good, "an error ends the script")
t.matches(text, "code.lua:2: matmul: inner sizes must agree", "with its line")

text = stock('local ritz = require "ritz"\nritz.data.batches(ritz.arange(3), {sise = 1})')
t.matches(text, 'unknown option "sise": did you mean "size"?', "an error of the Lua part")

t.done()
