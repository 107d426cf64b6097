-- schedules.lua - schedules of the learning rate, in ritz.optim.
--
-- A schedule is a function of the steps taken before, a tensor, so that it is
-- traced once and not at every step. One whose number of steps is open learns
-- it from ritz.train. The factors are records of src/optim/schedules.c.

local options = require "ritz.options"
local ritz = require "ritz"

local optim = ritz.optim
local schedules = {}

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

function schedules.is_schedule(value) return getmetatable(value) == Schedule end

local is_schedule = schedules.is_schedule

--- Refuses what is neither a schedule, nor a function of the step, nor nil.
function schedules.check(who, schedule)
    if schedule ~= nil and not is_schedule(schedule) and type(schedule) ~= "function" then
        error(("%s: schedule must be one of optim, or a function of the step, got %s"):format(who,
            options.describe(schedule)), 0)
    end
    return schedule
end

--- The schedule, with the number of steps filled in where it is open.
function schedules.with_steps(schedule, steps)
    if not is_schedule(schedule) or schedule.steps or not steps then return schedule end
    return setmetatable({ name = schedule.name, steps = math.max(steps, 1), at = schedule.at,
        needs_steps = schedule.needs_steps }, Schedule)
end

local function is_open(schedule)
    return is_schedule(schedule) and schedule.needs_steps and not schedule.steps
end

-- Options.

local steps_param = { name = "steps", kind = "integer",
    doc = "how many steps it takes; ritz.train knows" }
local known_steps = { name = "steps", kind = "integer", required = true,
    doc = "how many steps it takes" }
local final_param = { name = "final", kind = "number", default = 0.0,
    doc = "the factor at the end" }
local factor_param = { name = "factor", kind = "number", default = 0.1, low = 0, high = 1,
    doc = "what the rate is multiplied with" }

local params = {
    constant = {},
    cosine = { steps_param, final_param },
    linear = { steps_param, final_param },
    polynomial = { steps_param,
        { name = "power", kind = "number", default = 2.0, low = 0, high = 1000,
            doc = "of what is left" }, final_param },
    step = { { name = "every", kind = "integer", required = true,
        doc = "steps from one factor to the next" }, factor_param },
    exponential = { { name = "every", kind = "integer", required = true,
        doc = "steps in which the rate falls to `factor`" }, factor_param },
    inverse_sqrt = { { name = "steps", kind = "integer", required = true,
        doc = "how many steps it rises" } },
    warmup = { known_steps,
        { name = "schedule", kind = "any", doc = "what comes then; not given: constant" } },
    one_cycle = { steps_param,
        { name = "up", kind = "number", default = 0.3, low = 0, high = 1,
            doc = "the part of the steps in which it rises" },
        { name = "start", kind = "number", default = 0.04, low = 0, high = 1,
            doc = "the first factor" },
        { name = "final", kind = "number", default = 4e-6, low = 0, high = 1,
            doc = "the factor at the end" } },
    wsd = { steps_param,
        { name = "warmup", kind = "integer", default = 0, low = 0, high = 2 ^ 53,
            doc = "steps in which it rises" },
        { name = "decay", kind = "number", default = 0.2, low = 0, high = 1,
            doc = "the part of the steps in which it falls, at the end" }, final_param },
}

-- The schedules: for each, what makes at(t, steps) of checked options.

local at = {}

function at.constant() return function() return 1 end end

function at.cosine(o)
    return function(t, steps) return optim.cosine_factor(t, steps, o.final) end
end

function at.linear(o)
    return function(t, steps) return optim.linear_factor(t, steps, o.final) end
end

function at.polynomial(o)
    return function(t, steps) return optim.polynomial_factor(t, steps, o.power, o.final) end
end

function at.step(o)
    return function(t) return optim.step_factor(t, o.every, o.factor) end
end

function at.exponential(o)
    return function(t) return optim.exponential_factor(t, o.every, o.factor) end
end

function at.inverse_sqrt(o)
    return function(t) return optim.inverse_sqrt_factor(t, o.steps) end
end

--- How many of the steps a part of them is: at least 1.
local function part_of(steps, part) return math.max(1, math.floor(steps * part + 0.5)) end

--- The time since `from`, 0 before.
local function since(t, from) return ritz.maximum(t - math.tointeger(from), 0) end

function at.one_cycle(o)
    return function(t, steps)
        local up = math.min(part_of(steps, o.up), steps)
        local rise = 1 - (1 - o.start) * optim.cosine_factor(t, up)
        local fall = optim.cosine_factor(since(t, up), math.max(steps - up, 1), o.final)
        return ritz.where(ritz.less(t, up), rise, fall)
    end
end

function at.wsd(o)
    return function(t, steps)
        local decay = part_of(steps, o.decay)
        local fall = optim.linear_factor(since(t, math.max(steps - decay, 0)), decay, o.final)
        if o.warmup == 0 then return fall end
        return ritz.minimum(optim.warmup_factor(t, o.warmup), fall)
    end
end

for name, make in next, at do
    optim[name] = function(given)
        local o = options.check(name, params[name], given)
        local open = params[name][1] == steps_param
        return new_schedule(name, open and o.steps or nil, open, make(o))
    end
end

-- Schedules made of others.

