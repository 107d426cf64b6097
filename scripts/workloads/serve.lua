-- serve.lua - runs one workload by request, as scripts/peers/common.py does for the
-- peers: a line when the first result is there, one after four steps, then each line
-- of the input is a number of seconds to run steps for, and the answer the mean time
-- of a step, and its processor time.
-- usage: ritz --plain serve.lua -- WORKLOAD THREADS

package.path = arg[0]:match "^(.*/)" .. "?.lua;" .. package.path

local ritz = require "ritz"
local workloads = require "workloads"

local clock = ritz.run.clock

local function say(format, ...)
    print(format:format(...))
    io.flush()
end

local name, threads = arg[1], math.tointeger(arg[2])
ritz.run.threads(threads)

local start = clock()
local step, check = workloads[name].build()
local first = check(step())
say('{"first_s": %.9g, "check": %.9g}', clock() - start, first)
local result
for _ = 1, 3 do result = step() end
local later, begin = check(result), clock()
step()
local one = clock() - begin
say('{"later": %.9g}', later)

for line in io.lines() do
    if line == "" then break end -- the end: others may hold the other end of the input
    local count = math.max(1, tonumber(line) // one | 0)
    local processor = os.clock()
    begin = clock()
    for _ = 1, count do step() end
    one = (clock() - begin) / count
    say('{"us": %.9g, "cpu_us": %.9g}', one * 1e6, (os.clock() - processor) / count * 1e6)
end
