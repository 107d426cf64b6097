-- test_optim_rules.lua - the rules of optimisers against steps by hand, written
-- again here from the papers with plain numbers, and against what must hold of
-- each.

local ritz = require "ritz"
local t = require "tap"
local numeric = require "lua.numeric"

local optim = ritz.optim

local function f64(values) return ritz.tensor(values, "f64") end

--- `n` steps on one number with the gradients that `slope` gives.
local function follow(o, p, slope, n)
    local params = { w = f64 { p } }
    local state = o.init(params)
    for i = 1, n do
        params, state = o.update(params, { w = f64 { slope(i) } }, state)
    end
    return params.w[1]:item(), state
end

local function slope(i) return math.sin(i) + 0.5 end

local N, LR = 7, 0.05

--- Checks an optimiser against `step(p, g, i)`, which gives the next p.
local function by_hand(name, o, step)
    local p = 1.5
    for i = 1, N do p = step(p, slope(i), i) end
    t.near(follow(o, 1.5, slope, N), p, 1e-13, name)
end

local function root(x) return math.sqrt(x) end

local function sign(x) return x > 0 and 1 or x < 0 and -1 or 0 end

local function transposed(x) return ritz.permute(x, { 2, 1 }) end

t.run("decay of two kinds", function()
    local decay = 0.3
    by_hand("sgd, added", optim.sgd { lr = LR, weight_decay = decay },
        function(p, g) return p - LR * (g + decay * p) end)
    by_hand("sgd, decoupled", optim.sgd { lr = LR, weight_decay = decay, decoupled = true },
        function(p, g) return p - LR * decay * p - LR * g end)
    local m = 0
    by_hand("momentum, decoupled",
        optim.momentum { lr = LR, momentum = 0.7, weight_decay = decay, decoupled = true },
        function(p, g)
            m = 0.7 * m + g
            return (1 - LR * decay) * p - LR * m
        end)
end)

t.run("adagrad and rmsprop", function()
    local v = 0.25
    by_hand("adagrad", optim.adagrad { lr = LR, eps = 1e-3, initial = 0.25, weight_decay = 0.1 },
        function(p, g)
            g = g + 0.1 * p
            v = v + g * g
            return p - LR * g / (root(v) + 1e-3)
        end)
    v = 0
    by_hand("rmsprop", optim.rmsprop { lr = LR, beta = 0.8, eps = 1e-3 }, function(p, g)
        v = 0.8 * v + 0.2 * g * g
        return p - LR * g / (root(v) + 1e-3)
    end)
    v = 0
    local m = 0
    local o = optim.rmsprop { lr = LR, beta = 0.8, eps = 1e-3, momentum = 0.6, weight_decay = 0.1,
        decoupled = true }
    by_hand("rmsprop with momentum", o, function(p, g)
        v = 0.8 * v + 0.2 * g * g
        m = 0.6 * m + g / (root(v) + 1e-3)
        return p - LR * 0.1 * p - LR * m
    end)
    t.is(o.init({ f64 { 1 } }).m[1]:numel(), 1, "which is remembered")
    t.is(optim.rmsprop {}.init({ f64 { 1 } }).m, nil, "and only then")
    -- A constant gradient: Adagrad's steps are lr / sqrt(i).
    local sum = 0
    for i = 1, 30 do sum = sum + 0.1 / root(i) end
    t.near(follow(optim.adagrad { lr = 0.1, eps = 0 }, 0, function() return -3 end, 30), sum, 1e-13,
        "adagrad's steps for a constant gradient")
end)

t.run("lion", function()
    local m = 0
    by_hand("lion", optim.lion { lr = LR, betas = { 0.8, 0.95 }, weight_decay = 0.2 },
        function(p, g)
            local u = sign(0.8 * m + 0.2 * g)
            m = 0.95 * m + 0.05 * g
            return p - LR * (u + 0.2 * p)
        end)
    local key = ritz.key(4)
    local p = { w = ritz.normal({ 50 }, { key = key }) }
    local o = optim.lion { lr = 0.125 }
    local s = o.init(p)
    for i = 1, 5 do
        local before = p.w
        p, s = o.update(p, { w = ritz.normal({ 50 }, { key = ritz.fold_in(key, i) }) }, s)
        local most = ritz.max(ritz.abs(p.w - before)):item()
        t.ok(most <= 0.125 + 1e-6, "no element moves further than lr")
        t.ok(ritz.min(ritz.abs(p.w - before)):item() >= 0.125 - 1e-6, "and each as far")
    end
    t.near(follow(optim.lion { lr = 0.1 }, 2, function() return 0 end, 3), 2, 0,
        "without a gradient nothing moves")
end)