function optim.warmup(given)
    local o = options.check("warmup", params.warmup, given)
    local next_one = schedules.check("warmup", o.schedule)
    local name = next_one and "warmup, " .. tostring(next_one) or "warmup"
    -- What follows counts from its own beginning; before it, its factor is that
    -- of its beginning.
    return new_schedule(name, nil, is_open(next_one), function(t, steps)
        local up = optim.warmup_factor(t, o.steps)
        if not next_one then return up end
        local after = schedules.with_steps(next_one, steps and steps - o.steps)
        return up * after(since(t, o.steps))
    end)
end

--- Checks the list of chain: {schedule, steps} each, the last without steps.
local function check_chain(list)
    if type(list) ~= "table" or #list == 0 then
        error(("chain: a list of {schedule, steps} wanted, got %s"):format(
            options.describe(list)), 0)
    end
    local names, parts, from = {}, {}, 0
    for i, entry in ipairs(list) do
        local pair = is_schedule(entry) and { entry } or entry
        local schedule = type(pair) == "table" and pair[1] or pair
        local steps = type(pair) == "table" and pair[2] or nil
        schedules.check(("chain: entry %d"):format(i), schedule)
        if steps or i < #list then steps = options.whole("chain", "steps", steps) end
        names[i] = tostring(is_schedule(schedule) and schedule or "function")
        parts[i] = { schedule = schedules.with_steps(schedule, steps), from = from }
        from = from + (steps or 0)
    end
    return parts, table.concat(names, ", ")
end

function optim.chain(list)
    local parts, name = check_chain(list)
    local last = parts[#parts]
    return new_schedule(name, nil, is_open(last.schedule), function(t, steps)
        if ritz.is_tensor(t) then t = t:to("f32") end -- one of the user's own may divide
        local open = schedules.with_steps(last.schedule, steps and steps - last.from)
        local factor = open(since(t, last.from))
        for i = #parts - 1, 1, -1 do
            local part = parts[i].schedule(since(t, parts[i].from))
            factor = ritz.where(ritz.less(t, parts[i + 1].from), part, factor)
        end
        return factor
    end)
end

-- Records.

local use = "Gives a factor for the learning rate as a function of the steps taken before. "
local open = "Without steps ritz.train takes its own number of steps."

local records = {
    constant = { "always 1.", "", nil, "ritz.optim.constant()(5)  --> 1" },
    cosine = { "half a cosine wave from 1 to `final`.", open,
        "Loshchilov and Hutter 2017, equation 5",
        "ritz.optim.cosine { steps = 10 }(ritz.tensor(5)):item()  --> 0.5" },
    linear = { "a straight line from 1 to `final`.", open, nil,
        "ritz.optim.linear { steps = 10 }(ritz.tensor(5)):item()  --> 0.5" },
    polynomial = { "(1 - t / steps)^power, drawn together to end at `final`.", open, nil,
        "ritz.optim.polynomial { steps = 10 }(ritz.tensor(5)):item()  --> 0.25" },
    step = { "multiplied with `factor` after every so many steps.", "", nil,
        "ritz.optim.step { every = 10, factor = 0.5 }(ritz.tensor(25)):item()  --> 0.25" },
    exponential = { "factor^(t / every).", "", nil,
        "ritz.optim.exponential { every = 10, factor = 0.5 }(ritz.tensor(20)):item()  --> 0.25" },
    inverse_sqrt = { "a straight line up to 1, then sqrt(steps / (t + 1)).", "",
        "Vaswani et al. 2017, equation 3, with the peak as 1",
        "ritz.optim.inverse_sqrt { steps = 4 }(ritz.tensor(15)):item()  --> 0.5" },
    warmup = { "a straight line up to 1, then another schedule.",
        "The factor of the first step is 1 / steps. What follows counts from its own beginning.",
        "Goyal et al. 2017, section 2.2",
        "ritz.optim.warmup { steps = 4 }(ritz.tensor(1)):item()  --> 0.5" },
    one_cycle = { "half a cosine wave from `start` up to 1, then one down to `final`.",
        open .. " The momentum is not changed.", "Smith and Topin 2017, with PyTorch's waves",
        "ritz.optim.one_cycle { steps = 10 }(ritz.tensor(3)):item()  --> 1.0" },
    wsd = { "warm-up, 1 for most of the time, a straight line to `final` at the end.", open,
        "Hu et al. 2024, arXiv 2404.06395, section 4",
        "ritz.optim.wsd { steps = 10 }(ritz.tensor(9)):item()  --> 0.5" },
}

for name, record in next, records do
    local words = {}
    for i, p in ipairs(params[name]) do words[i] = p.name end
    ritz.document(optim[name], {
        signature = #words > 0 and ("optim.%s{%s}"):format(name, table.concat(words, ", "))
            or ("optim.%s()"):format(name),
        summary = "A schedule: " .. record[1], details = use .. record[2],
        params = params[name], source = record[3], example = record[4],
    })
end
ritz.document(optim.chain, {
    signature = "optim.chain{{schedule, steps}, ..., schedule}",
    summary = "A schedule: several one after the other.",
    details = use .. "Each counts from its own beginning and takes its own steps; the last needs"
        .. " no number. To multiply two, write a function of t: function(t) return a(t) * b(t)"
        .. " end.",
    example = "local s = ritz.optim.chain { { ritz.optim.constant(), 5 },\n"
        .. "  ritz.optim.linear { steps = 10 } }\ns(ritz.tensor(10)):item()  --> 0.5",
})

return schedules
