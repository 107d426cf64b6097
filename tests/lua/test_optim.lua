-- test_optim.lua - update rules against steps by hand and against what is known
-- of them; schedules against their formulas.

local ritz = require "ritz"
local t = require "tap"
local numeric = require "lua.numeric"

local optim = ritz.optim

local function f64(values) return ritz.tensor(values, "f64") end

--- `n` steps of an optimiser on one number with the gradients that `slope` gives.
local function follow(o, p, slope, n)
    local params = { w = f64 { p } }
    local state = o.init(params)
    for i = 1, n do
        local g = slope(params.w[1]:item(), i)
        params, state = o.update(params, { w = f64 { g } }, state)
    end
    return params.w[1]:item(), state
end

local function gradients(_, i) return math.sin(i) + 0.5 end

t.run("rules against steps by hand", function()
    local n, lr = 7, 0.05
    local p = 1.5
    for i = 1, n do p = p - lr * (gradients(p, i) + 0.1 * p) end
    t.near(follow(optim.sgd { lr = lr, weight_decay = 0.1 }, 1.5, gradients, n), p, 1e-14, "sgd")

    for _, nesterov in ipairs { false, true } do
        local m = 0
        p = 1.5
        for i = 1, n do
            local g = gradients(p, i)
            m = 0.8 * m + g
            p = p - lr * (nesterov and g + 0.8 * m or m)
        end
        local name = nesterov and "nesterov" or "momentum"
        t.near(follow(optim[name] { lr = lr, momentum = 0.8 }, 1.5, gradients, n), p, 1e-14, name)
    end

    for _, case in ipairs { { "adam", 0.0, 0.0 }, { "adam", 0.1, 0.0 }, { "adamw", 0.0, 0.1 } } do
        local name, decay, decoupled = table.unpack(case)
        local m, v, b1, b2, eps = 0, 0, 0.8, 0.9, 1e-3
        p = 1.5
        for i = 1, n do
            local g = gradients(p, i) + decay * p
            m = b1 * m + (1 - b1) * g
            v = b2 * v + (1 - b2) * g * g
            local mhat, vhat = m / (1 - b1 ^ i), v / (1 - b2 ^ i)
            p = p - lr * decoupled * p - lr * mhat / (math.sqrt(vhat) + eps)
        end
        local o = optim[name] { lr = lr, betas = { b1, b2 }, eps = eps,
            weight_decay = decay + decoupled }
        t.near(follow(o, 1.5, gradients, n), p, 1e-13,
            ("%s with decay %g"):format(name, decay + decoupled))
    end
end)

t.run("what is known of them", function()
    -- Adam's first step is lr in the direction of the gradient, whatever its size
    -- (Kingma and Ba 2015, section 2.1).
    for _, g in ipairs { 1e-3, 1, 1e6 } do
        t.near(follow(optim.adam { lr = 0.1, eps = 0 }, 0, function() return g end, 1), -0.1, 1e-9,
            ("adam's first step for gradient %g"):format(g))
    end
    -- With a constant gradient the correction makes every step lr.
    t.near(follow(optim.adam { lr = 0.1, eps = 0 }, 0, function() return -2 end, 20), 2, 1e-12,
        "adam's steps for a constant gradient")
    -- Gradient descent on a x^2 / 2 multiplies x with 1 - lr a at each step.
    t.near(follow(optim.sgd { lr = 0.1 }, 1, function(x) return 3 * x end, 10), 0.7 ^ 10, 1e-15,
        "sgd's rate")
    -- Momentum on a quadratic: x' = (1 + mu - lr a) x - mu x_before; the roots are
    -- a complex pair of modulus sqrt(mu) when lr a is between (1 -+ sqrt(mu))^2.
    local mu, lr, a = 0.81, 0.5, 1
    local x0, x1 = 1, 1 - lr * a
    for _ = 2, 40 do x0, x1 = x1, (1 + mu - lr * a) * x1 - mu * x0 end
    t.near(follow(optim.momentum { lr = lr, momentum = mu }, 1, function(x) return a * x end, 40),
        x1, 1e-13,
        "momentum's recurrence")
    t.ok(math.abs(x1) < 3 * mu ^ 20, "which falls as sqrt(mu)^n")
    -- AdamW without gradient only shrinks the parameter.
    t.near(follow(optim.adamw { lr = 0.1, weight_decay = 0.5 }, 2, function() return 0 end, 3),
        2 * 0.95 ^ 3,
        1e-14, "adamw without a gradient")
end)