t.run("adabelief", function()
    local m, s, eps = 0, 0, 1e-4
    by_hand("adabelief",
        optim.adabelief { lr = LR, betas = { 0.8, 0.9 }, eps = eps, weight_decay = 0.1 },
        function(p, g, i)
            m = 0.8 * m + 0.2 * g
            s = 0.9 * s + 0.1 * (g - m) ^ 2 + eps
            local mhat, shat = m / (1 - 0.8 ^ i), s / (1 - 0.9 ^ i)
            return p - LR * 0.1 * p - LR * mhat / (root(shat) + eps)
        end)
    -- Of a gradient that stays, the mean square is g^2 and the surprise falls:
    -- the step grows beyond Adam's.
    local function constant() return -2 end
    local far = follow(optim.adabelief { lr = 0.1 }, 0, constant, 50)
    t.ok(far > 2 * follow(optim.adam { lr = 0.1 }, 0, constant, 50),
        "long steps where all is as expected")
    -- eps goes into s at each step: with g = m, that is, g = 0, its limit is
    -- eps / (1 - beta2).
    local _, state = follow(optim.adabelief { eps = 1e-3, betas = { 0.9, 0.5 } }, 0,
        function() return 0 end, 60)
    t.near(state.s.w[1]:item(), 1e-3 / 0.5, 1e-15, "eps accumulates in s")
end)

--- Adan as its paper has it, with betas in the code's convention.
local function adan(b1, b2, b3, eps, decay, proximal)
    local m, v, n, before = 0, 0, 0, nil
    return function(p, g, i)
        local d = before and g - before or 0
        before = g
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * d
        n = b3 * n + (1 - b3) * (g + b2 * d) ^ 2
        local way = LR * (m / (1 - b1 ^ i) + b2 * v / (1 - b2 ^ i))
            / (root(n) / root(1 - b3 ^ i) + eps)
        if proximal then return (p - way) / (1 + LR * decay) end
        return p * (1 - LR * decay) - way
    end
end

t.run("adan", function()
    for _, proximal in ipairs { true, false } do
        by_hand("adan, proximal " .. tostring(proximal), optim.adan { lr = LR,
            betas = { 0.9, 0.8, 0.7 }, eps = 1e-3, weight_decay = 0.2, proximal = proximal },
            adan(0.9, 0.8, 0.7, 1e-3, 0.2, proximal))
    end
    -- Without change of the gradient it is Adam with betas 1 and 3.
    local function constant() return -2 end
    t.near(follow(optim.adan { lr = LR, betas = { 0.98, 0.92, 0.99 } }, 0, constant, 20),
        follow(optim.adam { lr = LR, betas = { 0.98, 0.99 } }, 0, constant, 20), 1e-12,
        "of a constant gradient as adam")
    -- m + b v with b1 = b2 = b is the mean of g + b (g - before), but for the first.
    local b = 0.9
    local _, s = follow(optim.adan { betas = { b, b, 0.99 } }, 0, slope, N)
    local mean = (1 - b) * slope(1)
    for i = 2, N do mean = b * mean + (1 - b) * (slope(i) + b * (slope(i) - slope(i - 1))) end
    t.near(s.m.w[1]:item() + b * s.v.w[1]:item(), mean, 1e-13, "Nesterov's momentum, written again")
    -- Begun again it moves as at first: by lr along the gradient.
    local o = optim.adan { lr = LR, eps = 0 }
    local p = { w = f64 { 1 } }
    local state = o.init(p)
    for i = 1, 3 do p, state = o.update(p, { w = f64 { slope(i) } }, state) end
    local next_p = o.update(p, { w = f64 { 5 } }, o.init(p))
    t.near(next_p.w[1]:item() - p.w[1]:item(), -LR, 1e-14, "a restart")
end)

-- Matrices, as lists of rows.

