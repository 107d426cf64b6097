-- test_run.lua - options of scripts, and the folder of a batch run.

local t = require "tap"
local ritz = require "ritz"
local run = ritz.run

local function write(path, text)
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
end

local function read(path)
    local file = io.open(path, "rb")
    if not file then return nil end
    local text = file:read("a")
    file:close()
    return text
end

-- What a shell command writes, and its exit code.
local function shell(command, ...)
    local pipe = io.popen(command:format(...) .. " 2>&1; echo $?")
    local text = pipe:read("a")
    pipe:close()
    local output, code = text:match("^(.-)(%d+)\n$")
    return output, tonumber(code)
end

local ritz_program = os.getenv("RITZ")

t.run("options", function()
    local o = run.options { lr = { 1e-3, "rate" }, n = { 3 }, name = { "a" }, fast = { false } }
    t.is(o.lr, 1e-3, "a number")
    t.is(o.n, 3, "a whole number")
    t.is(o.name, "a", "a text")
    t.is(o.fast, false, "a boolean")
    t.throws("{default, doc} wanted", function() run.options { lr = 1 } end, "no table")
    t.throws("{default, doc} wanted", function() run.options { lr = {} } end, "no default")
    t.throws("lr: 0 to 1 wanted, got 2", function()
        run.options { lr = { 2, "", low = 0, high = 1 } }
    end, "out of range")
end)

local options_script = t.path("options.lua")
write(options_script, [[
local ritz = require "ritz"
local o = ritz.run.options { lr = {1e-3}, n = {3}, name = {"a"}, fast = {false} }
print(o.lr, o.n, o.name, o.fast)
]])

t.run("--set", function()
    local function set(arguments)
        return shell("'%s' --plain %s '%s'", ritz_program, arguments, options_script)
    end
    t.is(set("--set lr=0.5 --set n=4 --set name=b=c --set fast=true"),
        "0.5\t4\tb=c\ttrue\n", "values of every kind")
    t.is(set("--set lr=1"), "1.0\t3\ta\tfalse\n", "a whole number where any is wanted")
    local function refused(arguments, part)
        local text, code = set(arguments)
        t.is(code, 1, arguments .. " fails")
        t.matches(text, part, arguments .. " says why")
    end
    refused("--set n=0.5", "--set n: integer wanted, got 0.5")
    refused("--set lr=fast", "--set lr: number wanted, got fast")
    refused("--set fast=maybe", "--set fast: boolean wanted, got maybe")
    refused("--set fats=1", "--set fats: the script has no such option; did you mean fast?")
    refused("--set depth=1", "the script has no such option; it has fast, lr, n, name")
end)

