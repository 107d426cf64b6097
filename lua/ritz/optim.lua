-- optim.lua - ritz.optim: the optimisers, one table entry each.
--
-- An optimiser has init(params), which gives its state, and
-- update(params, gradients, state), which gives new parameters and state; trees
-- go in and come out, so it works inside ritz.jit and outside. The rule of each
-- is a record of src/optim, whose parameters are the optimiser's options; what
-- is done around the rule is in optimiser.lua.

local internal = require "ritz.internal"
local optimiser = require "ritz.optimiser"
local options = require "ritz.options"
local ritz = require "ritz"
require "ritz.schedules"

local optim = ritz.optim

-- Kinds. `rule` is the record's function; `memory` is what it remembers, in the
-- order of the record; `counted`: it wants the number of the step, from 1;
-- `defaults` are those that differ from the record's; `fixed` are parameters of
-- the record that are no options; `more` are options beside them.

local kinds = {}

kinds.sgd = { rule = optim.sgd_step, lr = 0.01, memory = {},
    summary = "Gradient descent: p - lr g.", details = "",
    source = "Robbins and Monro 1951" }

kinds.momentum = { rule = optim.momentum_step, lr = 0.01, memory = { "m" },
    fixed = { nesterov = false },
    summary = "Gradient descent with a heavy ball.",
    details = "m' = momentum m + g, p' = p - lr m'.",
    source = "Polyak 1964, in PyTorch's form" }

kinds.nesterov = { rule = optim.momentum_step, lr = 0.01, memory = { "m" },
    fixed = { nesterov = true },
    summary = "Nesterov's accelerated gradient.",
    details = "m' = momentum m + g, p' = p - lr (g + momentum m').",
    source = "Sutskever et al. 2013" }

kinds.adagrad = { rule = optim.adagrad_step, lr = 0.01, memory = { "v" },
    more = { { name = "initial", kind = "number", default = 0.0, low = 0, high = math.huge,
        doc = "first value of v" } },
    start = { v = function(p, o) return ritz.zeros_like(p) + o.initial end },
    summary = "Adagrad: steps divided by the root of the sum of squared gradients.",
    details = "v' = v + g g, p' = p - lr g / (sqrt(v') + eps).",
    source = "Duchi, Hazan and Singer 2011, figure 1, with a diagonal matrix" }

kinds.rmsprop = { rule = optim.rmsprop_step, lr = 0.01,
    memory = function(o) return o.momentum > 0 and { "v", "m" } or { "v" } end,
    arguments = function(p, g, memory, _, lr, how) return p, g, memory[1], lr, memory[2], how end,
    summary = "RMSprop: steps divided by the root of the mean squared gradient.",
    details = "v' = beta v + (1 - beta) g g, m' = momentum m + g / (sqrt(v') + eps), p' = p - lr"
        .. " m'.",
    source = "Tieleman and Hinton 2012, lecture 6e; momentum as in PyTorch" }

kinds.adam = { rule = optim.adam_step, lr = 1e-3, memory = { "m", "v" }, counted = true,
    fixed = { decoupled = false }, betas = 2,
    summary = "Adam, with bias correction.",
    details = "Decay is added to the gradient; adamw takes it off the parameter.",
    source = "Kingma and Ba 2015, algorithm 1" }

kinds.adamw = { rule = optim.adam_step, lr = 1e-3, memory = { "m", "v" }, counted = true,
    fixed = { decoupled = true }, betas = 2, defaults = { weight_decay = 0.01 },
    docs = { weight_decay = "times rate and parameter, taken off the parameter (decoupled)" },
    summary = "Adam with decoupled weight decay.",
    details = "",
    source = "Loshchilov and Hutter 2019, algorithm 2" }

kinds.adabelief = { rule = optim.adabelief_step, lr = 1e-3, memory = { "m", "s" }, counted = true,
    betas = 2,
    summary = "AdaBelief: Adam with the mean squared surprise in the place of the mean square." }