local function columns_dot(a, b, j)
    local sum = 0
    for i = 1, #a do sum = sum + a[i][j] * b[i][j] end
    return sum
end

local function whole_dot(a, b)
    local sum = 0
    for j = 1, #a[1] do sum = sum + columns_dot(a, b, j) end
    return sum
end

local function build(like, f)
    local y = {}
    for i = 1, #like do
        y[i] = {}
        for j = 1, #like[1] do y[i][j] = f(i, j) end
    end
    return y
end

--- The projection of AdamP's code: the way, and what decay is multiplied with.
local function project(w, g, way, delta, ratio, eps)
    local rows, columns, most = #w, #w[1], 0
    for j = 1, columns do
        local size = (root(columns_dot(w, w, j)) + eps) * (root(columns_dot(g, g, j)) + eps)
        most = math.max(most, math.abs(columns_dot(w, g, j)) / size)
    end
    if most < delta / root(rows) then
        return build(w, function(i, j)
            local length = root(columns_dot(w, w, j)) + eps
            return way[i][j] - w[i][j] * columns_dot(w, way, j) / length ^ 2
        end), ratio, "channel"
    end
    local size = (root(whole_dot(w, w)) + eps) * (root(whole_dot(g, g)) + eps)
    if math.abs(whole_dot(w, g)) / size < delta / root(rows * columns) then
        return build(w, function(i, j)
            return way[i][j] - w[i][j] * whole_dot(w, way) / (root(whole_dot(w, w)) + eps) ^ 2
        end), ratio, "whole"
    end
    return way, 1, "none"
end

local W = { { 0.6, -1.2 }, { 1.1, 0.4 }, { -0.3, 0.9 } }

--- Gradients for which the projection is by channel, of the whole, or none.
local function gradient_for(case, w, i)
    local free = build(w, function(r, c) return math.cos(3 * r + 5 * c + i) end)
    if case == "none" then return build(w, function(r, c) return free[r][c] + w[r][c] end) end
    local orthogonal = build(w, function(r, c)
        return free[r][c] - w[r][c] * columns_dot(w, free, c) / columns_dot(w, w, c)
    end)
    if case == "channel" then return orthogonal end
    return build(w, function(r, c) -- along each column, in ways that cancel
        local along = c == 1 and 1 or -columns_dot(w, w, 1) / columns_dot(w, w, 2)
        return orthogonal[r][c] + along * w[r][c]
    end)
end

local function distance(x, rows)
    return numeric.distance(x, f64(rows))
end

--- Three steps of `o` on W, and of `step(w, g, i)`.
local function matrices_by_hand(name, o, gradient, step)
    local params, w = { w = f64(W) }, W
    local state = o.init(params)
    for i = 1, 3 do
        local g = gradient(w, i)
        params, state = o.update(params, { w = f64(g) }, state)
        w = step(w, g, i)
    end
    t.near(distance(params.w, w), 0, 1e-13, name)
end

t.run("sgdp and adamp", function()
    local decay, delta, ratio = 0.2, 0.1, 0.3
    for _, case in ipairs { "channel", "whole", "none" } do
        for _, nesterov in ipairs { false, true } do
            local m, mu = build(W, function() return 0 end), 0.8
            local o = optim.sgdp { lr = LR, momentum = mu, weight_decay = decay, delta = delta,
                wd_ratio = ratio, nesterov = nesterov }
            matrices_by_hand(("sgdp, %s, nesterov %s"):format(case, nesterov), o,
                function(w, i) return gradient_for(case, w, i) end,
                function(w, g, i)
                    m = build(w, function(r, c) return mu * m[r][c] + g[r][c] end)
                    local up = nesterov and build(w, function(r, c)
                        return g[r][c] + mu * m[r][c]
                    end) or m
                    local way, less, how = project(w, g, up, delta, ratio, 1e-8)
                    t.is(how, case, ("the projection of step %d"):format(i))
                    return build(w, function(r, c)
                        return w[r][c] * (1 - LR * decay * less / (1 - mu)) - LR * way[r][c]
                    end)
                end)
            local v, b1, b2, eps = build(W, function() return 0 end), 0.8, 0.9, 1e-3
            m = v
            matrices_by_hand(("adamp, %s, nesterov %s"):format(case, nesterov),
                optim.adamp { lr = LR, betas = { b1, b2 }, eps = eps, weight_decay = decay,
                    delta = delta, wd_ratio = ratio, nesterov = nesterov },
                function(w, i) return gradient_for(case, w, i) end,
                function(w, g, i)
                    m = build(w, function(r, c) return b1 * m[r][c] + (1 - b1) * g[r][c] end)
                    v = build(w, function(r, c) return b2 * v[r][c] + (1 - b2) * g[r][c] ^ 2 end)
                    local up = build(w, function(r, c)
                        local x = nesterov and b1 * m[r][c] + (1 - b1) * g[r][c] or m[r][c]
                        return x / (root(v[r][c]) / root(1 - b2 ^ i) + eps)
                    end)
                    local way, less = project(w, g, up, delta, ratio, eps)
                    return build(w, function(r, c)
                        return w[r][c] * (1 - LR * decay * less) - LR / (1 - b1 ^ i) * way[r][c]
                    end)
                end)
        end
    end
end)