t.run("digest", function()
    local tree = { w = ritz.ones { 2, 3 }, { ritz.zeros { 2 } } }
    local digest = run.digest(tree)
    t.ok(digest:match("^%x+$") and #digest == 64, "is a SHA-256")
    t.is(run.digest { w = ritz.ones { 2, 3 }, { ritz.zeros { 2 } } }, digest, "equal bits")
    local others = {
        { w = ritz.ones { 3, 2 }, { ritz.zeros { 2 } } },
        { v = ritz.ones { 2, 3 }, { ritz.zeros { 2 } } },
        { w = ritz.ones({ 2, 3 }, "f64"), { ritz.zeros { 2 } } },
        { w = ritz.ones { 2, 3 }, { ritz.ones { 2 } } },
    }
    for i, other in ipairs(others) do
        t.ok(run.digest(other) ~= digest, "another tree, another digest: " .. i)
    end
    t.throws("no tensor", function() run.digest {} end, "an empty tree")
end)

t.run("outside of a batch nothing is kept", function()
    t.is(run.path("x"), nil, "no folder")
    t.is(run.save_params { w = ritz.ones { 2 } }, nil, "no parameters")
    run.log("loss", 1)
    run.log("loss", ritz.full({}, 1), 7)
    run.progress("epoch 1/2", 0.5)
    run.subject("a net")
    t.throws("must be a number", function() run.log("loss", "x") end, "a text is no metric")
end)

local batch_script = t.path("batch.lua")
write(batch_script, [[
local ritz = require "ritz"
local o = ritz.run.options { lr = {0.1}, fail = {false} }
for i = 1, 3 do ritz.run.log("loss", o.lr / i) end
ritz.run.log("odd", 0/0, 5)
ritz.plot.line({ 1, 4, 9 }, { title = "Loss, train" })
ritz.run.save_params { w = ritz.uniform { shape = {4} }, b = { ritz.zeros { 2 } } }
if o.fail then error "on purpose" end
]])

local function batch(folder, more)
    return shell("'%s' batch '%s' --out '%s' --seed 7 %s", ritz_program, batch_script,
        folder, more or "")
end

t.run("a batch run", function()
    local one, two = t.path("one"), t.path("two")
    local text, code = batch(one, "--set lr=0.3")
    t.is(code, 0, "succeeds: " .. text)
    batch(two, "--set lr=0.3")
    local metrics = read(one .. "/metrics.jsonl") or ""
    t.matches(metrics, '"name":"loss","value":0.3', "metrics")
    t.matches(metrics, '"value":"nan"', "not a number is a text")
    local manifest = read(one .. "/manifest.json") or ""
    t.matches(manifest, '"state": "done"', "the manifest says how it ended")
    t.matches(manifest, '"lr": 0.3', "and the options")
    for _, name in ipairs { "metrics.jsonl", "params.safetensors", "loss-train.svg" } do
        local bytes = read(one .. "/" .. name)
        t.ok(bytes and #bytes > 0, name .. " is there")
        t.ok(bytes == read(two .. "/" .. name), name .. " is the same for the same seed")
    end
end)

t.run("files stay in the run's folder", function()
    local script = t.path("astray.lua")
    write(script, "local ritz = require 'ritz'\n"
        .. "print(pcall(ritz.run.save_params, '../astray', { ritz.ones(1) }))\n"
        .. "print(ritz.run.path('manifest.json'))")
    local text, code = shell("'%s' batch '%s' --out '%s'", ritz_program, script, t.path("kept"))
    t.is(code, 1, "a script that writes over the manifest fails")
    t.matches(text, "wanted the name of a file in the run's folder (no '/', not manifest.json"
        .. " or metrics.jsonl), got \"../astray.safetensors\"", "a folder above is refused")
    t.matches(text, "got \"manifest.json\"", "and what ritz writes")
    t.ok(not read(t.path("astray.safetensors")), "nothing was written there")
end)

t.run("a disk that is full", function()
    local script = t.path("long.lua")
    write(script, "local ritz = require 'ritz'\n"
        .. "for i = 1, 2000 do ritz.run.log('loss', i) end\n"
        .. "ritz.save(ritz.run.path 'large.npy', ritz.ones { 100, 100 })")
    local folder = t.path("full")
    local text, code = shell("ulimit -f 8; '%s' batch '%s' --out '%s'", ritz_program, script,
        folder)
    t.is(code, 1, "fails")
    t.matches(text, "cannot write " .. folder .. "/metrics.jsonl: ", "says which file")
    t.ok(not text:find("%dcannot"), "one error to a line")
    t.ok(not read(folder .. "/large.npy"), "no part of a file is left")
end)

t.run("a batch that fails", function()
    local folder = t.path("failed")
    local text, code = batch(folder, "--set fail=true")
    t.is(code, 1, "exits with 1")
    t.matches(text, "on purpose", "says why")
    local manifest = read(folder .. "/manifest.json") or ""
    t.matches(manifest, '"state": "failed"', "so does the manifest")
    t.matches(manifest, "on purpose", "with the message")
    t.ok(read(folder .. "/loss-train.svg"), "figures are saved all the same")
    text, code = batch(folder)
    t.is(code, 1, "a folder that is in use is refused")
    t.matches(text, folder, "and named")
end)

t.done()
