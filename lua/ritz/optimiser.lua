-- optimiser.lua - what all optimisers do around their rule.
--
-- A kind of optimiser is a rule for one parameter (a record of src/optim) and
-- the names of what it remembers. Here it becomes init and update over trees:
-- which parameter is moved by whom, clipping, the averages of parameters, the
-- schedule. All of it is traced with the rule, so that a compiled step moves a
-- parameter, its memory and its average in one pass.
--
-- The state is a tree of tensors: `step`, a tree like the parameters for each
-- name of a memory, and, where asked for, `average`, and `sum` with `part`, how
-- many gradients are in it. Where a parameter has no such memory there
-- is an empty tensor, so that every tree has the same keys in a file, too.

local options = require "ritz.options"
local ritz = require "ritz"
local schedules = require "ritz.schedules"

local optimiser = {}

local Optimiser = { __name = "ritz.optimiser" }

function Optimiser:__tostring()
    local text = ("%s %g"):format(self.name, self.lr)
    if schedules.is_schedule(self.schedule) then text = text .. "  " .. tostring(self.schedule) end
    return text
end

function optimiser.is(value) return getmetatable(value) == Optimiser end

-- Options that every optimiser has.

optimiser.params = { -- `whole`: not for a group of parameters
    { name = "schedule", kind = "any",
        doc = "what the rate is multiplied with: optim.cosine{}, or a function of t" },
    { name = "clip_norm", kind = "number", whole = true, low = 1e-15, high = math.huge,
        doc = "longer gradients, taken as one vector, are shortened to this" },
    { name = "clip_value", kind = "number", whole = true, low = 0, high = math.huge,
        doc = "elements of gradients are held within this of 0, before clip_norm" },
    { name = "ema", kind = "number", whole = true, low = 0, high = 1,
        doc = "an average of the parameters is kept in the state, which becomes ema times"
            .. " itself and 1 - ema times them in each step" },
    { name = "ema_warmup", kind = "boolean", default = true,
        doc = "its decay is at most (1 + t) / (10 + t) at step t" },
    { name = "accumulate", kind = "integer", whole = true, default = 1, low = 1, high = 2 ^ 31,
        doc = "gradients of so many calls of update are averaged for one step" },
    { name = "groups", kind = "table",
        doc = "{match = pattern, ...} each: other options, `optim` or `frozen` for the"
            .. " parameters whose path the pattern finds; the first that does" },
}

-- Norms and clipping of trees.