t.run("what sgdp and adamp hold fixed", function()
    -- A loss of the direction alone: its gradient is orthogonal to w. Then the
    -- squared length grows by lr^2 times that of the projected step, and by no
    -- more (Heo et al., lemma 2.1).
    local a = ritz.normal({ 20, 20 }, { key = ritz.key(7), dtype = "f64" })
    a = a + transposed(a)
    local slope_at = ritz.grad(function(w)
        local u = w / ritz.sqrt(ritz.sum(ritz.square(w)))
        return ritz.sum(u * ritz.matmul(a, u))
    end)
    local function square(x) return ritz.sum(ritz.square(x)):item() end
    for _, name in ipairs { "sgdp", "adamp", "momentum" } do
        local o = optim[name] { lr = 0.02 }
        local p = { w = ritz.normal({ 20, 1 }, { key = ritz.key(8), dtype = "f64" }) }
        local s = o.init(p)
        local worst, growth = 0, square(p.w)
        for _ = 1, 30 do
            local before = p.w
            p, s = o.update(p, { w = slope_at(before) }, s)
            local step = p.w - before
            worst = math.max(worst, math.abs(ritz.sum(before * step):item()) / square(before))
        end
        growth = square(p.w) / growth
        if name == "momentum" then
            t.ok(worst > 1e-3, "momentum's steps have a part along w")
        else
            t.ok(worst < 1e-9, name .. "'s steps are orthogonal to w")
            t.ok(growth > 1, name .. " lengthens w by its steps' squares only")
        end
    end
    -- A bias is never projected: there sgdp is momentum.
    local function end_of(name)
        local o = optim[name] { lr = 0.1, momentum = 0.5 }
        local p = { b = f64 { 1, 2 } }
        local s = o.init(p)
        for _ = 1, 3 do p, s = o.update(p, { b = f64 { 2, -1 } }, s) end
        return p.b
    end
    t.is(numeric.distance(end_of "sgdp", end_of "momentum"), 0.0, "vectors are not projected")
end)

t.run("sgd-sai", function()
    local mu, decay = 0.8, 0.1
    local m, ratio
    matrices_by_hand("sgd_sai", optim.sgd_sai { lr = LR, momentum = mu, weight_decay = decay },
        function(w, i) return gradient_for("none", w, i) end,
        function(w, g, i)
            if i == 1 then
                local n, sum = 6, 0
                for r = 1, 3 do sum = sum + g[r][1] + g[r][2] end
                local spread = whole_dot(g, g) - sum * sum / n
                ratio = root(whole_dot(g, g)) / (root(spread / (n - 1)) + 1e-8)
                m = g
            else
                m = build(w, function(r, c) return mu * m[r][c] + (1 - mu) * g[r][c] end)
            end
            return build(w, function(r, c)
                return (1 - LR * decay) * w[r][c] - LR * ratio * m[r][c]
            end)
        end)
    -- ratio^2 = (n - 1) (1 + mean^2 / var), so about sqrt(n - 1) without a mean.
    local o = optim.sgd_sai {}
    local g = ritz.normal({ 40, 25 }, { key = ritz.key(2), dtype = "f64" }) + 0.5
    local _, s = o.update({ g }, { g }, o.init { g })
    local mean, var = ritz.mean(g):item(), ritz.var(g):item()
    t.near(s.ratio[1]:item(), root(999 * (1 + mean ^ 2 / var)), 1e-5, "the ratio's identity")
    for _, lone in ipairs { f64(3), f64 { 3 }, f64 { 2, 2 }, f64 { 0, 0 } } do
        local _, now = o.update({ lone }, { lone }, o.init { lone })
        t.is(now.ratio[1]:item(), 1.0, "of a gradient without spread the ratio is 1")
    end
end)