kinds.adan = { rule = optim.adan_step, lr = 1e-3, memory = { "m", "v", "n", "before" },
    counted = true, betas = 3,
    summary = "Adan: adaptive moments with Nesterov's momentum.",
    more_details = "To restart it, take the state of init again." }

kinds.adamp = { rule = optim.adamp_step, lr = 1e-3, memory = { "m", "v" }, counted = true,
    betas = 2,
    summary = "AdamP: Adam whose steps do not lengthen weights whose length does not matter." }

kinds.sgdp = { rule = optim.sgdp_step, lr = 0.1, memory = { "m" },
    summary = "SGDP: momentum that does not lengthen weights whose length does not matter." }

kinds.sgd_sai = { rule = optim.sgd_sai_step, lr = 0.01, memory = { "m", "ratio" }, counted = true,
    start = { ratio = function(p) return ritz.zeros({}, p.dtype) end },
    summary = "SGD-SaI: momentum with a rate for each tensor, chosen at the first gradient." }

kinds.lion = { rule = optim.lion_step, lr = 1e-4, memory = { "m" }, betas = 2,
    summary = "Lion: every element moves by lr, in the direction of a mean gradient.",
    more_details = "Rates are 3 to 10 times below AdamW's, decays above by as much." }

kinds.muon = { rule = optim.muon_step, lr = 0.02, memory = { "m" },
    takes = function(p) return #p.shape >= 2 end,
    more = { { name = "fallback", kind = "any",
        doc = "the optimiser of all but matrices; not given: adamw{lr = 3e-4}" } },
    summary = "Muon: momentum made orthogonal, for matrices.",
    more_details = "Embeddings and last layers are better moved by another optimiser: name it in"
        .. " `groups`." }

-- Options.

--- "beta1, beta2" of a record as one list.
local function betas_param(record_params, n)
    local values, docs = {}, {}
    for _, p in ipairs(record_params) do
        local i = tonumber(p.name:match("^beta(%d)$"))
        if i then values[i], docs[i] = ("%g"):format(p.default), p.doc end
    end
    return { name = "betas", kind = "table", count = n,
        doc = ("%s; {%s}"):format(table.concat(docs, ", "), table.concat(values, ", ")) }
end

local function changed(param, kind)
    local default, doc = (kind.defaults or {})[param.name], (kind.docs or {})[param.name]
    if default == nil and doc == nil then return param end
    local copy = {}
    for key, value in next, param do copy[key] = value end
    copy.default, copy.doc = default or param.default, doc or param.doc
    return copy
end

