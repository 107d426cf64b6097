-- test_layers.lua - layers of ritz.nn: parameters, initialisers, state, paths.

local ritz = require "ritz"
local t = require "tap"
local numeric = require "lua.numeric"

local nn = ritz.nn

local function moments(x)
    return ritz.mean(x):item(), ritz.var(x):item()
end

t.run("initialisers have the variances they are named for", function()
    local n_in, n_out = 400, 250
    local n = n_in * n_out
    local want = {
        he_normal = 2 / n_in, he_uniform = 2 / n_in,
        glorot_normal = 2 / (n_in + n_out), glorot_uniform = 2 / (n_in + n_out),
        lecun_normal = 1 / n_in, lecun_uniform = 1 / n_in, normal = 1,
    }
    for name, variance in next, want do
        local p = nn.linear(n_in, n_out, { init = name }).init { seed = 3, dtype = "f64" }
        local mean, var = moments(p.w)
        -- A sample variance of n normal draws has deviation variance sqrt(2 / n),
        -- of uniform ones less; 4.42 deviations are passed once in 100,000 seeds.
        t.near(var, variance, 4.42 * variance * math.sqrt(2 / n), name .. ": variance")
        t.near(mean, 0, 4.42 * math.sqrt(variance / n), name .. ": mean")
        t.is(ritz.max(ritz.abs(p.b)):item(), 0.0, name .. ": the bias starts at 0")
        if name:find("uniform", 1, true) then
            t.ok(ritz.max(ritz.abs(p.w)):item() <= math.sqrt(3 * variance), name .. ": bounds")
        end
    end
    local c = nn.conv2d(8, 32, 5).init { seed = 3 }
    local _, var = moments(c.w)
    t.near(var, 2 / 200, 4.42 * 2 / 200 * math.sqrt(2 / 6400), "conv2d: kernel size times n_in")
    local ones = nn.linear(2, 2, { init = "ones" }).init {}
    t.is(ritz.sum(ones.w):item(), 4.0, "ones")
    local own = nn.linear(2, 3, { init = function(shape, _, dtype, n_i, n_o)
        return ritz.full(shape, n_i * 10 + n_o, dtype)
    end }).init {}
    t.is(own.w[1][1]:item(), 23.0, "a function of one's own")
end)

t.run("draws depend on seed and path only", function()
    local function weights(layers, seed)
        return nn.sequential(layers).init { seed = seed }
    end
    local a = weights({ nn.linear(4, 5), nn.relu(), nn.linear(5, 2) }, 1)
    local b = weights({ nn.linear(4, 5), nn.dropout(0.1), nn.tanh(), nn.linear(5, 2),
        nn.linear(2, 2) }, 1)
    t.is(numeric.distance(a.linear_1.w, b.linear_1.w), 0.0, "a layer added leaves the first")
    t.is(numeric.distance(a.linear_2.w, b.linear_2.w), 0.0, "and the second as they were")
    t.ok(numeric.distance(b.linear_2.w, weights({ nn.linear(5, 2) }, 2).linear_1.w) > 0.1,
        "another seed, others")
    local twice = weights({ nn.linear(3, 3), nn.linear(3, 3) }, 1)
    t.ok(numeric.distance(twice.linear_1.w, twice.linear_2.w) > 0.1, "two layers differ")
    local named = weights({ nn.linear(4, 5, { name = "first" }) }, 1)
    t.is(named.first.w.shape[2], 5, "a name of one's own")
    t.is(nn.count(a), 4 * 5 + 5 + 5 * 2 + 2, "count")
    t.is(nn.linear(2, 2).init { seed = 1, dtype = "f64" }.w.dtype, "f64", "dtype")
end)