--- The leaves that are tensors.
local function tensors_of(tree)
    local list = {}
    for _, leaf in ipairs(ritz.tree.leaves(tree)) do
        if ritz.is_tensor(leaf) then list[#list + 1] = leaf end
    end
    return list
end

--- The dtype that sums over several tensors have.
local function widest(list)
    for _, x in ipairs(list) do
        if x.dtype == "f64" then return "f64" end
    end
    return "f32"
end

local function sum_of_squares(list)
    local dtype, total = widest(list), nil
    for _, x in ipairs(list) do
        local sum = ritz.sum(ritz.square(x)):to(dtype)
        total = total and total + sum or sum
    end
    return total or ritz.zeros({}, dtype)
end

--- The factor that shortens a list to `limit`. Squares are compared: the slope
-- of the root is infinite at 0, and 1 has no rounding.
local function clip_factor(list, limit)
    return ritz.rsqrt(ritz.maximum(sum_of_squares(list) / (limit * limit), 1))
end

function optimiser.global_norm(tree) return ritz.sqrt(sum_of_squares(tensors_of(tree))) end

local function held(x, limit) return ritz.minimum(ritz.maximum(x, -limit), limit) end

local function map_tensors(f, tree)
    return ritz.tree.map(function(x) return ritz.is_tensor(x) and f(x) or x end, tree)
end

function optimiser.clip_value(tree, limit)
    return map_tensors(function(x) return held(x, limit) end, tree)
end

function optimiser.clip_norm(tree, limit)
    local factor = clip_factor(tensors_of(tree), limit)
    return map_tensors(function(x) return x * factor:to(x.dtype) end, tree)
end

--- Gradients after both; those of parameters that are not moved do not count.
local function clipped(self, gradients, movers)
    local o = self.options
    if o.clip_value then gradients = optimiser.clip_value(gradients, o.clip_value) end
    if not o.clip_norm then return gradients end
    local counted, leaves = {}, ritz.tree.leaves(gradients)
    for i, mover in ipairs(movers) do
        if mover.kind.step then counted[#counted + 1] = leaves[i] end
    end
    local factor = clip_factor(counted, o.clip_norm)
    return map_tensors(function(x) return x * factor:to(x.dtype) end, gradients)
end

-- Who moves a parameter.

local still = { name = "frozen", memory = {} } -- a kind without a step

local function member(self, name, p)
    for _, group in ipairs(self.groups) do
        if name:find(group.match) then return member(group.optim, name, p) end
    end
    if self.kind.takes and not self.kind.takes(p) then
        return member(self.fallback, name, p)
    end
    return self
end

--- The optimiser of each leaf, and the names of all memories, sorted.
local function movers_of(self, params)
    local names, movers, kept, keys = ritz.tree.names(params), {}, {}, {}
    for i, p in ipairs(ritz.tree.leaves(params)) do
        if not ritz.is_tensor(p) then
            error(("%s: parameters must be tensors, got %s as %s"):format(self.name,
                options.describe(p), names[i]), 0)
        end
        movers[i] = member(self, names[i], p)
        for _, key in ipairs(movers[i].memory) do kept[key] = true end
    end
    for key in next, kept do keys[#keys + 1] = key end
    table.sort(keys)
    return movers, keys
end

-- Init and update.

local function holds(list, key)
    for _, name in ipairs(list) do
        if name == key then return true end
    end
    return false
end

local function first_memory(mover, key, p)
    if not holds(mover.memory, key) then return ritz.zeros({ 0 }, p.dtype) end
    local start = mover.kind.start and mover.kind.start[key]
    if start then return start(p, mover.options) end
    return ritz.zeros_like(p)
end

local function init(self, params)
    local movers, keys = movers_of(self, params)
    local state = { step = ritz.zeros({}, "i64") }
    for _, key in ipairs(keys) do
        local i = 0
        state[key] = ritz.tree.map(function(p)
            i = i + 1
            return first_memory(movers[i], key, p)
        end, params)
    end
    if self.options.ema then state.average = ritz.tree.map(ritz.stop_gradient, params) end
    if self.parts > 1 then
        state.sum, state.part = ritz.tree.map(ritz.zeros_like, params), ritz.zeros({}, "i64")
    end
    return state
end

local function check_state(self, state, keys)
    if type(state) ~= "table" or not ritz.is_tensor(state.step) then
        error(("%s: the state that init gave wanted, got %s"):format(self.name,
            options.describe(state)), 0)
    end
    local wanted = table.move(keys, 1, #keys, 1, {})
    if self.options.ema then wanted[#wanted + 1] = "average" end
    if self.parts > 1 then wanted[#wanted + 1] = "sum" end
    for _, key in ipairs(wanted) do
        if state[key] == nil then
            error(("%s: the state has no %s: it is of other options"):format(self.name, key), 0)
        end
    end
end

--- A schedule is given f32, so that one of the user's own may divide.
local function rate(self, t)
    if not self.schedule then return self.lr end
    return self.schedule(t:to("f32")) * self.lr
end

--- Memories of a leaf in the order of the rule, out of values in order of `keys`.
local function memory_of(mover, keys, values)
    local memory = {}
    for i, name in ipairs(mover.memory) do
        for k, key in ipairs(keys) do
            if key == name then memory[i] = values[k] end
        end
    end
    return memory
end

--- The other way: what the rule gave, and old values where it has no memory.
local function values_of(mover, keys, values, moved)
    local result = table.move(values, 1, #keys, 1, {})
    for i, name in ipairs(mover.memory) do
        for k, key in ipairs(keys) do
            if key == name then result[k] = moved[i + 1] end
        end
    end
    return result
end

--- The average goes towards p.
local function averaged(o, average, p, t)
    local decay = o.ema
    if o.ema_warmup then
        local step = t:to(p.dtype)
        decay = ritz.minimum((1 + step) / (10 + step), decay)
    end
    return average + (p - average) * (1 - decay)
end

--- One leaf: the new p, then the new values in order of `keys`, then the average.
local function move(self, mover, keys, t, lr, p, g, values)
    local moved = { p }
    if mover.kind.step then
        local memory = memory_of(mover, keys, values)
        moved = table.pack(mover.kind.step(mover, p, g, memory, t, lr))
    end
    local result = values_of(mover, keys, values, moved)
    if self.options.ema then
        result[#keys + 1] = averaged(self.options, values[#keys + 1], moved[1], t)
    end
    return moved[1], table.unpack(result)
end

--- A step of all parameters.
local function step(self, movers, keys, params, gradients, state)
    local t, rates, i = state.step + 1, {}, 0
    local trees = { params, clipped(self, gradients, movers) }
    for k, key in ipairs(keys) do trees[k + 2] = state[key] end
    if self.options.ema then trees[#trees + 1] = state.average end
    local new = table.pack(ritz.tree.map(function(p, g, ...)
        i = i + 1
        local mover = movers[i]
        rates[mover] = rates[mover] or rate(mover, state.step)
        return move(self, mover, keys, t, rates[mover], p, g, { ... })
    end, table.unpack(trees)))
    local next_state = { step = t }
    for k, key in ipairs(keys) do next_state[key] = new[k + 1] end
    if self.options.ema then next_state.average = new[#keys + 2] end
    return new[1], next_state
end

--- Gradients are summed, and where the sum is whole, all moves by their mean.
local function accumulate(self, movers, keys, params, gradients, state)
    local sum = ritz.tree.map(function(s, g) return s + g end, state.sum, gradients)
    local whole = ritz.equal(state.part, self.parts - 1)
    local mean = ritz.tree.map(function(s) return s / self.parts end, sum)
    local new, next_state = step(self, movers, keys, params, mean, state)
    local function where_whole(moved, old)
        return ritz.tree.map(function(a, b) return ritz.where(whole, a, b) end, moved, old)
    end
    local kept = {}
    for key in next, next_state do kept[key] = state[key] end
    next_state = where_whole(next_state, kept)
    next_state.sum = ritz.tree.map(function(s) return ritz.where(whole, 0, s) end, sum)
    next_state.part = ritz.where(whole, 0, state.part + 1)
    return where_whole(new, params), next_state
end

local function update(self, params, gradients, state)
    local movers, keys = movers_of(self, params)
    check_state(self, state, keys)
    local how = self.parts > 1 and accumulate or step
    return how(self, movers, keys, params, gradients, state)
end

-- Making one.

local assemble

--- A copy with other values of options.
local function with(self, changes)
    local o = {}
    for key, value in next, self.options do o[key] = value end
    for key, value in next, changes do o[key] = value end
    return assemble(self.kind, o)
end

--- The same optimiser, whose schedules end after so many calls of update.
local function with_steps(self, calls)
    local steps = math.max(1, calls // self.parts)
    local changes = { schedule = schedules.with_steps(self.options.schedule, steps) }
    if self.fallback then changes.fallback = self.fallback.with_steps(steps) end
    local groups = {}
    for i, group in ipairs(self.groups) do
        groups[i] = { match = group.match, optim = group.optim.with_steps(steps) }
    end
    if #groups > 0 then changes.groups = groups end
    return with(self, changes)
end

local function group_of(self, entry, i)
    if type(entry) ~= "table" or type(entry.match) ~= "string" then
        error(("%s: groups must be tables {match = pattern, ...}, got %s as entry %d"):format(
            self.name, options.describe(entry), i), 0)
    end
    if entry.optim ~= nil then
        if not optimiser.is(entry.optim) then
            error(("%s: optim of group %d must be one of ritz.optim, got %s"):format(self.name, i,
                options.describe(entry.optim)), 0)
        end
        return { match = entry.match, optim = entry.optim }
    end
    if entry.frozen then
        return { match = entry.match, optim = assemble(still, { lr = 0.0 }) }
    end
    local given = {}
    for _, param in ipairs(self.kind.params) do given[param.name] = self.options[param.name] end
    for _, param in ipairs(optimiser.params) do
        if param.name ~= "schedule" then given[param.name] = nil end
    end
    for key, value in next, entry do
        if key ~= "match" and key ~= "frozen" then given[key] = value end
    end
    return { match = entry.match, optim = self.kind.make(given) }
end

--- What clips, averages and sums does so for all parameters.
local function check_group(self, group, i)
    local o = group.optim.options
    for _, param in ipairs(optimiser.params) do
        local value = o[param.name]
        if param.whole and value ~= nil and value ~= param.default then
            error(("%s: %s is for all parameters, not for group %d"):format(self.name, param.name,
                i), 0)
        end
    end
    if not o.schedule and self.schedule then
        group.optim = with(group.optim, { schedule = self.schedule })
    end
end

local function groups_of(self, entries)
    local groups = {}
    for i, entry in ipairs(entries or {}) do
        groups[i] = group_of(self, entry, i)
        check_group(self, groups[i], i)
    end
    return groups
end

function assemble(kind, o)
    schedules.check(kind.name, o.schedule)
    local memory = kind.memory
    if type(memory) == "function" then memory = memory(o) end
    local self = setmetatable({ kind = kind, name = kind.name, lr = o.lr, schedule = o.schedule,
        options = o, memory = memory, fallback = o.fallback,
        parts = math.tointeger(o.accumulate or 1) }, Optimiser)
    if kind.prepare then self.how = kind.prepare(o) end
    if self.fallback and not self.fallback.schedule and o.schedule then
        self.fallback = with(self.fallback, { schedule = o.schedule })
    end
    self.groups = groups_of(self, o.groups)
    function self.init(params) return init(self, params) end
    function self.update(params, gradients, state)
        return update(self, params, gradients, state)
    end
    function self.average(params, state) return state.average or params end
    function self.calls(state)
        return state.part and state.step * self.parts + state.part or state.step
    end
    function self.with_steps(calls) return with_steps(self, calls) end
    function self.with(changes) return with(self, changes) end
    return self
end

--- An optimiser of this kind with checked options. A kind has `name`, `params`,
-- `memory` (names of what it remembers, or a function of the options that gives
-- them), `start` (first values by name where they are not zeros like p), `prepare`
-- (of the options, what the rule is given), `step`, `make` (of options, an
-- optimiser), and `takes` where it is for some parameters only: `fallback` in its
-- options moves the others.
optimiser.assemble = assemble

return optimiser
