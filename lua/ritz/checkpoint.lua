-- checkpoint.lua - what a training keeps to be continued.
--
-- A tree of tensors: parameters, the optimiser's state (with its step), the
-- layers' state, the key of draws, and three numbers that say which batch comes
-- next. It is put into trees of a training that has just begun, leaf by leaf,
-- so that a file need not hold what has no tensor, and a file of something else
-- is refused.

local options = require "ritz.options"
local ritz = require "ritz"

local checkpoint = {}

local numbers = { "batch", "rows", "seed" }

--- The tree that `s`, a training, is continued with.
function checkpoint.take(s)
    local run = {}
    for _, name in ipairs(numbers) do run[name] = ritz.tensor(s[name], "i64") end
    return { params = s.params, memory = s.memory, state = s.state, key = s.key, run = run }
end

local function by_name(tree)
    local found, leaves = {}, ritz.tree.leaves(tree)
    for i, name in ipairs(ritz.tree.names(tree)) do found[name] = leaves[i] end
    return found
end

local function type_of(x)
    if not ritz.is_tensor(x) then return options.describe(x) end
    return ("%s[%s]"):format(x.dtype, table.concat(x.shape, ","))
end

--- `tree` with the tensors of `given`, which has as many of the same names and types.
local function fill(tree, given)
    local found, names, i = by_name(given), ritz.tree.names(tree), 0
    local filled = ritz.tree.map(function(old)
        i = i + 1
        local new = found[names[i]]
        found[names[i]] = nil
        if type_of(new) ~= type_of(old) then
            error(("train: resume: %s must be %s, got %s"):format(names[i], type_of(old),
                type_of(new)), 0)
        end
        return ritz.stop_gradient(new) -- a handle of our own: it will be emptied
    end, tree)
    for _, name in ipairs(ritz.tree.names(given)) do
        if found[name] ~= nil then
            error(("train: resume: %s is there, which this training has not"):format(name), 0)
        end
    end
    return filled
end

--- Refuses a checkpoint of other data or batches: their order would not be continued.
local function check_run(s, run)
    for _, name in ipairs(numbers) do
        local was, is = run[name]:item(), s[name]
        if was ~= is then
            error(("train: resume: %s was %d and must stay, got %d"):format(name, was, is), 0)
        end
    end
end

--- Puts a checkpoint, or the one in a file, into a training that has begun.
function checkpoint.put(s, given)
    local tree = given
    if type(given) == "string" then tree = ritz.load(given) end
    if type(tree) ~= "table" then
        error(("train: resume must be a checkpoint or a file's name, got %s"):format(
            options.describe(given)), 0)
    end
    local filled = fill(checkpoint.take(s), tree)
    check_run(s, filled.run)
    s.params, s.memory, s.state, s.key = filled.params, filled.memory, filled.state, filled.key
    s.step = math.tointeger(s.optimiser.calls(s.memory):item())
end

return checkpoint
