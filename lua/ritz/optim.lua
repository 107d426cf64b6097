-- optim.lua - ritz.optim: optimisers and schedules of the learning rate.
--
-- An optimiser has init(params), which gives its state, and
-- update(params, gradients, state), which gives new parameters and state; trees
-- go in and come out, so it works inside ritz.jit and outside. The number of
-- steps is a tensor in the state: a schedule is traced once, not per step. The
-- arithmetic is in the records of src/optim.

local internal = require "ritz.internal"
local options = require "ritz.options"
local ritz = require "ritz"

local optim = ritz.optim

-- Schedules.

local Schedule = { __name = "ritz.schedule" }

function Schedule:__call(t)
    if not self.steps and self.needs_steps then
        error(("%s: the number of steps is not known: give steps ="):format(self.name), 0)
    end
    return self.at(t, self.steps)
end

function Schedule:__tostring() return self.name end

--- `at(t, steps)` gives the factor after t steps.
local function new_schedule(name, steps, needs_steps, at)
    if steps and steps < 1 then
        error(("%s: steps must be at least 1, got %g"):format(name, steps), 0)
    end
    return setmetatable({ name = name, steps = steps, needs_steps = needs_steps, at = at },
        Schedule)
end

local wave_params = {
    { name = "steps", kind = "integer", doc = "how many steps it takes; ritz.train knows" },
    { name = "final", kind = "number", default = 0.0, doc = "the factor at the end" },
}
local step_params = {
    { name = "every", kind = "integer", required = true, doc = "steps between two factors" },
    { name = "factor", kind = "number", default = 0.1, low = 0, high = 1,
        doc = "what the rate is multiplied with" },
}
local warmup_params = {
    { name = "steps", kind = "integer", required = true, doc = "how many steps it takes" },
    { name = "schedule", kind = "any", doc = "what comes then; not given: constant" },
}

function optim.constant()
    return new_schedule("constant", nil, false, function() return 1 end)
end

function optim.cosine(given)
    local o = options.check("cosine", wave_params, given)
    return new_schedule("cosine", o.steps, true, function(t, steps)
        return optim.cosine_factor(t, steps, o.final)
    end)
end

function optim.linear(given)
    local o = options.check("linear", wave_params, given)
    return new_schedule("linear", o.steps, true, function(t, steps)
        return optim.linear_factor(t, steps, o.final)
    end)
end

function optim.step(given)
    local o = options.check("step", step_params, given)
    return new_schedule("step", nil, false, function(t)
        return optim.step_factor(t, o.every, o.factor)
    end)
end

local function check_schedule(who, schedule)
    if schedule ~= nil and getmetatable(schedule) ~= Schedule and type(schedule) ~= "function" then
        error(("%s: schedule must be one of optim, or a function of the step, got %s"):format(who,
            options.describe(schedule)), 0)
    end
    return schedule
end

--- The schedule, with the number of steps filled in where it is open.
local function with_steps(schedule, steps)
    if getmetatable(schedule) ~= Schedule or schedule.steps or not steps then return schedule end
    return setmetatable({ name = schedule.name, steps = math.max(steps, 1), at = schedule.at,
        needs_steps = schedule.needs_steps }, Schedule)
end

function optim.warmup(given)
    local o = options.check("warmup", warmup_params, given)
    check_schedule("warmup", o.schedule)
    local open = getmetatable(o.schedule) == Schedule and o.schedule.needs_steps
        and not o.schedule.steps
    local name = o.schedule and "warmup, " .. tostring(o.schedule) or "warmup"
    -- What follows counts from its own beginning; before it, its factor is that
    -- of its beginning.
    return new_schedule(name, nil, open, function(t, steps)
        local up = optim.warmup_factor(t, o.steps)
        if not o.schedule then return up end
        local after = with_steps(o.schedule, steps and steps - o.steps)
        return up * after(ritz.maximum(t - math.tointeger(o.steps), 0))
    end)
end

-- Optimisers.

local Optimiser = { __name = "ritz.optimiser" }

function Optimiser:__tostring()
    local text = ("%s %g"):format(self.name, self.lr)
    if getmetatable(self.schedule) == Schedule then
        text = text .. "  " .. tostring(self.schedule)
    end
    return text