t.run("trees, dtypes and compiled steps", function()
    local o = optim.adam { lr = 0.01, schedule = optim.cosine { steps = 10 } }
    local key = ritz.key(3)
    local function tree(k)
        return { { w = ritz.normal({ 3, 2 }, { key = ritz.fold_in(key, k) }) },
            b = ritz.normal({ 4 }, { key = ritz.fold_in(key, k + 10) }) }
    end
    local p, q = tree(1), tree(1)
    local s, u = o.init(p), o.init(q)
    local update = ritz.jit(o.update, { donate = { 1, 3 } })
    for i = 2, 5 do
        p, s = o.update(p, tree(i), s)
        q, u = update(q, tree(i), u)
    end
    t.is(numeric.distance(p[1].w, q[1].w), 0.0, "compiled and eager give the same bits")
    t.is(numeric.distance(s.v.b, u.v.b), 0.0, "in the state as well")
    t.is(s.step:item(), 4, "steps are counted")
    t.is(s.step.dtype, "i64", "in a tensor")
    t.is(o.init({ ritz.zeros({ 2 }, "f64") }).m[1].dtype, "f64", "memory like the parameters")
    local e = o.init({ ritz.zeros { 0 } })
    t.is(o.update({ ritz.zeros { 0 } }, { ritz.zeros { 0 } }, e)[1]:numel(), 0,
        "a parameter of size zero")
end)

local function factor(schedule, step) return schedule(ritz.tensor(step, "i64")) end

local function item(x) return ritz.is_tensor(x) and x:item() or x end

