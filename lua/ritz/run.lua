-- run.lua - ritz.run: options of a script, and what a batch run keeps.
--
-- Outside of a batch all of it may be called and keeps nothing.

local internal = require "ritz.internal"
local ritz = require "ritz"

local run = {
    seed = internal.seed(), -- of --seed
}

local kinds = { integer = "integer", float = "number", boolean = "boolean",
    string = "text" }

local function kind_of(value)
    return kinds[math.type(value) or type(value)]
end

local function parse(text, kind)
    if kind == "integer" then
        return math.tointeger(tonumber(text))
    elseif kind == "number" then
        local number = tonumber(text)
        return number and number + 0.0
    elseif kind == "boolean" then
        return ({ ["true"] = true, ["false"] = false, ["1"] = true, ["0"] = false })[text]
    end
    return text
end

local taken = {} -- names that options() knows

local function check_option(name, option, value)
    local low, high = option.low, option.high
    if low and value < low or high and value > high then
        error(("option %s: %g to %g wanted, got %g"):format(name, low or -math.huge,
            high or math.huge, value), 0)
    end
end

--- Values of --set name=value, by name.
local function settings()
    local set = {}
    for _, text in ipairs(internal.settings()) do
        local name, value = text:match("^([%w_.]+)=(.*)$")
        if not name then
            error(("--set: name=value wanted, got %s"):format(text), 0)
        end
        set[name] = value
    end
    return set
end

local function setting(name, option, text)
    local kind = kind_of(option[1])
    local value = parse(text, kind)
    if value == nil then
        error(("--set %s: %s wanted, got %s"):format(name, kind, text), 0)
    end
    return value
end

function run.options(declared)
    if type(declared) ~= "table" then
        error("options: a table of {default, doc} wanted, got " .. type(declared), 0)
    end
    local set, order, values = settings(), {}, {}
    for name, option in next, declared do
        if type(name) ~= "string" or type(option) ~= "table" or not kind_of(option[1]) then
            error(("options: %s = {default, doc} wanted, with a number, text or boolean as default")
                :format(tostring(name)), 0)
        end
        order[#order + 1] = name
        taken[name] = true
    end
    table.sort(order)
    for _, name in ipairs(order) do
        local option = declared[name]
        local value = option[1]
        if set[name] then value = setting(name, option, set[name]) end
        check_option(name, option, value)
        internal.option(name, value)
        values[name] = value
    end
    return values
end

--- Refuses what --set named and no option took; called when a script ends.
function run.check_settings()
    local known = {}
    for name in next, taken do known[#known + 1] = name end
    table.sort(known)
    for name in next, settings() do
        if not taken[name] then
            local near = internal.nearest(name, known)
            error(("--set %s: the script has no such option%s"):format(name, near
                and "; did you mean " .. near .. "?" or #known > 0
                and "; it has " .. table.concat(known, ", ") or ""), 0)
        end
    end
end

local steps = {} -- the last step of each metric

function run.log(name, value, step)
    if type(name) ~= "string" then
        error("log: the name of a metric wanted, got " .. type(name), 0)
    end
    if ritz.is_tensor(value) then value = value:item() end
    if type(value) ~= "number" then
        error(("log: %s must be a number, got %s"):format(name, type(value)), 0)
    end
    step = math.tointeger(step or (steps[name] or 0) + 1)
    if not step then error("log: a whole number of steps wanted", 0) end
    steps[name] = step
    internal.metric(step, name, value)
end

function run.digest(tree)
    local names, list = ritz.tree.names(tree), {}
    for i, leaf in ipairs(ritz.tree.leaves(tree)) do
        if ritz.is_tensor(leaf) then
            list[#list + 1] = names[i]
            list[#list + 1] = leaf
        end
    end
    if #list == 0 then error("digest: no tensor in what was given", 0) end
    return internal.digest(list)
end

function run.path(name) return internal.run_path(name) end

function run.save_params(name, tree)
    if type(name) ~= "string" then name, tree = "params", name end
    local path = run.path(name .. ".safetensors")
    if path then ritz.save(path, tree) end
    return path
end

function run.clock() return internal.clock() end

function run.threads(n) return internal.threads(n) end

function run.progress(label, fraction, left, detail)
    internal.progress(label, fraction, left, detail)
end

function run.subject(text) internal.subject(text) end

ritz.document(run.options, {
    signature = "run.options{name = {default, doc, low, high}, ...}",
    summary = "Declares what --set can change in a script, and gives the values.",
    details = "The default says the kind: a whole number, a number, text or a"
        .. " boolean. Values are checked and go into the manifest of a batch run."
        .. " Errors: a value of another kind, or outside of low to high; a --set"
        .. " of a name that is not there.",
    example = 'local opt = ritz.run.options { lr = {1e-3, "learning rate"} }',
})
ritz.document(run.log, {
    signature = "run.log(name, value, step)",
    summary = "Writes a line of metrics.jsonl in a batch run.",
    details = "value is a number or a tensor of one element. Without step the"
        .. " metric's own steps are counted.",
    example = 'ritz.run.log("loss", 0.5)',
})
ritz.document(run.digest, {
    signature = "run.digest(tree)",
    summary = "The SHA-256 of all tensors of a tree, with their paths and shapes.",
    details = "Equal digests mean equal bits.",
    example = "ritz.run.digest { w = ritz.zeros { 2, 3 } }",
})
ritz.document(run.path, {
    signature = "run.path(name)",
    summary = "The path of a file in the run folder, or nil outside of a batch.",
    example = 'ritz.run.path "samples.npy"',
})
ritz.document(run.save_params, {
    signature = "run.save_params(name, tree)",
    summary = "Saves a tree of tensors as name.safetensors in the run folder.",
    details = 'The name may be left out: then "params". Outside of a batch nothing'
        .. " is saved and the result is nil.",
    example = 'ritz.run.save_params("params", { w = ritz.zeros { 2, 3 } })',
})
ritz.document(run.clock, {
    signature = "run.clock()",
    summary = "Seconds since some fixed moment, for measuring.",
    example = "local start = ritz.run.clock()",
})
ritz.document(run.threads, {
    signature = "run.threads(n)",
    summary = "The number of threads that compute; n, when given, sets it.",
    details = "Results have the same bits for any number. The option --threads sets"
        .. " it as well; without either it is the number of processors.",
    example = "ritz.run.threads(1)",
})
ritz.document(run.progress, {
    signature = "run.progress(label, fraction, left, detail)",
    summary = "Says how far the work is, for the status line.",
    details = "fraction is 0 to 1; left is in seconds; both may be nil, unknown.",
    example = 'ritz.run.progress("epoch 3/5", 0.5, 12, "612 µs/step")',
})
ritz.document(run.subject, {
    signature = "run.subject(text)",
    summary = "Says what runs, for the header of the panels.",
    example = 'ritz.run.subject "784-128-10  relu  adam 1e-3"',
})

return run
