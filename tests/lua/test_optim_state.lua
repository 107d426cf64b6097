-- test_optim_state.lua - what is done around the rules of optimisers: clipping,
-- averages, groups, states in files, a batch of tasks, derivatives through steps.

local ritz = require "ritz"
local t = require "tap"
local exhaust = require "lua.exhaust"
local numeric = require "lua.numeric"

local optim = ritz.optim

local function f64(values) return ritz.tensor(values, "f64") end

local function tree(k, dtype)
    local key = ritz.fold_in(ritz.key(3), k)
    return { l1 = { w = ritz.normal({ 5, 4 }, { key = key, dtype = dtype or "f64" }),
        b = ritz.normal({ 4 }, { key = ritz.fold_in(key, 1), dtype = dtype or "f64" }) },
        head = { ritz.normal({ 4, 2 }, { key = ritz.fold_in(key, 2), dtype = dtype or "f64" }) } }
end

local function digest(x) return ritz.run.digest(x) end

--- Steps from tree(1) with the gradients tree(2), tree(3), ...
local function run(o, steps, p, s)
    p = p or tree(1)
    s = s or o.init(p)
    for _ = 1, steps do p, s = o.update(p, tree(s.step:item() + 2), s) end
    return p, s
end

t.run("clipping", function()
    local g = { f64 { 3, 0 }, { x = f64 { { 0 }, { 4 } } }, ritz.tensor { 12 } }
    t.near(optim.global_norm(g):item(), 13, 1e-12, "the norm of all tensors as one vector")
    local short = optim.clip_norm(g, 6.5)
    t.near(numeric.distance(short[1], { 1.5, 0 }), 0, 1e-15, "shortened to a limit")
    t.near(short[3][1]:item(), 6, 1e-6, "whatever the dtype")
    t.is(short[3].dtype, "f32", "which stays")
    t.is(digest(optim.clip_norm(g, 13.1)), digest(g), "what is short enough keeps its bits")
    t.is(digest(optim.clip_norm({ f64 { 0, 0 } }, 1)), digest { f64 { 0, 0 } }, "0 as well")
    t.is(numeric.distance(optim.clip_value({ f64 { 3, -0.5, -7 } }, 2)[1], { 2, -0.5, -2 }), 0.0,
        "elements held within a limit")
    numeric.check_gradient("clip_norm", function(x) return optim.clip_norm({ x }, 2)[1] end,
        f64 { 1, -2, 3 })
    local slope = ritz.grad(function(x) return ritz.sum(optim.clip_norm({ x }, 2)[1]) end)
    t.is(numeric.distance(slope(f64 { 0, 0 }), { 1, 1 }), 0.0, "its slope at 0 is finite")

    -- In an optimiser: values first, then the norm.
    local o = optim.sgd { lr = 1, clip_value = 2, clip_norm = 1 }
    local p = { a = f64 { 0 }, b = f64 { 0 } }
    local new = o.update(p, { a = f64 { 10 }, b = f64 { -1.5 } }, o.init(p))
    t.near(numeric.distance(new.a, { -2 / 2.5 }), 0, 1e-14, "2 of (2, -1.5) / 2.5")
    t.near(numeric.distance(new.b, { 1.5 / 2.5 }), 0, 1e-14, "and the other")
    t.throws("clip_norm: limit must be a number above 0, got 0", function()
        optim.clip_norm(g, 0)
    end, "a limit of 0")
    t.throws("sgd: clip_norm must be 1e-15 to inf, got 0", function()
        optim.sgd { clip_norm = 0 }
    end, "in an optimiser")
end)

t.run("averages of parameters", function()
    for _, warmup in ipairs { true, false } do
        local o = optim.momentum { lr = 0.1, ema = 0.8, ema_warmup = warmup }
        local plain = optim.momentum { lr = 0.1 }
        local p = tree(1)
        local s, average = o.init(p), p.l1.w
        t.is(digest(s.average), digest(p), "an average begins at the parameters")
        local q, u = tree(1), plain.init(p)
        for i = 1, 5 do
            p, s = o.update(p, tree(i + 1), s)
            q, u = plain.update(q, tree(i + 1), u)
            local decay = warmup and math.min(0.8, (1 + i) / (10 + i)) or 0.8
            average = decay * average + (1 - decay) * q.l1.w
        end
        t.is(digest(p), digest(q), "the parameters move as without")
        t.near(numeric.distance(s.average.l1.w, average), 0, 1e-14, "and the average after them")
        t.is(digest(o.average(p, s)), digest(s.average), "average gives it")
        t.is(digest(plain.average(q, u)), digest(q), "or the parameters where there is none")
    end
end)

