-- test_bench.lua - scripts/bench.lua with next to no work: what it prints and
-- writes. Nothing here depends on how long anything took.

local t = require "tap"
local ritz = require "ritz"

local script = os.getenv "RITZ_SOURCE" .. "/scripts/bench.lua"

--- What bench.lua prints, and its exit code.
local function bench(arguments)
    local pipe = io.popen(("'%s' --plain '%s' -- --ritz '%s' %s 2>&1; echo $?")
        :format(os.getenv "RITZ", script, os.getenv "RITZ", arguments))
    local text = pipe:read "a"
    pipe:close()
    local output, code = text:match "^(.-)(%d+)\n$"
    return output, tonumber(code)
end

--- The value of a JSON text without brackets in its texts, by way of Lua.
local function parse(path)
    local file = assert(io.open(path))
    local text = file:read "a"
    file:close()
    text = text:gsub("%[", "{"):gsub("%]", "}"):gsub('("[%w_]+"):', "[%1] =")
    return assert(load("return " .. text, path, "t", {}))()
end

--- Checks that each number named is above 0.
local function positive(figures, names, what)
    for name in names:gmatch "%S+" do
        local value = figures[name]
        t.ok(type(value) == "number" and value > 0 and value < math.huge,
            what .. ": " .. name .. " is above 0")
    end
end

local QUICK = "--ours --rounds=1 --seconds 0 --starts 1 --megabytes 1 "

t.run("all rows and all figures", function()
    local path = t.path "bench.json"
    local text, code = bench(QUICK .. "--only mlp_large,mlp_small --json " .. path)
    t.is(code, 0, "ends well: " .. text)
    for _, row in ipairs { "products, GFLOP/s", "memory, GB/s", "tanh, ns", "exp, ns", "log, ns",
        "us a step", "mlp_large  ", "mlp_small  ", "geometric mean of 2 with 1 thread:" } do
        t.matches(text, row, "the row of " .. row)
    end
    local f = parse(path)
    t.is(f.rounds, 1, "rounds")
    t.ok(f.startup_s > 0, "the program's start")
    for i = 1, 2 do
        t.is(f.machine[i].threads, i, "threads of a column")
        positive(f.machine[i], "product_gflops memory_gb tanh_ns exp_ns log_ns", "machine")
    end
    t.is(#f.results, 4, "two workloads with one thread and with two")
    for i, r in ipairs(f.results) do
        local what = r.workload .. ", " .. r.threads
        local ours, of = r.systems.ritz, f.machine[r.threads]
        positive(ours, "us least_us cpu_us first_s start_s check later", what)
        t.near(ours.us / r.floor_us.sum, r.floor_ratio, 1e-6 * r.floor_ratio, what .. ": ratio")
        local work = i <= 2 and { 2 * 128 * (2 * 784 * 128 + 3 * 128 * 10), 101770 }
            or { 2 * 128 * (2 * 2 * 64 + 3 * 64 * 64 + 3 * 64 * 2), 4482 }
        t.near(r.floor_us.products * of.product_gflops * 1e3, work[1], 1e-6 * work[1],
            what .. ": multiplications and additions")
        t.near(r.floor_us.memory * of.memory_gb * 1e3, 24 * work[2], 1e-6 * 24 * work[2],
            what .. ": bytes")
    end
    local small = f.results[3]
    local tanh = 128 * 128 * f.machine[1].tanh_ns * 1e-3
    t.near(small.floor_us.functions, tanh, 1e-6 * tanh, "tanh of every hidden unit")
end)

--- A peer in a few lines: a script that stands for python, which gives these
-- answers as scripts/peers do.
local function peer(lines)
    local path = t.path "python"
    local file = assert(io.open(path, "w"))
    file:write("#!/bin/sh\n", lines, "\n")
    file:close()
    os.execute("chmod +x '" .. path .. "'")
    return "--python '" .. path .. "' "
end

local AGAINST = "--rounds 3 --seconds 0 --starts 1 --megabytes 1 --only mlp_small --threads 1"
    .. " --peers jax "

t.run("a peer", function()
    local json = t.path "peer.json"
    local python = peer [[
echo '{"peer": "p", "first_s": 2.5, "check": 1.853014}'
echo '{"later": 2.0}'
while read -r seconds && [ -n "$seconds" ]; do echo '{"us": 1e3, "cpu_us": 1e3}'; done]]
    local text, code = bench(python .. AGAINST .. "--json " .. json)
    t.is(code, 0, "ends well: " .. text)
    t.matches(text, "mlp_small: jax computes 2, ritz 1.06", "numbers that differ are told")
    local r = parse(json).results[1]
    t.is(r.best, "jax", "the best peer")
    t.is(r.systems.jax.us, 1000, "its time")
    t.is(r.systems.jax.first_s, 2.5, "its first result")
    t.near(r.ratio, r.systems.ritz.us / 1000, 1e-6 * r.ratio, "the ratio to a constant time")
end)

t.run("a peer that does not run", function()
    local text, code = bench(peer "exit 1" .. AGAINST)
    t.is(code, 0, "is left out: " .. text)
    t.matches(text, "jax does not run mlp_small", "and named")
    text, code = bench("--python /nowhere/python " .. AGAINST)
    t.is(code, 0, "so is one that is not installed: " .. text)
    t.matches(text, "/nowhere/python is not here: ritz alone", "and told")
    text, code = bench(peer [[
echo '{"first_s": 1, "check": 1}'
echo '{"later": 1}'
read -r seconds]] .. AGAINST)
    t.ok(code ~= 0, "one that ends before the rounds do is an error")
    t.matches(text, "jax ended early", "that names it")
end)

t.run("options", function()
    local help, code = bench "--help"
    t.is(code, 0, "--help ends well")
    t.matches(help, "--rounds", "and lists the options")
    local function refused(arguments, part)
        local text, status = bench(arguments)
        t.matches(text, part, arguments .. " is refused")
        t.ok(status ~= 0, "with a code")
    end
    refused("--round 3", 'unknown option "round": did you mean "rounds"?')
    refused("--rounds 0", "rounds must be 1 to 1000, got 0")
    refused("--rounds", "--rounds: a value wanted, got nothing")
    refused("--rounds two", 'rounds must be of kind integer, got the string "two"')
    refused("--seconds soon", 'seconds must be of kind number, got the string "soon"')
    refused("fast", "an option wanted, got fast")
    refused("--json /nowhere/b.json", "/nowhere/b.json")
    refused("--only mlp", "mlp_large, mlp_small, ")
    refused("--threads 0", "numbers from 1 to 64 wanted, got 0")
    refused("--python /bin/sh --peers numpy", "jax, eager, compile wanted, got numpy")
end)

t.run("threads", function()
    local threads = ritz.run.threads
    local before = threads()
    t.is(threads(1), 1, "set")
    t.is(threads(), 1, "and kept")
    threads(before)
    t.throws("n must be 1 to 64, got 0", function() threads(0) end, "none")
    t.throws("n must be 1 to 64, got 65", function() threads(65) end, "too many")
    t.throws("threads", function() threads "two" end, "a text")
    t.is(threads(), before, "an error changes nothing")
end)

t.done()
