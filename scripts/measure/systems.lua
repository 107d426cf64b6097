-- systems.lua - processes that run one workload by request: ritz itself
-- (scripts/workloads/serve.lua) and the peers (scripts/peers). They stay while
-- rounds go from one to the next, so that what they compiled is compiled once and
-- still each is measured in the same minutes as the others. One that is not asked
-- waits for its input.

local ritz = require "ritz"

local clock = ritz.run.clock

local systems = {}

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- Runs ritz: `program` is the command that runs this script.
function systems.ritz(program, root)
    return { name = "ritz", command = function(workload, threads)
        return ("%s --plain %s -- %s %d"):format(quoted(program),
            quoted(root .. "/scripts/workloads/serve.lua"), workload, threads)
    end }
end

--- Seconds from the start of the program to its end, with one line to run.
function systems.startup(program)
    local begin = clock()
    local done = os.execute(quoted(program) .. " --plain -e 'print(1)' > /dev/null")
    if not done then error(("bench: cannot run %s"):format(program), 0) end
    return clock() - begin
end

--- Runs a peer's script in a mode of its own.
function systems.peer(name, python, script, mode)
    return { name = name, command = function(workload, threads)
        return ("%s %s --workload %s --threads %d --mode %s"):format(quoted(python),
            quoted(script), workload, threads, mode)
    end }
end

--- The numbers of a line like {"us": 12.5, "name": "text"}.
local function numbers(line)
    local found = {}
    for name, value in line:gmatch '"([%w_]+)": ([-%d.e+]+)' do found[name] = tonumber(value) end
    return found
end

local function read(process)
    for line in process.output:lines() do
        if line:sub(1, 1) == "{" then return numbers(line) end
    end
end

--- The first processors that this process may use.
local function processors(threads)
    local pipe = io.popen "taskset -cp $$ 2> /dev/null"
    local list = pipe:read "a":match ": ([%d,-]+)"
    pipe:close()
    local first = {}
    for part in (list or ""):gmatch "[^,]+" do
        local low, high = part:match "^(%d+)%-?(%d*)$"
        for i = tonumber(low), tonumber(high) or tonumber(low) do first[#first + 1] = i end
    end
    return #first > 0 and table.concat(first, ",", 1, math.min(threads, #first))
end

--- Starts a system on a workload and waits for its first result: the process, with
-- `first` the numbers that it gave and start_s, the seconds from the start of the
-- process. nil where there is none, because it could not run.
function systems.start(system, workload, threads, errors)
    local input = os.tmpname()
    os.remove(input)
    if not os.execute("mkfifo -m 600 " .. quoted(input)) then
        error("bench: cannot make the pipe " .. input, 0)
    end
    local list = processors(threads)
    local begin = clock()
    local process = { output = io.popen(("exec %s %s < %s 2>> %s"):format(
        list and "taskset -c " .. list or "", system.command(workload, threads),
        quoted(input), quoted(errors))) }
    process.input = io.open(input, "w")
    -- Kept for reading too: a system that has ended is told by its silence, not by
    -- a signal to us.
    process.reader = io.open(input, "r")
    os.remove(input)
    process.first = read(process)
    if not process.first then
        systems.stop(process)
        return nil
    end
    process.start_s = clock() - begin
    process.first.later = (read(process) or {}).later
    return process
end

--- The mean microseconds of a step and its processor time, of steps for so many
-- seconds; nil when it ended.
function systems.measure(process, seconds)
    process.input:write(("%g\n"):format(seconds))
    process.input:flush()
    local answer = read(process)
    if answer then return answer.us, answer.cpu_us end
end

--- An empty line: a process started later may hold this pipe's end, so that closing
-- it tells nothing.
function systems.stop(process)
    process.input:write "\n"
    process.input:close()
    process.reader:close()
    process.output:close()
end

return systems