t.run("sums of gradients", function()
    -- Three gradients for each step: as steps of their means, other ones each time.
    local function options(parts)
        return { lr = 0.1, clip_norm = 2, ema = 0.9, accumulate = parts,
            schedule = optim.linear { steps = 5 }, groups = { { match = "b", weight_decay = 0 } } }
    end
    local o, plain = optim.adamw(options(3)), optim.adamw(options(1))
    local p, q = tree(1), tree(1)
    local s, u = o.init(p), plain.init(q)
    for step = 0, 1 do
        local sum
        for i = 1, 3 do
            local g = tree(2 + 3 * step + i)
            sum = sum and ritz.tree.map(function(a, b) return a + b end, sum, g) or g
            t.is(digest(p), digest(q), "parameters stay until the sum is whole")
            t.is(o.calls(s):item(), 3 * step + i - 1, "calls are counted")
            p, s = o.update(p, g, s)
        end
        q, u = plain.update(q, ritz.tree.map(function(a) return a / 3 end, sum), u)
        t.is(s.step:item(), step + 1, "and so are steps")
        t.is(digest { p, s.m, s.v, s.average }, digest { q, u.m, u.v, u.average },
            "three gradients are one step")
        t.is(optim.global_norm(s.sum):item(), 0.0, "and the sum begins again")
    end
    t.throws("adam: accumulate is for all parameters, not for group 1", function()
        optim.adam { groups = { { match = "b", accumulate = 2 } } }
    end, "a sum of a group")
    t.throws("adam: the state has no sum: it is of other options", function()
        local x = tree(1)
        optim.adam { accumulate = 2 }.update(x, x, optim.adam {}.init(x))
    end, "a state without a sum")
end)

t.run("one pass for each parameter", function()
    -- Clipping needs all gradients first; then a parameter, its memory and its
    -- average are moved by one chain, in place.
    local o = optim.adamw { clip_norm = 1, ema = 0.99, schedule = optim.cosine { steps = 9 },
        groups = { { match = "b", weight_decay = 0 } } }
    local p = { w = ritz.ones { 60, 50 }, b = ritz.ones { 50 }, u = ritz.ones { 50, 40 } }
    local update = ritz.jit(o.update, { donate = { 1, 3 } })
    local text = tostring(ritz.explain(update, p, p, o.init(p)))
    for _, size in ipairs { 3000, 50, 2000 } do
        local chains = 0
        for chain in text:gmatch("chain +(%d+) elements") do
            if tonumber(chain) == size then chains = chains + 1 end
        end
        t.ok(chains <= 2, ("%d elements: a chain for the norm, a chain for the step"):format(size))
    end
end)

t.run("groups", function()
    local o = optim.adamw { lr = 0.1, weight_decay = 0.5, groups = {
        { match = "%.b$", weight_decay = 0 },
        { match = "^head", optim = optim.sgd { lr = 0.2 } },
        { match = "w", lr = 0.01 }, -- what came before goes first
    } }
    local p, s = run(o, 3)
    local function alone(other, pick)
        local q = { x = pick(tree(1)) }
        local u = other.init(q)
        for i = 1, 3 do q, u = other.update(q, { x = pick(tree(i + 1)) }, u) end
        return q.x
    end
    local cases = {
        { "other options", p.l1.b, optim.adamw { lr = 0.1, weight_decay = 0 },
            function(x) return x.l1.b end },
        { "another optimiser", p.head[1], optim.sgd { lr = 0.2 },
            function(x) return x.head[1] end },
        { "another rate", p.l1.w, optim.adamw { lr = 0.01, weight_decay = 0.5 },
            function(x) return x.l1.w end },
    }
    for _, case in ipairs(cases) do
        local name, got, other, pick = table.unpack(case)
        t.is(numeric.distance(got, alone(other, pick)), 0.0, name)
    end
    t.is(s.m.head[1]:numel(), 0, "sgd remembers nothing")

    -- Frozen parameters stay and do not count in the norm.
    local still = optim.sgd { lr = 1, clip_norm = 1, groups = { { match = "a", frozen = true } } }
    local q = { a = f64 { 5 }, b = f64 { 0 } }
    local new = still.update(q, { a = f64 { 1000 }, b = f64 { 0.5 } }, still.init(q))
    t.is(new.a[1]:item(), 5.0, "a frozen parameter")
    t.is(new.b[1]:item(), -0.5, "whose gradient shortens no other")

    -- Schedules hold for groups, and for what muon leaves to others.
    local half = optim.step { every = 1, factor = 0.5 }
    local m = optim.muon { lr = 1, schedule = half, fallback = optim.sgd { lr = 1 },
        groups = { { match = "c", optim = optim.sgd { lr = 2 } } } }
    local r = { b = f64 { 0 }, c = f64 { 0 } }
    local state = m.init(r)
    for _ = 1, 3 do r, state = m.update(r, { b = f64 { -1 }, c = f64 { -1 } }, state) end
    t.near(r.b[1]:item(), 1.75, 1e-12, "1 + 1/2 + 1/4")
    t.near(r.c[1]:item(), 3.5, 1e-12, "and twice that")

    t.throws("adam: groups must be tables {match = pattern, ...}, got 3 as entry 1", function()
        optim.adam { groups = { 3 } }
    end, "no group")
    t.throws('adam: unknown option "decay"', function()
        optim.adam { groups = { { match = "b", decay = 0 } } }
    end, "an option that is none")
    t.throws("adam: ema is for all parameters, not for group 1", function()
        optim.adam { groups = { { match = "b", ema = 0.9 } } }
    end, "an average of a group")
    t.throws("adam: optim of group 1 must be one of ritz.optim, got 4", function()
        optim.adam { groups = { { match = "b", optim = 4 } } }
    end, "no optimiser")
    t.throws("muon: fallback must be one of ritz.optim, got 4", function()
        optim.muon { fallback = 4 }
    end, "no fallback")
end)