t.run("muon", function()
    local mu, decay = 0.9, 0.1
    -- Of a diagonal matrix every round is the polynomial of each entry.
    local function polynomial(x) return 3.4445 * x - 4.7750 * x ^ 3 + 2.0315 * x ^ 5 end
    local function orthogonal(d)
        local size, y = root(d[1] ^ 2 + d[2] ^ 2) + 1e-7, {}
        for i = 1, 2 do
            y[i] = d[i] / size
            for _ = 1, 5 do y[i] = polynomial(y[i]) end
        end
        return y
    end
    for _, shape in ipairs { { 2, 2 }, { 2, 5 }, { 5, 2 } } do
        for _, nesterov in ipairs { true, false } do
            local function diagonal(d)
                local rows = {}
                for i = 1, shape[1] do
                    rows[i] = {}
                    for j = 1, shape[2] do rows[i][j] = i == j and d[i] or 0 end
                end
                return f64(rows)
            end
            local o = optim.muon { lr = LR, momentum = mu, weight_decay = decay,
                nesterov = nesterov }
            local p, m, w = { diagonal { 0.5, -2 } }, { 0, 0 }, { 0.5, -2 }
            local s = o.init(p)
            for i = 1, 3 do
                local g, up = { math.cos(i), 0.3 * i - 1 }, {}
                p, s = o.update(p, { diagonal(g) }, s)
                for k = 1, 2 do
                    m[k] = mu * m[k] + g[k]
                    up[k] = nesterov and g[k] + mu * m[k] or m[k]
                end
                local way = orthogonal(up)
                for k = 1, 2 do
                    w[k] = (1 - LR * decay) * w[k]
                        - LR * root(math.max(1, shape[2] / shape[1])) * way[k]
                end
            end
            t.near(numeric.distance(p[1], diagonal(w)), 0, 1e-12,
                ("muon of [%d,%d], nesterov %s"):format(shape[1], shape[2], nesterov))
        end
    end
end)

--- The rotation by an angle in the plane of the first two axes of n.
local function rotation(n, angle)
    local rows = {}
    for i = 1, n do
        rows[i] = {}
        for j = 1, n do rows[i][j] = i == j and 1 or 0 end
    end
    rows[1][1], rows[2][2] = math.cos(angle), math.cos(angle)
    rows[1][2], rows[2][1] = -math.sin(angle), math.sin(angle)
    return f64(rows)
end