end

--- A schedule is given f32, so that one of the user's own may divide.
local function rate(o, t)
    if not o.schedule then return o.lr end
    return o.schedule(t:to("f32")) * o.lr
end

local function zeros_like(params) return ritz.tree.map(ritz.zeros_like, params) end

--- Makes an optimiser. `names` are the trees that it keeps in its state beside the
-- step; rule(p, g, memory, t, lr) gives the new p, then the new memory, where t
-- counts this step from 1.
local function new_optimiser(o, name, names, rule)
    check_schedule(name, o.schedule)
    local self = setmetatable({ name = name, lr = o.lr, schedule = o.schedule, options = o },
        Optimiser)
    function self.init(params)
        local state = { step = ritz.zeros({}, "i64") }
        for _, key in ipairs(names) do state[key] = zeros_like(params) end
        return state
    end
    function self.update(params, gradients, state)
        if type(state) ~= "table" or not ritz.is_tensor(state.step) then
            error(("%s: the state that init gave wanted, got %s"):format(name,
                options.describe(state)), 0)
        end
        local t = state.step + 1
        local lr = rate(self, state.step)
        local trees = { params, gradients }
        for i, key in ipairs(names) do trees[i + 2] = state[key] end
        local new = table.pack(ritz.tree.map(function(p, g, ...)
            return rule(p, g, t, lr, ...)
        end, table.unpack(trees)))
        local next_state = { step = t }
        for i, key in ipairs(names) do next_state[key] = new[i + 1] end
        return new[1], next_state
    end
    --- The same optimiser, whose schedule ends after so many steps.
    function self.with_steps(steps)
        local copy = {}
        for key, value in next, o do copy[key] = value end
        copy.schedule = with_steps(o.schedule, steps)
        return new_optimiser(copy, name, names, rule)
    end
    return self
end