t.run("states in files", function()
    local path = os.getenv("RITZ_TEST_TMP") .. "/state.safetensors"
    local others = { groups = { { match = "head", optim = optim.lion { lr = 0.01 } } } }
    for _, name in ipairs { "sgd", "momentum", "adagrad", "rmsprop", "adam", "adan", "adamp",
        "sgd_sai", "muon", "adabelief" } do
        local o = optim[name] { lr = 0.01, ema = 0.9, groups = others.groups }
        local p, s = run(o, 2)
        ritz.save(path, { params = p, memory = s, key = ritz.key(9) })
        local kept = ritz.load(path)
        t.is(digest(kept.memory), digest(s), name .. ": the state comes back")
        t.is(kept.memory.step:item(), 2, "with its step")
        t.is(digest { kept.key }, digest { ritz.key(9) }, "and a key")
        t.is(digest { run(o, 2, kept.params, kept.memory) }, digest { run(o, 4) },
            "2 steps and 2 through a file are 4")
    end
    local o = optim.adam {}
    t.throws("adam: the state has no m: it is of other options", function()
        local p = tree(1)
        o.update(p, p, optim.sgd {}.init(p))
    end, "the state of another")
    t.throws("adam: parameters must be tensors, got 2 as a", function()
        o.init { a = 2 }
    end, "a number as a parameter")
end)

t.run("a state for each of many tasks", function()
    local p = ritz.normal({ 3, 5, 4 }, { key = ritz.key(1), dtype = "f64" })
    local g = ritz.normal({ 3, 5, 4 }, { key = ritz.key(2), dtype = "f64" })
    for _, name in ipairs { "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw",
        "adabelief", "adan", "adamp", "sgdp", "sgd_sai", "lion", "muon" } do
        local o = optim[name] { lr = 0.1, clip_norm = 3, ema = 0.9 }
        local function two_steps(w, d)
            local q = { w = w }
            local s = o.init(q)
            for _ = 1, 2 do q, s = o.update(q, { w = d }, s) end
            return q.w, s.average.w
        end
        local w, average = ritz.vmap(two_steps)(p, g)
        for i = 1, 3 do
            local one, its = two_steps(p[i], g[i])
            t.near(numeric.distance(w[i], one), 0, 1e-13, ("%s: task %d"):format(name, i))
            t.near(numeric.distance(average[i], its), 0, 1e-13, "and its average")
        end
    end
    -- States that are held between calls have the batch in front.
    local o = optim.adam { lr = 0.1 }
    local s = ritz.vmap(o.init)({ w = p })
    t.is(s.step.shape[1], 3, "a step for each task")
    local q = ritz.vmap(o.update)({ w = p }, { w = g }, s)
    local one = o.update({ w = p[2] }, { w = g[2] }, o.init { w = p[2] })
    t.is(numeric.distance(q.w[2], one.w), 0.0, "and updates of each")
end)