t.run("schedules", function()
    local eps = 1e-6
    for _, step in ipairs { 0, 1, 5, 9, 10, 25 } do
        local share = math.min(step / 10, 1)
        local function check(name, got, want)
            t.near(item(got), want, eps, ("%s at %d"):format(name, step))
        end
        check("constant", factor(optim.constant(), step), 1)
        check("cosine", factor(optim.cosine { steps = 10 }, step),
            (1 + math.cos(math.pi * share)) / 2)
        check("cosine to 0.1", factor(optim.cosine { steps = 10, final = 0.1 }, step),
            0.1 + 0.9 * (1 + math.cos(math.pi * share)) / 2)
        check("linear", factor(optim.linear { steps = 10, final = 0.2 }, step), 1 - 0.8 * share)
        check("step", factor(optim.step { every = 4, factor = 0.5 }, step), 0.5 ^ (step // 4))
        check("warmup", factor(optim.warmup { steps = 8 }, step), math.min((step + 1) / 8, 1))
        local after = optim.warmup { steps = 5, schedule = optim.linear { steps = 10 } }
        check("warmup, then linear", factor(after, step),
            math.min((step + 1) / 5, 1) * (1 - math.min(math.max(step - 5, 0) / 10, 1)))
    end
    for _, step in ipairs { 0, 1, 3, 4, 7, 10, 11, 40 } do
        local share = math.min(step / 10, 1)
        local function check(name, got, want)
            t.near(item(got), want, 2e-6, ("%s at %d"):format(name, step))
        end
        check("polynomial", factor(optim.polynomial { steps = 10, power = 3, final = 0.25 }, step),
            0.25 + 0.75 * (1 - share) ^ 3)
        check("exponential", factor(optim.exponential { every = 4, factor = 0.5 }, step),
            0.5 ^ (step / 4))
        check("inverse_sqrt", factor(optim.inverse_sqrt { steps = 5 }, step),
            step < 4 and (step + 1) / 5 or math.sqrt(5 / (step + 1)))
        -- 10 steps: 3 up, 7 down.
        local up, down = (1 - math.cos(math.pi * step / 3)) / 2,
            (1 + math.cos(math.pi * math.min((step - 3) / 7, 1))) / 2
        check("one_cycle", factor(optim.one_cycle { steps = 10, start = 0.1, final = 0.01 }, step),
            step < 3 and 0.1 + 0.9 * up or 0.01 + 0.99 * down)
        -- 20 steps: 4 up, the last 5 down.
        check("wsd", factor(optim.wsd { steps = 20, warmup = 4, decay = 0.25, final = 0.2 }, step),
            math.min((step + 1) / 4, 1 - 0.8 * math.min(math.max(step - 15, 0) / 5, 1)))
        local chain = optim.chain { { optim.linear(), 4 }, { optim.constant(), 3 },
            { function(s) return 1 / (s + 1) end } }
        check("chain", factor(chain, step),
            step < 4 and 1 - step / 4 or step < 7 and 1 or 1 / (step - 6))
    end
    t.near(item(factor(optim.wsd { steps = 20, decay = 0.25 }, 16)), 0.8, 1e-6, "wsd falling")
    t.is(tostring(optim.chain { { optim.linear(), 4 }, optim.cosine { steps = 3 } }),
        "linear, cosine", "a chain's name")
    local halves = optim.sgd { lr = 1, schedule = optim.step { every = 1, factor = 0.5 } }
    t.near(follow(halves, 0, function() return -1 end, 4), 1 + 0.5 + 0.25 + 0.125, 1e-7,
        "in an optimiser")
    local own = optim.sgd { lr = 0.5, schedule = function(step) return step + 1 end }
    t.near(follow(own, 0, function() return -1 end, 3), 0.5 * (1 + 2 + 3), 1e-12,
        "a function of one's own")
    local open = optim.sgd { lr = 1,
        schedule = optim.warmup { steps = 2, schedule = optim.linear() } }
    t.near(follow(open.with_steps(6), 0, function() return -1 end, 6),
        0.5 + 1 + 1 + 0.75 + 0.5 + 0.25, 1e-6,
        "an open end that is filled in")
    local chained = optim.sgd { lr = 1,
        schedule = optim.chain { { optim.constant(), 2 }, optim.linear() } }
    t.near(follow(chained.with_steps(6), 0, function() return -1 end, 6),
        1 + 1 + 1 + 0.75 + 0.5 + 0.25, 1e-6, "an open end of a chain")
    t.throws("linear: the number of steps is not known: give steps =", function()
        follow(open, 0, function() return 1 end, 1)
    end, "an open end")
end)

t.run("what is refused", function()
    t.throws('adam: unknown option "learning_rate"',
        function() optim.adam { learning_rate = 1 } end, "option")
    t.throws('adam: unknown option "beta": did you mean "betas"?',
        function() optim.adam { beta = { 1 } } end, "near")
    t.throws("adam: lr must be 0 to inf, got -0.1", function() optim.adam { lr = -0.1 } end,
        "a rate below 0")
    t.throws("sgd: weight_decay must be 0 to inf, got nan", function()
        optim.sgd { weight_decay = math.abs(0 / 0) }
    end, "no number")
    t.throws('adam: lr must be of kind number, got the string "1"',
        function() optim.adam { lr = "1" } end, "kind")
    t.throws("adamw: betas must be two numbers between 0 and 1, got 1 as entry 2", function()
        optim.adamw { betas = { 0.9, 1 } }
    end, "betas")
    t.throws("sgd: schedule must be one of optim, or a function of the step, got 3",
        function()
        optim.sgd { schedule = 3 }
    end, "schedule")
    t.throws("momentum: momentum must be 0 to 1, got 2",
        function() optim.momentum { momentum = 2 } end, "range")
    t.throws("step: option every is needed", function() optim.step {} end, "needed")
    t.throws("chain: entry 2: schedule must be one of optim, or a function of the step, got 3",
        function() optim.chain { { optim.constant(), 3 }, 3 } end, "an entry of a chain")
    t.throws("chain: steps must be a whole number from 1, got nothing",
        function() optim.chain { { optim.constant() }, optim.constant() } end, "steps in a chain")
    t.throws("cosine: steps must be at least 1, got 0", function() optim.cosine { steps = 0 } end,
        "no steps")
    local o = optim.sgd {}
    t.throws("sgd: the state that init gave wanted, got nothing", function() o.update({}, {}) end,
        "no state")
    t.throws("sgd_step: argument 2 must be f32[2], got f32[3]", function()
        optim.sgd_step(ritz.ones { 2 }, ritz.ones { 3 }, 0.1)
    end, "shapes")
    t.throws("sgd_step: parameters must be f32 or f64, got i64[1]", function()
        optim.sgd_step(ritz.tensor({ 1 }, "i64"), ritz.tensor({ 1 }, "i64"), 1)
    end, "integers")
    t.throws("adam_step: argument 5 must be a scalar, got f32[2]", function()
        local x = ritz.ones { 2 }
        optim.adam_step(x, x, x, x, x, 0.1)
    end, "a step that is no scalar")
    t.throws("cosine_factor: t must be a scalar, got f32[2]", function()
        optim.cosine_factor(ritz.ones { 2 }, 10)
    end, "t")
    t.throws("cosine_factor: steps is missing", function() optim.cosine_factor(1) end, "steps")
end)

t.done()
