-- no_allocation.lua - steps that are run while every request for memory fails: what
-- `check` is called with is a name, a function, and its arguments.
local ritz = require "ritz"

local nn, optim = ritz.nn, ritz.optim

local function trained(name, model, x, y)
    local adam = optim.adam { lr = 1e-2, clip_norm = 1.0 }
    local function loss(p, u, v, key)
        return nn.cross_entropy(model(p, u, { train = true, key = key }), v)
    end
    local p = model.init { seed = 7 }
    check(name, ritz.jit(function(q, s, u, v, key)
        local l, g = ritz.value_and_grad(loss)(q, u, v, key)
        q, s = adam.update(q, g, s)
        return l, q, s
    end, { donate = { 1, 2 } }), p, adam.init(p), x, y, ritz.key(1))
end

local function normal(...) return ritz.normal({ ... }, { key = ritz.key(1) }) end
local function labels(...) return ritz.randint({ ... }, { high = 4, key = ritz.key(2) }) end

trained("mlp", nn.sequential { nn.linear(300, 64), nn.relu(), nn.dropout(0.5), nn.linear(64, 4) },
    normal(256, 300), labels(256))
trained("conv", nn.sequential { nn.conv2d(1, 8, 3, { padding = "same" }), nn.relu(),
    nn.max_pool2d(), nn.conv2d(8, 8, 3), nn.flatten(), nn.linear(8 * 36, 4) },
    normal(32, 16, 16, 1), labels(32))
trained("transformer", nn.sequential { nn.embedding(4, 16), nn.transformer(16, { heads = 2 }),
    nn.linear(16, 4) }, labels(8, 12), labels(8, 12))
trained("recurrent", nn.sequential { nn.lstm(8, 16, { last = true }), nn.linear(16, 4) },
    normal(16, 10, 8), labels(16))

local a = normal(12, 12)
check("sorting", function(u) return ritz.sort(u), ritz.top_k(u, 3) end, a)
check("gathering", function(u, i) return u:take(i), ritz.scatter_add(u, i, 20) end, a,
    ritz.randint({ 12 }, { high = 12, key = ritz.key(3) }))
check("factorisations", function(u)
    local s = ritz.matmul(u, ritz.permute(u, { 2, 1 })) + ritz.eye(12)
    return ritz.cholesky(s), ritz.solve(s, u), (ritz.eigh(s)), (ritz.svd(u)), (ritz.qr(u))
end, a)
check("loops", function(u)
    local c, ys = ritz.scan(function(c, r) return ritz.tanh(c + r), c * r end, u[1], { xs = u })
    local w = ritz.while_loop(function(v) return ritz.less(v:sum(), 100) end,
        function(v) return v * 1.5 + 1 end, ritz.abs(u[1]))
    return c, ys, w, ritz.cond(ritz.less(u:sum(), 0), function() return u end,
        function() return -u end)
end, a)
check("draws", function(key) return ritz.normal({ 100 }, { key = key }), ritz.split(key, 3) end,
    ritz.key(4))
check("second order", function(p)
    local function loss(q) return ritz.tanh(ritz.matmul(q, a)):sum() end
    return ritz.hessian(ritz.checkpoint(loss))(p)
end, normal(2, 12))
