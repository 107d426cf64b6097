-- bench.lua - ritz beside PyTorch and JAX, and beside what the machine allows.
--
-- Every workload of scripts/workloads runs in a process of its own, and where they
-- are installed (scripts/peers/setup) in one of each peer; they are asked in turns,
-- so that a busy minute falls on all of them. A figure is the median of the rounds;
-- a ratio to a peer is the median of the rounds' ratios, so that what disturbs both
-- cancels; beside it the ratio of the best rounds, and that of processor times, which
-- leave out what other programs took. The floor of a step is what no implementation
-- can save: its multiply-adds at the best rate that products reach here, its functions
-- at their cost in cache, and the bytes that must move, measured in the same rounds.
-- Nothing is required of the figures.

local root = arg[0]:match "^(.*)/scripts/[^/]*$" or "."
for _, folder in ipairs { "measure", "workloads" } do
    package.path = ("%s/scripts/%s/?.lua;%s"):format(root, folder, package.path)
end

local json = require "json"
local machine = require "machine"
local options = require "ritz.options"
local report = require "report"
local ritz = require "ritz"
local statistics = require "statistics"
local systems = require "systems"
local workloads = require "workloads"

local PEERS = { { "jax", "jax_peer.py", "jit" }, { "eager", "torch_peer.py", "eager" },
    { "compile", "torch_peer.py", "compile" } }

local params = {
    { name = "ours", kind = "boolean", doc = "ritz alone" },
    { name = "only", kind = "text", doc = "some workloads: NAME,NAME" },
    { name = "peers", kind = "text", default = "jax,eager,compile", doc = "which of them" },
    { name = "threads", kind = "text", default = "1,2", doc = "numbers of threads" },
    { name = "rounds", kind = "integer", default = 7, low = 1, high = 1000,
        doc = "how often everything is measured" },
    { name = "seconds", kind = "number", default = 0.5, low = 0, high = 60,
        doc = "of steps in a round; at least one step" },
    { name = "starts", kind = "integer", default = 3, low = 1, high = 100,
        doc = "processes of ritz whose first result is timed" },
    { name = "quick", kind = "boolean", doc = "three rounds of 0.1 seconds and one start" },
    { name = "json", kind = "text", doc = "a file to write all figures to" },
    { name = "python", kind = "text", default = root .. "/build/peers/bin/python",
        doc = "that has the peers" },
    { name = "ritz", kind = "text", default = root .. "/build/src/ritz", doc = "the program" },
    { name = "megabytes", kind = "integer", default = 128, low = 1, high = 1e4,
        doc = "of each of two arrays that measure memory: beyond the cache" },
}

-- The command line.

