-- test_bench.lua - scripts/bench.lua with next to no work: what it prints and
-- writes. Nothing here depends on how long anything took.

local t = require "tap"
local ritz = require "ritz"

local script = os.getenv "RITZ_SOURCE" .. "/scripts/bench.lua"

--- What bench.lua prints, and its exit code.
local function bench(arguments)
    local pipe = io.popen(("'%s' --plain '%s' -- %s 2>&1; echo $?"):format(
        os.getenv "RITZ", script, arguments))
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

t.run("all rows and all figures", function()
    local path = t.path "bench.json"
    local text, code = bench("--ours --rounds=1 --steps 2 --megabytes 1 --json " .. path)
    t.is(code, 0, "ends well")
    for _, row in ipairs { "products, GFLOP/s", "memory, GB/s", "tanh, ns", "exp, ns", "log, ns",
        "4096x128x784", "784-128-10 relu", "2-64-64-2 tanh" } do
        t.matches(text, row, "the row of " .. row)
    end
    local f = parse(path)
    t.is(f.rounds, 1, "rounds")
    positive(f.product, "one_us two_us speedup", "product")
    for i = 1, 2 do
        t.is(f.machine[i].threads, i, "threads of a column")
        positive(f.machine[i], "product_gflops memory_gb tanh_ns exp_ns log_ns", "machine")
    end
    t.is(#f.steps, 4, "two networks with one thread and with two")
    for _, s in ipairs(f.steps) do
        local what = s.network .. ", " .. s.threads
        positive(s, "us least_us ratio least_ratio", what)
        positive(s.floor_us, "products memory functions sum", what .. ", floor")
        t.is(type(s.compile_ms), "number", what .. ": compile_ms")
        t.near(s.us / s.floor_us.sum, s.ratio, 1e-6 * s.ratio, what .. ": the ratio")
    end
end)

t.run("the floor counts what a step must do", function()
    local path = t.path "floor.json"
    bench("--rounds 1 --steps 1 --megabytes 1 --json " .. path)
    local f = parse(path)
    -- 2 (forward and weights of 784x128; forward, weights and inputs of 128x10),
    -- and 24 bytes a parameter; for the other two layers without an activation's
    -- derivative, and 2 x 64 tanh a row.
    local large = 2 * 128 * (2 * 784 * 128 + 3 * 128 * 10)
    local small = 2 * 128 * (2 * 2 * 64 + 3 * 64 * 64 + 3 * 64 * 2)
    local parameters = { 784 * 128 + 128 + 128 * 10 + 10, 2 * 64 + 64 + 64 * 64 + 64 + 64 * 2 + 2 }
    local flops = { large, small }
    for i, s in ipairs { f.steps[1], f.steps[3] } do
        local m = f.machine[1]
        t.near(s.floor_us.products * m.product_gflops * 1e3, flops[i], 1e-6 * flops[i],
            s.network .. ": multiplications and additions")
        t.near(s.floor_us.memory * m.memory_gb * 1e3, 24 * parameters[i],
            1e-6 * 24 * parameters[i], s.network .. ": bytes")
    end
    local tanh = 128 * 128 * f.machine[1].tanh_ns * 1e-3
    t.near(f.steps[3].floor_us.functions, tanh, 1e-6 * tanh, "tanh of every hidden unit")
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
