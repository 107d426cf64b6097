-- report.lua - the figures of a benchmark as tables.

local statistics = require "statistics"

-- Systems compute the same in another order, and some workloads magnify that.
local AGREEMENT = 1e-2

local function plural(threads) return threads .. (threads == 1 and " thread" or " threads") end

local function in_machine(f, add)
    local names = {}
    for name in next, f.machine[1] do
        if name:find "_ns$" then names[#names + 1] = name end
    end
    table.sort(names)
    local rows = { { "products, GFLOP/s", "product_gflops" }, { "memory, GB/s", "memory_gb" } }
    for _, name in ipairs(names) do
        rows[#rows + 1] = { name:gsub("_ns$", "") .. ", ns an element", name }
    end
    local head = { ("%-24s"):format "the machine, best calls" }
    for _, of in ipairs(f.machine) do
        head[#head + 1] = ("%10s"):format(plural(of.threads))
    end
    add(table.concat(head))
    for _, row in ipairs(rows) do
        local line = { ("%-24s"):format(row[1]) }
        for _, of in ipairs(f.machine) do line[#line + 1] = ("%10.4g"):format(of[row[2]]) end
        add(table.concat(line))
    end
end

local function number(format, value)
    return value and format:format(value) or (" "):rep(#format:format(0) - 1) .. "-"
end

--- One line a workload and number of threads: every system's time of a step.
local function steps(f, list, add)
    local head = ("%-12s %7s"):format("us a step", "threads")
    for _, system in ipairs(list) do head = head .. ("%11s"):format(system.name) end
    if #list > 1 then head = head .. ("%8s%7s%7s  %-7s"):format("ratio", "best", "cpu", "to") end
    add(head .. ("%11s%7s"):format("floor", "ratio"))
    for _, r in ipairs(f.results) do
        local line = ("%-12s %7d"):format(r.workload, r.threads)
        for _, system in ipairs(list) do
            local of = r.systems[system.name]
            line = line .. number("%11.1f", of and of.us)
        end
        if #list > 1 then
            line = line .. number("%8.2f", r.ratio) .. number("%7.2f", r.least_ratio)
                .. number("%7.2f", r.cpu_ratio)
                .. ("  %-7s"):format(r.best or "-")
        end
        add(line .. ("%11.1f%7.2f"):format(r.floor_us.sum, r.floor_ratio))
    end
end

local function means(f, add)
    for _, of in ipairs(f.machine) do
        local peers, floors = {}, {}
        for _, r in ipairs(f.results) do
            if r.threads == of.threads then
                peers[#peers + 1], floors[#floors + 1] = r.ratio, r.floor_ratio
            end
        end
        local text = ("geometric mean of %d with %s:"):format(#floors, plural(of.threads))
        if #peers > 0 then
            text = text .. (" %.3f to the best peer,"):format(statistics.geometric_mean(peers))
        end
        add(text .. (" %.2f to the floor"):format(statistics.geometric_mean(floors)))
    end
end

--- Start of the process, then of the definition, to the first result.
local function firsts(f, list, add)
    local head = ("%-12s %7s"):format("first, s", "threads")
    for _, what in ipairs { "process", "defined" } do
        head = head .. ("%13s:"):format(what)
        for _, system in ipairs(list) do head = head .. ("%8s"):format(system.name) end
    end
    add(head)
    for _, r in ipairs(f.results) do
        local line = ("%-12s %7d"):format(r.workload, r.threads)
        for _, what in ipairs { "start_s", "first_s" } do
            line = line .. (" "):rep(14)
            for _, system in ipairs(list) do
                local of = r.systems[system.name]
                line = line .. number("%8.3f", of and of[what])
            end
        end
        add(line)
    end
end

--- Lines on systems whose numbers are not those of ritz.
local function disagreements(f, list, add)
    for _, r in ipairs(f.results) do
        for _, system in ipairs(list) do
            local ours, theirs = r.systems.ritz, r.systems[system.name]
            for _, what in ipairs { "check", "later" } do
                local a, b = ours[what], theirs and theirs[what]
                if b and (a ~= a or b ~= b or math.abs(a - b) > AGREEMENT * math.abs(a)) then
                    add(("%s: %s computes %.7g, ritz %.7g"):format(r.workload, system.name, b, a))
                end
            end
        end
    end
end

--- All tables as one text; `list` is the systems, ritz first.
return function(f, list)
    local lines = {}
    local function add(line) lines[#lines + 1] = line end
    in_machine(f, add)
    add ""
    steps(f, list, add)
    means(f, add)
    add ""
    firsts(f, list, add)
    add(("ritz -e 'print(1)', from start to end: %.1f ms"):format(f.startup_s * 1e3))
    disagreements(f, list, add)
    return table.concat(lines, "\n")
end