local function optimiser_params(lr, more)
    local params = {
        { name = "lr", kind = "number", default = lr, low = 0, high = math.huge,
            doc = "learning rate" },
        { name = "schedule", kind = "any",
            doc = "what the rate is multiplied with: optim.cosine{}, or a function of t" },
    }
    return table.move(more, 1, #more, 3, params)
end

local decay_param = { name = "weight_decay", kind = "number", default = 0.0, low = 0,
    high = math.huge, doc = "times the parameter, added to the gradient" }

local sgd_params = optimiser_params(0.01, { decay_param })

function optim.sgd(given)
    local o = options.check("sgd", sgd_params, given)
    local how = { weight_decay = o.weight_decay }
    return new_optimiser(o, "sgd", {}, function(p, g, _, lr)
        return optim.sgd_step(p, g, lr, how)
    end)
end

local momentum_params = optimiser_params(0.01, {
    { name = "momentum", kind = "number", default = 0.9, low = 0, high = 1,
        doc = "what remains of the last step" },
    decay_param,
})

local function with_momentum(name, nesterov, given)
    local o = options.check(name, momentum_params, given)
    local how = { momentum = o.momentum, nesterov = nesterov, weight_decay = o.weight_decay }
    return new_optimiser(o, name, { "m" }, function(p, g, _, lr, m)
        return optim.momentum_step(p, g, m, lr, how)
    end)
end

function optim.momentum(given) return with_momentum("momentum", false, given) end

function optim.nesterov(given) return with_momentum("nesterov", true, given) end

local function adam_params(decay, doc)
    return optimiser_params(1e-3, {
        { name = "betas", kind = "table", doc = "decay of mean and mean square; {0.9, 0.999}" },
        { name = "eps", kind = "number", default = 1e-8, low = 0, high = 1,
            doc = "added to the root" },
        { name = "weight_decay", kind = "number", default = decay, low = 0, high = math.huge,
            doc = doc },
    })
end

local function check_betas(name, betas)
    betas = betas or { 0.9, 0.999 }
    for i = 1, 2 do
        local b = betas[i]
        if #betas ~= 2 or type(b) ~= "number" or not (b > 0 and b < 1) then
            error(("%s: betas must be two numbers between 0 and 1, got %s as entry %d"):format(
                name, options.describe(b), i), 0)
        end
    end
    return betas
end

local function adam(name, params, decoupled, given)
    local o = options.check(name, params, given)
    local betas = check_betas(name, o.betas)
    local how = { beta1 = betas[1], beta2 = betas[2], eps = o.eps,
        weight_decay = o.weight_decay, decoupled = decoupled }
    return new_optimiser(o, name, { "m", "v" }, function(p, g, t, lr, m, v)
        return optim.adam_step(p, g, m, v, t, lr, how)
    end)
end

local plain_adam_params = adam_params(0.0, "times the parameter, added to the gradient")
local adamw_params = adam_params(0.01, "times rate and parameter, taken off the parameter")

function optim.adam(given) return adam("adam", plain_adam_params, false, given) end

function optim.adamw(given) return adam("adamw", adamw_params, true, given) end

-- Records.

local how = "Has init(params), which gives a state, and update(params, gradients, state), which"
    .. " gives new parameters and state: trees of the same shape. "

local function document(f, name, params, summary, details, source)
    local words = {}
    for i, p in ipairs(params) do words[i] = p.name end
    ritz.document(f, {
        signature = ("optim.%s{%s}"):format(name, table.concat(words, ", ")),
        summary = summary, details = how .. details, params = params, source = source,
        example = ("local o = ritz.optim.%s { lr = 0.1 }\nlocal p = { w = ritz.ones { 2 } }\n"
            .. "local s = o.init(p)\np, s = o.update(p, { w = ritz.ones { 2 } }, s)"):format(name),
        see = { "ritz.train" },
    })
end

document(optim.sgd, "sgd", sgd_params, "Gradient descent: p - lr g.", "",
    "Robbins and Monro 1951")
document(optim.momentum, "momentum", momentum_params, "Gradient descent with a heavy ball.",
    "m' = momentum m + g, p' = p - lr m'.", "Polyak 1964, in PyTorch's form")
document(optim.nesterov, "nesterov", momentum_params, "Nesterov's accelerated gradient.",
    "m' = momentum m + g, p' = p - lr (g + momentum m').", "Sutskever et al. 2013")
document(optim.adam, "adam", plain_adam_params, "Adam, with bias correction.", "",
    "Kingma and Ba 2015, algorithm 1")
document(optim.adamw, "adamw", adamw_params, "Adam with decoupled weight decay.", "",
    "Loshchilov and Hutter 2019, algorithm 2")

local factor = "A schedule: "
local use = "Gives a factor for the learning rate as a function of the steps taken before. "

ritz.document(optim.constant, {
    signature = "optim.constant()",
    summary = factor .. "always 1.",
    details = use,
    example = "ritz.optim.constant()(5)  --> 1",
})
ritz.document(optim.cosine, {
    signature = "optim.cosine{steps, final}",
    summary = factor .. "half a cosine wave from 1 to `final`.",
    details = use .. "Without steps ritz.train takes its own number of steps.",
    params = wave_params,
    source = "Loshchilov and Hutter 2017, equation 5",
    example = "ritz.optim.cosine { steps = 10 }(ritz.tensor(5)):item()  --> 0.5",
})
ritz.document(optim.linear, {
    signature = "optim.linear{steps, final}",
    summary = factor .. "a straight line from 1 to `final`.",
    details = use .. "Without steps ritz.train takes its own number of steps.",
    params = wave_params,
    example = "ritz.optim.linear { steps = 10 }(ritz.tensor(5)):item()  --> 0.5",
})
ritz.document(optim.step, {
    signature = "optim.step{every, factor}",
    summary = factor .. "multiplied with `factor` after every so many steps.",
    details = use,
    params = step_params,
    example = "ritz.optim.step { every = 10, factor = 0.5 }(ritz.tensor(25)):item()  --> 0.25",
})
ritz.document(optim.warmup, {
    signature = "optim.warmup{steps, schedule}",
    summary = factor .. "a straight line up to 1, then another schedule.",
    details = use .. "The factor of the first step is 1 / steps.",
    params = warmup_params,
    source = "Goyal et al. 2017, section 2.2",
    example = "ritz.optim.warmup { steps = 4 }(ritz.tensor(1)):item()  --> 0.5",
})

internal.is_optimiser = function(value) return getmetatable(value) == Optimiser end

return optim