t.run("layers compute what their functions do", function()
    local x = ritz.normal({ 3, 4 }, { key = ritz.key(1) })
    local model = nn.sequential {
        nn.linear(4, 6), nn.tanh(), nn.sequential { nn.layer_norm(6), nn.linear(6, 2) }, ritz.exp,
    }
    local p = model.init { seed = 2 }
    local inner = p.sequential_1
    local h = ritz.tanh(ritz.linear(x, p.linear_1.w, p.linear_1.b))
    h = ritz.layer_norm(h, inner.layer_norm_1.scale, inner.layer_norm_1.shift)
    h = ritz.exp(ritz.linear(h, inner.linear_1.w, inner.linear_1.b))
    t.is(numeric.distance(model(p, x), h), 0.0, "a sequence in a sequence, and a plain function")
    t.is(select("#", model(p, x)), 1, "gives no state when nothing is remembered")
    t.is(select("#", model.init {}), 1, "nor does init")
    t.is(tostring(model), "linear 4-6  tanh  layer_norm 6  linear 6-2  exp", "prints as its layers")
    local images = ritz.normal({ 2, 4, 4, 1 }, { key = ritz.key(2) })
    local conv = nn.conv2d(1, 3, 3, { padding = "same", bias = false })
    local cp = conv.init { seed = 1 }
    t.is(cp.b, nil, "no bias")
    t.is(numeric.distance(conv(cp, images), ritz.conv2d(images, cp.w, { padding = "same" })), 0.0,
        "conv2d")
    t.is(numeric.distance(nn.max_pool2d()({}, images), ritz.max_pool2d(images)), 0.0, "max_pool2d")
    t.is(numeric.distance(nn.avg_pool2d(4)({}, images), ritz.mean(images, { 2, 3 })), 0.0,
        "avg_pool2d")
    t.is(table.concat(nn.flatten()({}, images).shape, ","), "2,16", "flatten")
    t.is(table.concat(nn.flatten(2)({}, images).shape, ","), "2,4,4", "flatten the last two")
    t.is(numeric.distance(nn.gelu { approximate = "tanh" }({}, x), ritz.gelu(x, "tanh")), 0.0,
        "gelu")
    t.is(numeric.distance(nn.leaky_relu { slope = 0.2 }({}, x), ritz.leaky_relu(x, 0.2)), 0.0,
        "leaky_relu")
    local e = nn.embedding(5, 3)
    local ep = e.init { seed = 1 }
    local index = ritz.tensor({ 5, 1 }, "i64")
    t.is(numeric.distance(e(ep, index), ritz.embedding(ep.w, index)), 0.0, "embedding")
    local fast = ritz.jit(function(q, v) return (model(q, v)) end)
    t.is(numeric.distance(fast(p, x), h), 0.0, "compiled")
end)

t.run("a single example passes through flatten", function()
    local model = nn.sequential { nn.flatten(), nn.linear(12, 8), nn.relu(), nn.linear(8, 3) }
    local p = model.init { seed = 1, dtype = "f64" }
    local function normal(...) return ritz.normal({ ... }, { key = ritz.key(2), dtype = "f64" }) end
    local cases = { { { 5, 2, 3, 2 }, "5,3" }, { { 1, 2, 3, 2 }, "1,3" }, { { 2, 3, 2 }, "3" },
        { { 5, 12 }, "5,3" }, { { 5, 1, 3, 4 }, "5,3" }, { { 4, 3, 1 }, "3" } }
    for _, case in ipairs(cases) do
        t.is(table.concat(model(p, normal(table.unpack(case[1]))).shape, ","), case[2],
            "of " .. table.concat(case[1], ","))
    end
    local x, y = normal(4, 2, 3, 2), ritz.tensor({ 1, 3, 2, 3 }, "i64")
    local function loss(q, batch) return nn.cross_entropy(model(q, batch.x), batch.y) end
    local function norm_of(u, v)
        local g = ritz.grad(loss)(p, { x = u, y = v })
        return ritz.norm(g.linear_1.w) + ritz.norm(g.linear_2.b)
    end
    local norms = ritz.vmap(norm_of)(x, y)
    for i = 1, 4 do
        t.near(norms[i]:item(), norm_of(x[i], y[i]):item(), 1e-14, "gradient of example " .. i)
        local one = norm_of(x[{ { i, i } }], y[{ { i, i } }])
        t.near(norms[i]:item(), one:item(), 1e-14, "as a batch of one " .. i)
    end
    t.throws("linear", function() model(p, normal(5, 7)) end, "elements that fit nothing")
end)