t.run("derivatives through steps", function()
    local a = ritz.normal({ 3, 2 }, { key = ritz.key(5), dtype = "f64" })
    local w0 = ritz.normal({ 3, 2 }, { key = ritz.key(6), dtype = "f64" })
    local smooth = { sgd = {}, momentum = {}, nesterov = {}, adagrad = {}, rmsprop = {}, adam = {},
        adamw = {}, adabelief = { eps = 1e-4 }, adan = {}, sgdp = { delta = 1e-9 },
        adamp = { delta = 1e-9 }, muon = {} }
    for name, more in next, smooth do
        more.lr = 0.05
        local o = optim[name](more)
        local function after(w, target)
            local p = { w = w }
            local s = o.init(p)
            for _ = 1, 3 do
                local g = ritz.grad(function(q) -- a loss with a curvature that changes
                    return ritz.sum(ritz.square(ritz.sin(q.w) - target))
                end)(p)
                p, s = o.update(p, g, s)
            end
            return p.w
        end
        numeric.check_gradient(name .. " through 3 steps", after, w0, a)
    end
    -- The steps as a loop give the same, and so does its derivative; several tasks
    -- at once, compiled, as in second-order meta-learning, too.
    for _, name in ipairs { "momentum", "adam", "muon" } do
        local o = optim[name] { lr = 0.05, clip_norm = 1 }
        local function inner(p, target)
            return ritz.grad(function(q)
                return ritz.sum(ritz.square(ritz.sin(q.w) - target)) + ritz.sum(ritz.square(q.b))
            end)(p)
        end
        local function after(p, target, loop)
            local s = o.init(p)
            if loop then
                local last = ritz.scan(function(c)
                    local q, u = o.update(c.p, inner(c.p, target), c.s)
                    return { p = q, s = u }
                end, { p = p, s = s }, { length = 3 })
                p = last.p
            else
                for _ = 1, 3 do p, s = o.update(p, inner(p, target), s) end
            end
            return ritz.sum(ritz.square(p.w - target)) + ritz.sum(p.b)
        end
        local p = { w = w0, b = f64 { 0.5, -0.25 } }
        local function slope(loop)
            return ritz.grad(function(q, target) return after(q, target, loop) end)
        end
        local unrolled, looped = slope(false)(p, a), slope(true)(p, a)
        t.near(numeric.distance(looped.w, unrolled.w), 0, 1e-13, name .. ": steps as a loop")
        t.near(numeric.distance(looped.b, unrolled.b), 0, 1e-13, "also of a vector")
        local targets = ritz.normal({ 4, 3, 2 }, { key = ritz.key(9), dtype = "f64" })
        local many = ritz.jit(ritz.vmap(slope(true), { in_axes = { false, 1 } }))(p, targets)
        for i = 1, 4 do
            t.near(numeric.distance(many.w[i], slope(false)(p, targets[i]).w), 0, 1e-12,
                ("task %d of 4, at once"):format(i))
        end
    end
    -- Where a gradient is 0, as for an inactive unit, the derivative is finite.
    for _, name in ipairs { "adam", "rmsprop", "adagrad", "adan", "adamp", "muon" } do
        local o = optim[name] { lr = 0.1 }
        local d = ritz.grad(function(w)
            local p = { w = w }
            local g = ritz.grad(function(q) return ritz.sum(ritz.square(ritz.relu(q.w))) end)(p)
            return ritz.sum(o.update(p, g, o.init(p)).w)
        end)(f64 { { -1, -2 }, { -1, -2 } })
        t.is(numeric.distance(d, { 1, 1, 1, 1 }), 0.0, name .. ": of an inactive unit")
    end
end)

t.run("without memory", function()
    local p = { w = ritz.ones { 2, 3 }, b = ritz.ones { 3 } }
    for _, name in ipairs { "adam", "adamp", "sgd_sai", "muon" } do
        local o = optim[name] { clip_norm = 1, ema = 0.9 }
        local s = o.init(p)
        exhaust("a step of " .. name, function() return o.update(p, p, s) end)
        local update = ritz.jit(o.update)
        update(p, p, s)
        exhaust("a compiled step of " .. name, function() return update(p, p, s) end)
    end
    local attend, last = ritz.nn.attention(4, { heads = 2 }), ritz.nn.lstm(3, 2, { last = true })
    local a, l = attend.init { seed = 1 }, last.init { seed = 1 }
    local x, y = ritz.ones { 2, 3, 4 }, ritz.ones { 2, 4, 3 }
    exhaust("attention", function() return attend(a, x) end)
    exhaust("lstm", function() return last(l, y) end)
end)

t.done()