t.run("what is known of muon", function()
    local function way(g) -- of the first step
        local zero = ritz.zeros_like(g)
        local p = optim.muon_step(zero, g, zero, 1)
        return -p / math.max(1, g.shape[2] / g.shape[1]) ^ 0.5
    end
    for i = 1, 20 do
        local g = ritz.normal({ 2, 6 }, { key = ritz.key(i), dtype = "f64" })
        local o = way(g)
        local gram = ritz.matmul(o, transposed(o)):totable()
        local middle = (gram[1][1] + gram[2][2]) / 2
        local half = root(((gram[1][1] - gram[2][2]) / 2) ^ 2 + gram[1][2] ^ 2)
        local low, high = root(middle - half), root(middle + half)
        t.ok(low > 0.67 and high < 1.14, ("singular values %.3f and %.3f"):format(low, high))
    end
    local g = ritz.normal({ 4, 3 }, { key = ritz.key(50), dtype = "f64" })
    local q, r = rotation(4, 0.7), rotation(3, -1.1)
    t.near(numeric.distance(way(ritz.matmul(ritz.matmul(q, g), r)),
        ritz.matmul(ritz.matmul(q, way(g)), r)), 0, 1e-12, "rotations pass through")
    t.near(numeric.distance(way(transposed(g)), transposed(way(g))), 0, 1e-12,
        "and transposition")
    t.near(numeric.distance(way(1000 * g), way(g)), 0, 1e-6, "size does not matter")
    -- A convolution's kernel is a matrix whose rows are its windows.
    local kernel = ritz.normal({ 2, 2, 3, 4 }, { key = ritz.key(51), dtype = "f64" })
    local zero = ritz.zeros_like(kernel)
    local flat = way(ritz.reshape(kernel, { 12, 4 }))
    t.near(numeric.distance(optim.muon_step(zero, kernel, zero, 1),
        ritz.reshape(-flat, { 2, 2, 3, 4 })), 0, 1e-14, "kernels of convolutions")
    t.throws("muon_step: parameters must be matrices, got f64[2]", function()
        optim.muon_step(f64 { 1, 2 }, f64 { 1, 2 }, f64 { 1, 2 }, 1)
    end, "a vector")
    -- What is no matrix goes to the fallback.
    local p = { w = g, b = f64 { 1, 2 } }
    local function both(x) return { w = x * 0 + 0.5, b = f64 { 3, -4 } } end
    local one, two = optim.muon {}, optim.adamw { lr = 3e-4 }
    local new = one.update(p, both(g), one.init(p))
    local other = two.update({ b = p.b }, { b = both(g).b }, two.init { b = p.b })
    t.is(numeric.distance(new.b, other.b), 0.0, "vectors move as adamw moves them")
    local state = one.init(p)
    t.is(state.v.w:numel(), 0, "a matrix has no mean square")
    t.is(state.v.b:numel(), 2, "a vector has")
end)

local all = { sgd = 0.2, momentum = 0.05, nesterov = 0.05, adagrad = 0.5, rmsprop = 0.05,
    adam = 0.1, adamw = 0.1, adabelief = 0.1, adan = 0.2, adamp = 0.1, sgdp = 0.05,
    sgd_sai = 0.05, lion = 0.05, muon = 0.1 }

t.run("all of them find the least value of a quadratic", function()
    local target = { w = ritz.normal({ 4, 3 }, { key = ritz.key(1), dtype = "f64" }) + 1,
        b = f64 { 0.5, -1 } }
    local weight = ritz.normal({ 4, 3 }, { key = ritz.key(2), dtype = "f64" })
    weight = ritz.square(weight) + 0.2
    local function loss(p)
        return ritz.sum(weight * ritz.square(p.w - target.w)) / 2
            + ritz.sum(ritz.square(p.b - target.b)) / 2
    end
    local names = {}
    for name in next, all do names[#names + 1] = name end
    table.sort(names)
    for _, name in ipairs(names) do
        local schedule = optim.linear { steps = 200 }
        local o = optim[name] { lr = all[name], schedule = schedule }
        local p = { w = ritz.ones({ 4, 3 }, "f64"), b = ritz.zeros({ 2 }, "f64") + 0.1 }
        if name == "muon" then
            o = optim[name] { lr = all[name], schedule = schedule,
                fallback = optim.adam { lr = 0.1 } }
        end
        local s, first = o.init(p), loss(p):item()
        local step = ritz.jit(function(at, state)
            return o.update(at, ritz.grad(loss)(at), state)
        end, { freeze = true })
        for _ = 1, 200 do p, s = step(p, s) end
        t.ok(loss(p):item() < 1e-3 * first, ("%s: %.3g of %.3g is left"):format(name,
            loss(p):item(), first))
    end
end)

t.run("compiled and eager steps have the same bits", function()
    local function tree(k)
        local key = ritz.fold_in(ritz.key(3), k)
        return { w = ritz.normal({ 5, 4 }, { key = key }),
            b = ritz.normal({ 4 }, { key = ritz.fold_in(key, 1) }) }
    end
    for name in next, all do
        local o = optim[name] { lr = 0.01, weight_decay = 0.1, clip_norm = 1.5, clip_value = 1,
            ema = 0.9, schedule = optim.cosine { steps = 10 } }
        local p, q = tree(1), tree(1)
        local s, u = o.init(p), o.init(q)
        local update = ritz.jit(o.update, { donate = { 1, 3 } })
        for i = 2, 4 do
            p, s = o.update(p, tree(i), s)
            q, u = update(q, tree(i), u)
        end
        t.is(ritz.run.digest { p, s }, ritz.run.digest { q, u }, name)
    end
end)

t.done()