t.run("batch_norm remembers", function()
    local model = nn.sequential { nn.linear(2, 3), nn.batch_norm(3, { momentum = 0.5 }), nn.relu() }
    local p, state = model.init { seed = 1 }
    local x = ritz.normal({ 16, 2 }, { key = ritz.key(4) })
    t.is(ritz.sum(state.batch_norm_1.var):item(), 3.0, "state starts at mean 0 and variance 1")
    local _, after = model(p, x, { train = true, state = state })
    local h = ritz.linear(x, p.linear_1.w, p.linear_1.b)
    t.near(numeric.distance(after.batch_norm_1.mean, ritz.mean(h, 1) * 0.5), 0, 1e-6,
        "moves in training")
    local _, same = model(p, x, { train = false, state = after })
    t.is(numeric.distance(same.batch_norm_1.mean, after.batch_norm_1.mean), 0.0, "else it stays")
    t.throws("batch_norm: ctx.state is missing", function() model(p, x) end, "no state")
end)

t.run("dropout draws from ctx.key", function()
    local model = nn.sequential { nn.dropout(0.5), nn.sequential { nn.dropout(0.5) } }
    local x = ritz.ones { 64 }
    local function run(seed) return model({}, x, { train = true, key = ritz.key(seed) }) end
    t.is(numeric.distance(run(1), run(1)), 0.0, "the same key, the same elements")
    t.ok(numeric.distance(run(1), run(2)) > 0, "another key, others")
    local zeros = 64 - ritz.sum(ritz.not_equal(run(1), 0)):item()
    -- Were both layers given one key, half would be 0; independent, three in four
    -- (deviation 3.5).
    t.near(zeros, 48, 14, "each layer has a key of its own")
    t.is(numeric.distance(model({}, x), x), 0.0, "out of training nothing is dropped")
    t.throws("dropout: ctx.key is missing", function() model({}, x, { train = true }) end, "no key")
end)

t.run("what is refused", function()
    t.throws("linear: n_in must be a whole number from 1, got 0",
        function() nn.linear(0, 2) end, "size")
    t.throws("linear: n_out must be a whole number from 1, got nothing",
        function() nn.linear(2) end, "missing size")
    t.throws('linear: unknown option "bais": did you mean "bias"?',
        function() nn.linear(2, 2, { bais = 1 }) end, "option")
    t.throws('unknown initialiser "he_norml"; did you mean he_normal?', function()
        nn.linear(2, 2, { init = "he_norml" })
    end, "initialiser")
    t.throws("init must be a name or a function, got 1", function()
        nn.linear(2, 2, { init = 1 })
    end, "initialiser of another kind")
    t.throws('init: unknown option "sed": did you mean "seed"?',
        function() nn.linear(2, 2).init { sed = 1 } end, "init")
    t.throws("sequential: entry 2 must be a layer or a function, got 3", function()
        nn.sequential { nn.relu(), 3 }
    end, "entry")
    t.throws("sequential: a list of layers wanted, got one layer",
        function() nn.sequential(nn.relu()) end, "no list")
    t.throws('sequential: names must differ, got "a" twice', function()
        nn.sequential { nn.linear(1, 1, { name = "a" }), nn.linear(1, 1, { name = "a" }) }
    end, "names")
    t.throws("linear: parameters with w wanted, as init gives them, got nothing", function()
        nn.sequential { nn.linear(1, 1) }({}, ritz.ones { 1, 1 })
    end, "parameters of another model")
    t.throws("max_pool2d: size must be a whole number from 1, got 0",
        function() nn.max_pool2d(0) end, "window")
    t.throws("avg_pool2d: size must be a whole number from 1, got nothing",
        function() nn.avg_pool2d { 2 } end, "half a window")
    t.throws("dropout: rate must be 0 to below 1, got 1", function() nn.dropout(1) end,
        "rate")
end)

t.done()
