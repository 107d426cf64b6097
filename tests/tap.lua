--- TAP for Lua tests: `local t = require "tap"`, checks, `t.done()` at the end.
-- Every check takes its name last and prints one line; a failure says where it
-- is and what was got and wanted.

local tap = {}

local checks, failures = 0, 0

local function place()
    for level = 3, 12 do
        local info = debug.getinfo(level, "Sl")
        if not info then break end
        if info.what ~= "C" and not info.short_src:find("tap.lua", 1, true) then
            return info.short_src .. ":" .. info.currentline
        end
    end
    return "an unknown place"
end

local function show(value)
    if type(value) == "string" then return string.format("%q", value) end
    if type(value) == "number" then return string.format("%.17g", value) end
    return tostring(value)
end

function tap.note(...)
    for line in string.format(...):gmatch("[^\n]+") do
        io.write("# ", line, "\n")
    end
end

local function report(passed, name, ...)
    checks = checks + 1
    name = tostring(name or "?"):gsub("[#\n]", " ")
    io.write(passed and "ok " or "not ok ", checks, " - ", name, "\n")
    if not passed then
        failures = failures + 1
        tap.note("at %s", place())
        if ... then tap.note(...) end
    end
    io.flush()
    return passed
end

function tap.ok(condition, name)
    return report(not not condition, name)
end

function tap.is(got, want, name)
    return report(got == want, name, "got %s, want %s", show(got), show(want))
end

--- |got - want| <= tolerance; equal infinities pass, a NaN never does.
function tap.near(got, want, tolerance, name)
    local number = type(got) == "number"
    local passed = number and (got == want or math.abs(got - want) <= tolerance)
    return report(passed, name, "got %s, want %s, difference %s, allowed %g",
        show(got), show(want), number and show(math.abs(got - want)) or "?",
        tolerance)
end

--- `part` occurs in `text`, plainly: no patterns.
function tap.matches(text, part, name)
    local passed = type(text) == "string" and text:find(part, 1, true) ~= nil
    return report(passed, name, "got %s, want a text with %s", show(text),
        show(part))
end

--- fn(...) raises an error whose text has `part` in it.
function tap.throws(part, fn, name)
    local good, err = pcall(fn)
    if good then return report(false, name, "no error, want one with %s", show(part)) end
    local passed = tostring(err):find(part, 1, true) ~= nil
    return report(passed, name, "error %s, want a text with %s",
        show(tostring(err)), show(part))
end

function tap.skip(why, name)
    checks = checks + 1
    io.write("ok ", checks, " - ", name, " # SKIP ", why, "\n")
end

function tap.skip_all(why)
    io.write("1..0 # SKIP ", why, "\n")
    os.exit(0, true)
end

--- Calls `test` unless RITZ_TEST_ONLY is set and no part of `name`. An error in
-- it is a failed check, and the cases after it still run.
function tap.run(name, test)
    local only = os.getenv("RITZ_TEST_ONLY")
    if only and not name:find(only, 1, true) then return end
    tap.note("%s", name)
    local good, err = xpcall(test, debug.traceback)
    if not good then report(false, name .. " runs", "%s", tostring(err)) end
end

--- A path in this script's own scratch folder, which the runner removes.
function tap.path(name)
    return (os.getenv("RITZ_TEST_TMP") or "/tmp") .. "/" .. name
end

--- Prints the plan; the process's exit code tells whether all passed.
function tap.done()
    io.write("1..", checks, "\n")
    if failures > 0 then
        tap.note("%d of %d checks failed", failures, checks)
        os.exit(1, true)
    end
end

return tap