--- The list for options.check: rate, those of the record, more, those of all.
local function params_of(kind, record)
    local params = { { name = "lr", kind = "number", default = kind.lr, low = 0,
        high = math.huge, doc = "learning rate" } }
    if kind.betas then params[2] = betas_param(record.params, kind.betas) end
    for _, p in ipairs(record.params) do
        local fixed = kind.fixed and kind.fixed[p.name] ~= nil
        if not fixed and not (kind.betas and p.name:match("^beta%d$")) then
            params[#params + 1] = changed(p, kind)
        end
    end
    for _, list in ipairs { kind.more or {}, optimiser.params } do
        table.move(list, 1, #list, #params + 1, params)
    end
    return params
end

local counts = { [2] = "two", [3] = "three" }

local function check_betas(name, betas, n)
    for i = 1, n do
        local b = betas[i]
        if #betas ~= n or type(b) ~= "number" or not (b > 0 and b < 1) then
            error(("%s: betas must be %s numbers between 0 and 1, got %s as entry %d"):format(
                name, counts[n], options.describe(b), i), 0)
        end
    end
end

--- What the record takes as options, out of those of the optimiser.
local function rule_options(kind, record, o)
    local how = {}
    for _, p in ipairs(record.params) do how[p.name] = o[p.name] end
    for key, value in next, kind.fixed or {} do how[key] = value end
    for i, value in ipairs(o.betas or {}) do how["beta" .. i] = value end
    return how
end

--- The operands of a rule: p, g, memory, the step where it counts, the rate.
local function arguments(kind, p, g, memory, t, lr, how)
    if kind.arguments then return kind.arguments(p, g, memory, t, lr, how) end
    local list = table.move(memory, 1, #memory, 3, { p, g })
    if kind.counted then list[#list + 1] = t end
    list[#list + 1] = lr
    list[#list + 1] = how
    return table.unpack(list)
end

local function check_fallback(name, o)
    if o.fallback == nil then o.fallback = optim.adamw { lr = 3e-4 } end
    if not optimiser.is(o.fallback) then
        error(("%s: fallback must be one of ritz.optim, got %s"):format(name,
            options.describe(o.fallback)), 0)
    end
end

-- Making them, and their records.

local how_used = "Has init(params), which gives a state, and update(params, gradients, state),"
    .. " which gives new parameters and state: trees of the same shape. average(params, state)"
    .. " gives the averages where `ema` is given."

local function document(name, kind, record)
    local words = {}
    for _, p in ipairs(kind.params) do words[#words + 1] = p.name end
    local own = #words - #optimiser.params
    local rule = kind.details or "The rule, of one parameter: " .. record.details
    local parts = { how_used, rule, kind.more_details }
    ritz.document(optim[name], {
        signature = ("optim.%s{%s, ...}"):format(name, table.concat(words, ", ", 1, own)),
        summary = kind.summary, details = table.concat(parts, " "):gsub("%s+$", ""),
        params = kind.params, source = kind.source or record.source,
        example = ("local o = ritz.optim.%s { lr = 0.1 }\nlocal p = { w = ritz.ones { 2, 2 } }\n"
            .. "local s = o.init(p)\n"
            .. "p, s = o.update(p, { w = ritz.ones { 2, 2 } }, s)"):format(name),
        see = { "ritz.train", "optim." .. record.name },
    })
end

for name, kind in next, kinds do
    local record = internal.record(kind.rule)
    kind.name, kind.params = name, params_of(kind, record)
    function kind.prepare(o) return rule_options(kind, record, o) end
    function kind.step(mover, p, g, memory, t, lr)
        return kind.rule(arguments(kind, p, g, memory, t, lr, mover.how))
    end
    function kind.make(given)
        local o = options.check(name, kind.params, given)
        if o.betas then check_betas(name, o.betas, kind.betas) end
        if kind.takes then check_fallback(name, o) end
        return optimiser.assemble(kind, o)
    end
    optim[name] = kind.make
    document(name, kind, record)
end

-- Functions of trees of gradients.

local function check_limit(who, limit)
    if type(limit) ~= "number" or limit ~= limit or limit <= 0 then
        error(("%s: limit must be a number above 0, got %s"):format(who,
            options.describe(limit)), 0)
    end
    return limit
end

optim.global_norm = optimiser.global_norm

function optim.clip_norm(tree, limit)
    return optimiser.clip_norm(tree, check_limit("clip_norm", limit))
end

function optim.clip_value(tree, limit)
    return optimiser.clip_value(tree, check_limit("clip_value", limit))
end

ritz.document(optim.global_norm, {
    signature = "optim.global_norm(tree)",
    summary = "The Euclidean norm of all tensors of a tree, taken as one vector.",
    example = "ritz.optim.global_norm({ ritz.tensor { 3, 0 }, ritz.tensor { 4 } })  --> 5",
})
ritz.document(optim.clip_norm, {
    signature = "optim.clip_norm(tree, limit)",
    summary = "The tree, shortened to this norm where its norm is greater.",
    details = "Optimisers do it themselves when they are given `clip_norm`.",
    source = "Pascanu, Mikolov and Bengio 2013, algorithm 1",
    example = "ritz.optim.clip_norm({ ritz.tensor { 3, 4 } }, 2.5)[1]:totable()  --> {1.5, 2.0}",
})
ritz.document(optim.clip_value, {
    signature = "optim.clip_value(tree, limit)",
    summary = "The tree with every element held within limit of 0.",
    details = "Optimisers do it themselves when they are given `clip_value`.",
    example = "ritz.optim.clip_value({ ritz.tensor { 3, -4 } }, 2)[1]:totable()  --> {2.0, -2.0}",
})

internal.is_optimiser = optimiser.is

return optim