local function usage()
    local lines = { "usage: scripts/bench [options]", "" }
    for _, p in ipairs(params) do
        local value = p.kind == "boolean" and "" or " " .. p.kind:upper()
        lines[#lines + 1] = ("  --%-20s %s%s"):format(p.name .. value, p.doc,
            p.default and p.kind ~= "boolean" and (" (%s)"):format(p.default) or "")
    end
    lines[#lines + 1] = "\nworkloads: " .. table.concat(workloads.names, ", ")
    return table.concat(lines, "\n")
end

local function kind_of(name)
    for _, p in ipairs(params) do
        if p.name == name then return p.kind end
    end
end

--- The options of words like --rounds 3, --rounds=3 and --ours.
local function parse(words)
    local given, i = {}, 1
    while words[i] do
        local name, value = words[i]:match("^%-%-([%w_]+)=?(.*)$")
        if not name then error(("bench: an option wanted, got %s"):format(words[i]), 0) end
        local kind = kind_of(name)
        if not kind then options.check("bench", params, { [name] = value }) end -- raises
        if kind == "boolean" then
            value = true
        elseif not words[i]:find("=", 1, true) then
            i = i + 1
            value = words[i]
            if not value then
                error(("bench: --%s: a value wanted, got nothing"):format(name), 0)
            end
        end
        given[name] = kind ~= "text" and tonumber(value) or value
        i = i + 1
    end
    if given.quick then
        for name, value in next, { rounds = 3, seconds = 0.1, starts = 1 } do
            given[name] = given[name] or value
        end
    end
    return options.check("bench", params, given)
end

--- The words of a list with commas, each of which must be among `known`.
local function words_of(option, text, known)
    local found = {}
    for word in text:gmatch "[^,]+" do
        local ok = false
        for _, name in ipairs(known) do ok = ok or name == word end
        if not ok then
            error(("bench: --%s: %s wanted, got %s"):format(option, table.concat(known, ", "),
                word), 0)
        end
        found[#found + 1] = word
    end
    return found
end

local function threads_of(text)
    local list = {}
    for word in text:gmatch "[^,]+" do
        local n = math.tointeger(tonumber(word))
        if not n or n < 1 or n > 64 then
            error(("bench: --threads: numbers from 1 to 64 wanted, got %s"):format(word), 0)
        end
        list[#list + 1] = n
    end
    return list
end

local function exists(path)
    local file = io.open(path)
    return file and file:close()
end

--- ritz first, then the peers that are wanted and there.
local function contestants(o)
    local list = { systems.ritz(o.ritz, root) }
    if o.ours then return list end
    if not exists(o.python) then
        print(("bench: %s is not here: ritz alone (scripts/peers/setup installs the peers)")
            :format(o.python))
        return list
    end
    for _, name in ipairs(words_of("peers", o.peers, { "jax", "eager", "compile" })) do
        for _, peer in ipairs(PEERS) do
            if peer[1] == name then
                list[#list + 1] = systems.peer(name, o.python,
                    ("%s/scripts/peers/%s"):format(root, peer[2]), peer[3])
            end
        end
    end
    return list
end

-- Measuring.

--- The first results of ritz from as many processes as asked for; the last one stays.
local function start_ours(system, workload, threads, o, errors)
    local starts, firsts, process = {}, {}, nil
    for i = 1, o.starts do
        if process then systems.stop(process) end
        process = systems.start(system, workload, threads, errors)
        if not process then
            error(("bench: %s did not run: see %s"):format(workload, errors), 0)
        end
        starts[i], firsts[i] = process.start_s, process.first.first_s
    end
    process.start_s = statistics.median(starts)
    process.first.first_s = statistics.median(firsts)
    return process
end

--- A process of each system, with its first result; a peer that fails is left out.
local function start_all(list, workload, threads, o, errors)
    local running = {}
    for i, system in ipairs(list) do
        local process = i == 1 and start_ours(system, workload, threads, o, errors)
            or systems.start(system, workload, threads, errors)
        if process then
            process.name, process.us, process.cpu_us = system.name, {}, {}
            running[#running + 1] = process
        else
            print(("bench: %s does not run %s: see %s"):format(system.name, workload, errors))
        end
    end
    return running
end

--- One workload with so many threads: the processes, with their times in us.
local function contest(list, workload, threads, o, probes, errors, progress)
    local running = start_all(list, workload, threads, o, errors)
    for round = 1, o.rounds do
        machine.measure(probes, threads, math.min(o.seconds, 0.005))
        for _, process in ipairs(running) do
            local us, cpu_us = systems.measure(process, o.seconds)
            if not us then
                error(("bench: %s ended early: see %s"):format(process.name, errors), 0)
            end
            process.us[round], process.cpu_us[round] = us, cpu_us
        end
        progress(("%s, %d threads"):format(workload, threads), round)
    end
    for _, process in ipairs(running) do systems.stop(process) end
    return running
end

--- The middle of the rounds' quotients.
local function ratio(ours, theirs)
    local quotients = {}
    for i, us in ipairs(ours) do quotients[i] = us / theirs[i] end
    return statistics.median(quotients)
end

local function figures_of(workload, threads, running)
    local f = { workload = workload, threads = threads, systems = {} }
    local best
    for i, process in ipairs(running) do
        local us = statistics.median(process.us)
        f.systems[process.name] = { us = us, least_us = statistics.least(process.us),
            cpu_us = statistics.median(process.cpu_us),
            first_s = process.first.first_s, start_s = process.start_s,
            check = process.first.check, later = process.first.later }
        if i > 1 and (not best or us < f.systems[best.name].us) then best = process end
    end
    if best then
        f.best, f.ratio = best.name, ratio(running[1].us, best.us)
        f.least_ratio = f.systems.ritz.least_us / f.systems[best.name].least_us
        f.cpu_ratio = ratio(running[1].cpu_us, best.cpu_us)
    end
    return f
end

local function wanted_functions(names)
    local set = {}
    for _, name in ipairs(names) do
        for kind in next, workloads[name].work.functions do set[kind] = true end
    end
    return set
end

local function startup(o)
    local times = {}
    for i = 1, 3 * o.starts do times[i] = systems.startup(o.ritz) end
    return statistics.median(times)
end

local function run(o, names, threads, list)
    local probes = machine.new(wanted_functions(names), o.megabytes)
    local errors, results = os.tmpname(), {}
    local start, done, all = ritz.run.clock(), 0, #names * #threads * o.rounds
    local function progress(label)
        done = done + 1
        ritz.run.progress(label, done / all, (ritz.run.clock() - start) / done * (all - done))
    end
    for _, name in ipairs(names) do
        for _, n in ipairs(threads) do
            local running = contest(list, name, n, o, probes, errors, progress)
            results[#results + 1] = figures_of(name, n, running)
        end
    end
    local f = { rounds = o.rounds, machine = {}, results = results, startup_s = startup(o) }
    for i, n in ipairs(threads) do f.machine[i] = machine.figures(probes, n) end
    for i, r in ipairs(results) do
        local of = f.machine[(i - 1) % #threads + 1]
        r.floor_us = machine.floor(workloads[r.workload].work, of)
        r.floor_ratio = r.systems.ritz.us / r.floor_us.sum
    end
    return f
end

--- Opened before the work, so that a wrong path costs no minute.
local function open(path)
    local file, why = io.open(path, "w")
    return file or error("bench: --json: a file to write wanted, got " .. why, 0)
end

local function main(words)
    local o = parse(words)
    local names = o.only and words_of("only", o.only, workloads.names) or workloads.names
    local threads, file = threads_of(o.threads), o.json and open(o.json)
    local list, before = contestants(o), ritz.run.threads()
    local f = run(o, names, threads, list)
    ritz.run.threads(before)
    print(report(f, list))
    if file and not (file:write(json(f), "\n") and file:close()) then
        error("bench: --json: cannot write " .. o.json, 0)
    end
end

if table.concat(arg, " "):find("--help", 1, true) then print(usage()) else main(arg) end
