-- test_help.lua - every public function has a record, and every example runs.
--
-- Examples may save files, so all of it runs once more in the scratch folder.
-- An example "code  --> result" is also checked: the numbers in the result are
-- those of the value, to the digits that are written.

local t = require "tap"
local ritz = require "ritz"
local exhaust = require "lua.exhaust"
local help = require "ritz.help"
local internal = require "ritz.internal"

local here = os.getenv("RITZ_SOURCE") .. "/tests/lua/test_help.lua"
if not os.getenv("RITZ_IN_SCRATCH") then
    local good, _, code = os.execute(("cd '%s' && RITZ_IN_SCRATCH=1 '%s' '%s'"):format(
        os.getenv("RITZ_TEST_TMP"), os.getenv("RITZ"), here))
    os.exit(good and 0 or code)
end

for _, name in ipairs(internal.modules) do _G[name] = ritz[name] end
_G.ritz = ritz

local function numbers_of(value, list)
    if ritz.is_tensor(value) then value = value:totable() end
    if type(value) == "table" then
        for _, v in ipairs(value) do numbers_of(v, list) end
    elseif type(value) == "number" then
        list[#list + 1] = value
    end
    return list
end

local function numbers_in(text)
    local list = {} -- texts, shapes such as f32[2,3] and names are no numbers
    text = text:gsub('"[^"]*"', ""):gsub("[%a_]+%d*%b[]", ""):gsub("[%a_][%w_]*", function(word)
        return (word == "inf" or word == "nan") and word or ""
    end)
    for number in text:gmatch("%-?%d[%d.]*e?[-+]?%d*") do
        list[#list + 1] = tonumber(number)
    end
    return list
end

local function check_result(path, value, wanted)
    local got, want = numbers_of(value, {}), numbers_in(wanted)
    if #want == 0 then return end
    if not t.is(#got, #want, path .. ": the example gives as many numbers") then return end
    for i = 1, #want do
        local tolerance = 1e-4 * math.max(1, math.abs(want[i]))
        t.near(got[i], want[i], tolerance, ("%s: number %d of the example"):format(path, i))
    end
end

-- The example as a function: an expression, or statements of which the last line
-- is one.
local function compile(code, has_result)
    local chunk = has_result and load("return " .. code, "=example")
    if not chunk and has_result then
        local before, last = code:match("^(.*\n)%s*([^\n]+)$")
        chunk = before and load(before .. "return " .. last, "=example")
    end
    return chunk or load(code, "=example")
end

local function quietly(f)
    local write, print_ = io.write, print
    rawset(io, "write", function() end)
    _G.print = function() end
    local results = table.pack(pcall(f))
    rawset(io, "write", write)
    _G.print = print_
    return results
end

--- The code of an example, and the result that it promises, or nil.
local function example_of(record)
    local code, wanted = record.example:match("^(.-)%s*%-%->%s*(.-)$")
    return code or record.example, wanted
end

local function run_example(record)
    local code, wanted = example_of(record)
    local chunk = compile(code, wanted)
    if not t.ok(chunk, record.path .. ": the example compiles") then return end
    local results = quietly(chunk)
    local good = table.remove(results, 1)
    t.is(good and "" or tostring(results[1]), "", record.path .. ": the example runs")
    if good and wanted then check_result(record.path, results, wanted) end
end

local has_data = io.open("/usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte.gz")

t.run("examples", function()
    for _, record in ipairs(help.records()) do
        if record.path ~= "data.fashion_mnist" or has_data then run_example(record) end
    end
end)

-- Training and the data ask for memory thousands of times; they have tests of
-- their own.
t.run("examples without memory", function()
    for _, record in ipairs(help.records()) do
        if not record.path:match("^data%.") and record.path ~= "ritz.train" then
            local chunk = compile(example_of(record))
            exhaust(record.path, function()
                local results = quietly(chunk)
                if not results[1] then error(results[2], 0) end
            end)
        end
    end
end)

t.run("records are complete", function()
    for _, record in ipairs(help.records()) do
        t.ok(record.summary:match("%.$"), record.path .. ": the summary is a sentence")
        t.ok(#record.summary <= 110, record.path .. ": the summary is short")
        t.ok(record.signature:find(record.name, 1, true),
            record.path .. ": the signature has the name")
        for _, p in ipairs(record.params) do
            t.ok(p.kind and p.doc, ("%s: %s has kind and doc"):format(record.path, p.name))
        end
        local text = help.render(record)
        for line in text:gmatch("[^\n]+") do
            if #line > 100 then t.ok(false, record.path .. ": no line is too long: " .. line) end
        end
    end
end)

t.run("every public function has a record", function()
    for name, value in next, ritz do
        if type(value) == "function" and not name:match("^_") then
            t.ok(internal.record(value), "ritz." .. name .. " has a record")
        end
    end
    for _, module in ipairs(internal.modules) do
        for name, value in next, ritz[module] or {} do
            local hidden = name == "save_all" or name == "check_settings"
            if type(value) == "function" and not hidden then
                t.ok(internal.record(value), module .. "." .. name .. " has a record")
            end
        end
    end
end)

t.run("the overview", function()
    package.loaded["ritz.topics"] = nil -- as at the first call
    t.ok(pcall(help.help), "is shown at the first call")
end)

t.run("see also names what is there", function()
    local known = {}
    for _, record in ipairs(help.records()) do known[record.path] = true end
    for _, record in ipairs(help.records()) do
        for _, name in ipairs(record.see or {}) do
            t.ok(known[name:gsub(":", ".")], record.path .. ": see also " .. name)
        end
    end
end)

t.run("document refuses", function()
    t.throws("a function wanted", function() ritz.document(1, {}) end, "no function")
    t.throws("field colour does not exist", function()
        ritz.document(function() end, { colour = "red" })
    end, "an unknown field")
    t.throws("signature, summary and example", function()
        ritz.document(function() end, { signature = "a.b()" })
    end, "an incomplete record")
end)

t.run("the manual", function()
    local manual = require "ritz.manual"
    manual.write("one")
    manual.write("two")
    local pages = internal.list("one")
    t.ok(#pages > 5, "has pages")
    for _, name in ipairs(pages) do
        if name:match("%.md$") then
            local a = io.open("one/" .. name):read("a")
            local b = io.open("two/" .. name):read("a")
            t.ok(a == b and #a > 0, name .. " is the same twice")
        end
    end
end)

t.done()
