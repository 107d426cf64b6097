-- test_sequence.lua - attention, recurrent cells and the layers made of them, and
-- normalisation by groups: against plain loops, and their gradients against
-- central differences.

local ritz = require "ritz"
local t = require "tap"
local numeric = require "lua.numeric"

local nn = ritz.nn
local drawn = 0

--- Normal draws in f64, other ones each time.
local function draw(...)
    drawn = drawn + 1
    return ritz.normal({ ... }, { key = ritz.fold_in(ritz.key(11), drawn), dtype = "f64" })
end

local function f64(values) return ritz.tensor(values, "f64") end

local function sigmoid(x) return 1 / (1 + math.exp(-x)) end

local function tanh(x) return 2 * sigmoid(2 * x) - 1 end

t.run("normalisation by root mean square and by groups", function()
    local x, scale, shift = draw(3, 6), draw(6), draw(6)
    local rows, want = x:totable(), {}
    for i, row in ipairs(rows) do
        local sum = 0
        for _, v in ipairs(row) do sum = sum + v * v end
        want[i] = {}
        for k, v in ipairs(row) do want[i][k] = v / math.sqrt(sum / 6 + 0.1) end
    end
    t.near(numeric.distance(ritz.rms_norm(x, { eps = 0.1 }), f64(want)), 0, 1e-14, "rms_norm")
    t.near(numeric.distance(ritz.rms_norm(x, scale, { eps = 0.1 }), f64(want) * scale), 0, 1e-14,
        "scaled")
    t.near(numeric.distance(ritz.rms_norm(x * 7, { eps = 0 }), ritz.rms_norm(x, { eps = 0 })), 0,
        1e-14, "does not see the length")
    numeric.check_gradient("rms_norm", ritz.rms_norm, draw(2, 4), draw(4))

    t.near(numeric.distance(ritz.group_norm(x, scale, shift, { groups = 1 }),
        ritz.layer_norm(x, scale, shift)), 0, 1e-14, "one group is layer_norm")
    local images = draw(2, 3, 3, 4)
    local y = ritz.group_norm(images, { groups = 2, eps = 0 })
    for i = 1, 2 do
        for group = 1, 2 do
            local part = ritz.slice(y[i], 3, 2 * group - 1, 2 * group)
            t.near(ritz.mean(part):item(), 0, 1e-14, "mean 0")
            t.near(ritz.var(part):item(), 1, 1e-13, "variance 1")
        end
    end
    local alone = ritz.reshape(images[2], { 1, 3, 3, 4 })
    t.near(numeric.distance(ritz.group_norm(alone, { groups = 2, eps = 0 })[1], y[2]), 0, 1e-14,
        "rows do not see each other")
    numeric.check_gradient("group_norm", function(v, s, b)
        return ritz.group_norm(v, s, b, { groups = 2 })
    end, draw(2, 3, 4), draw(4), draw(4))
    t.throws("group_norm: groups must divide the channels, got 3 for f64[2,3,3,4]", function()
        ritz.group_norm(images, { groups = 3 })
    end, "groups that do not divide")
    t.throws("group_norm: wants x [rows, ..., channels], got f64[4]", function()
        ritz.group_norm(draw(4), { groups = 2 })
    end, "no rows")
    t.throws("rms_norm: scale must be [6], one for each channel of f64[3,6], got f64[5]",
        function() ritz.rms_norm(x, draw(5)) end, "scale")
end)

--- Attention of one head by loops, over lists of rows; sees(i, j).
local function attend(q, k, v, scale, sees)
    local y = {}
    for i, row in ipairs(q) do
        local weights, sum = {}, 0
        for j, other in ipairs(k) do
            local dot = 0
            for c = 1, #row do dot = dot + row[c] * other[c] end
            weights[j] = sees(i, j) and math.exp(dot * scale) or 0
            sum = sum + weights[j]
        end
        y[i] = {}
        for c = 1, #v[1] do
            y[i][c] = 0
            for j = 1, #k do y[i][c] = y[i][c] + weights[j] / sum * v[j][c] end
        end
    end
    return y
end

local function all() return true end

--- Columns first..last of every row.
local function columns(rows, first, last)
    local part = {}
    for i, row in ipairs(rows) do part[i] = table.move(row, first, last, 1, {}) end
    return part
end

t.run("attention", function()
    local q, k, v = draw(3, 4), draw(5, 4), draw(5, 2)
    local a, b, c = q:totable(), k:totable(), v:totable()
    t.near(numeric.distance(ritz.attention(q, k, v), f64(attend(a, b, c, 0.5, all))), 0, 1e-14,
        "of one head")
    t.near(numeric.distance(ritz.attention(q, k, v, { scale = 2 }),
        f64(attend(a, b, c, 2, all))), 0, 1e-13, "another scale")
    t.near(numeric.distance(ritz.attention(q, k, v, { causal = true }),
        f64(attend(a, b, c, 0.5, function(i, j) return j <= i + 2 end))), 0, 1e-14,
        "causal: the last of both are at the same time")
    local mask = f64 { { 1, 0, 0, 1, 0 }, { 0, 1, 1, 1, 0 }, { 1, 1, 1, 1, 1 } }
    local rows = mask:totable()
    t.near(numeric.distance(ritz.attention(q, k, v, mask),
        f64(attend(a, b, c, 0.5, function(i, j) return rows[i][j] ~= 0 end))), 0, 1e-14, "a mask")
    local two = ritz.attention(q, k, v, { heads = 2 })
    for head = 1, 2 do
        local first = 2 * head - 1
        local want = attend(columns(a, first, first + 1), columns(b, first, first + 1),
            columns(c, head, head), 1 / math.sqrt(2), all)
        t.near(numeric.distance(ritz.slice(two, 2, head, head), f64(want)), 0, 1e-14,
            ("head %d of 2"):format(head))
    end
    local blind = ritz.attention(q, k, v, ritz.zeros({ 3, 5 }, "f64"))
    t.near(numeric.distance(blind[1], ritz.mean(v, 1)), 0, 1e-14, "who sees none sees all alike")
    -- What is hidden does not matter, to the last bit, not even its gradient.
    local other = ritz.concatenate { ritz.slice(k, 1, 1, 4), draw(1, 4) * 100 }
    t.is(numeric.distance(ritz.attention(q, other, v, { causal = true })[1],
        ritz.attention(q, k, v, { causal = true })[1]), 0.0, "a later key is not seen")
    -- A batch, with a mask for each entry.
    local many = { draw(2, 3, 4), draw(2, 5, 4), draw(2, 5, 4) }
    local masks = ritz.where(ritz.less(draw(2, 3, 5), 0.5), 1, 0)
    local whole = ritz.attention(many[1], many[2], many[3], masks, { heads = 2 })
    for i = 1, 2 do
        t.near(numeric.distance(whole[i], ritz.attention(many[1][i], many[2][i], many[3][i],
            masks[i], { heads = 2 })), 0, 1e-14, "an entry of a batch")
    end
    numeric.check_gradient("attention", function(x, y, z)
        return ritz.attention(x, y, z, { heads = 2, causal = true })
    end, draw(3, 4), draw(3, 4), draw(3, 4))
    local mapped = ritz.vmap(function(x, y, z)
        return ritz.attention(x, y, z, { heads = 2, causal = true })
    end)(table.unpack(many))
    t.near(numeric.distance(mapped, ritz.attention(many[1], many[2], many[3],
        { heads = 2, causal = true })), 0, 1e-14, "vmap")
    t.throws("attention: wants q [..., n, d], k [..., m, d] and v [..., m, e], got f64[3,4],",
        function() ritz.attention(q, draw(5, 3), v) end, "widths")
    t.throws("attention: heads must divide the last axes, got 4 for f64[3,4] and f64[5,2]",
        function() ritz.attention(q, k, v, { heads = 4 }) end, "heads")
end)

t.run("cells", function()
    local n = 3
    local z, c = draw(4 * n), draw(n)
    local zs, cs, h_want, c_want = z:totable(), c:totable(), {}, {}
    for k = 1, n do
        local i, f, g, o = zs[k], zs[n + k], zs[2 * n + k], zs[3 * n + k]
        c_want[k] = sigmoid(f) * cs[k] + sigmoid(i) * tanh(g)
        h_want[k] = sigmoid(o) * tanh(c_want[k])
    end
    local h_new, c_new = ritz.lstm_cell(z, c)
    t.near(numeric.distance(h_new, h_want), 0, 1e-14, "lstm_cell: state")
    t.near(numeric.distance(c_new, c_want), 0, 1e-14, "lstm_cell: memory")
    local x, u, h = draw(3 * n), draw(3 * n), draw(n)
    local xs, us, hs, want = x:totable(), u:totable(), h:totable(), {}
    for k = 1, n do
        local r, keep = sigmoid(xs[k] + us[k]), sigmoid(xs[n + k] + us[n + k])
        local candidate = tanh(xs[2 * n + k] + r * us[2 * n + k])
        want[k] = (1 - keep) * candidate + keep * hs[k]
    end
    t.near(numeric.distance(ritz.gru_cell(x, u, h), want), 0, 1e-14, "gru_cell")
    numeric.check_gradient("lstm_cell", function(a, b)
        return ritz.concatenate { ritz.lstm_cell(a, b) }
    end, draw(2, 8), draw(2, 2))
    numeric.check_gradient("gru_cell", ritz.gru_cell, draw(2, 6), draw(2, 6), draw(2, 2))
    t.throws("lstm_cell: argument 1 must be 4 times as wide as the last, f64[3], got f64[9]",
        function() ritz.lstm_cell(x, c) end, "width")
end)

t.run("recurrent layers", function()
    local x = draw(2, 5, 3)
    local lstm, gru = nn.lstm(3, 4), nn.gru(3, 4)
    local p, q = lstm.init { seed = 1, dtype = "f64" }, gru.init { seed = 1, dtype = "f64" }
    t.is(numeric.distance(ritz.slice(p.b, 1, 5, 8), { 1, 1, 1, 1 }), 0.0, "forget gates begin open")
    for part = 0, 3 do
        local u = ritz.slice(p.u, 2, 4 * part + 1, 4 * part + 4)
        t.near(numeric.distance(ritz.matmul(ritz.permute(u, { 2, 1 }), u), ritz.eye(4, "f64")), 0,
            1e-14, "weights of the state are orthogonal")
    end
    -- By hand, one step after the other.
    local h = ritz.zeros({ 2, 4 }, "f64")
    local c, g = h, h
    local hs, gs = {}, {}
    for step = 1, 5 do
        local at = ritz.reshape(ritz.slice(x, 2, step, step), { 2, 3 })
        h, c = ritz.lstm_cell(ritz.linear(at, p.w, p.b) + ritz.matmul(h, p.u), c)
        g = ritz.gru_cell(ritz.linear(at, q.w, q.b), ritz.linear(g, q.u, q.c), g)
        hs[step], gs[step] = ritz.reshape(h, { 2, 1, 4 }), ritz.reshape(g, { 2, 1, 4 })
    end
    t.near(numeric.distance(lstm(p, x), ritz.concatenate(hs, 2)), 0, 1e-14, "lstm")
    t.near(numeric.distance(gru(q, x), ritz.concatenate(gs, 2)), 0, 1e-14, "gru")
    t.near(numeric.distance(nn.lstm(3, 4, { last = true })(p, x), h), 0, 1e-14, "its last state")
    t.near(numeric.distance(nn.gru(3, 4, { last = true })(q, x), g), 0, 1e-14, "of a gru too")
    t.near(numeric.distance(lstm(p, x[2]), lstm(p, x)[2]), 0, 1e-14, "one sequence")
    local backward = ritz.concatenate({ ritz.slice(x, 2, 5, 5), ritz.slice(x, 2, 4, 4),
        ritz.slice(x, 2, 3, 3), ritz.slice(x, 2, 2, 2), ritz.slice(x, 2, 1, 1) }, 2)
    t.near(numeric.distance(nn.gru(3, 4, { reverse = true, last = true })(q, backward), g), 0,
        1e-14, "from the last step on")
    for _, l in ipairs { lstm, gru } do
        local params = l.init { seed = 2, dtype = "f64" }
        local names, leaves = ritz.tree.names(params), ritz.tree.leaves(params)
        numeric.check_gradient(l.kind .. " in " .. table.concat(names, ", "), function(...)
            local values, i = { ... }, 0
            local filled = ritz.tree.map(function()
                i = i + 1
                return values[i]
            end, params)
            return l(filled, ritz.slice(x, 2, 1, 3))
        end, table.unpack(leaves))
    end
    t.is(tostring(lstm), "lstm 3-4", "prints as it is")
    t.throws("lstm: parameters with u wanted, as init gives them, got nothing",
        function() lstm(nil, x) end, "no parameters")
end)

t.run("blocks", function()
    local x = draw(2, 5, 6)
    local a = nn.attention(6, { heads = 3, causal = true })
    local p = a.init { seed = 1, dtype = "f64" }
    local z = ritz.linear(x, p.qkv.w, p.qkv.b)
    local function part(i) return ritz.slice(z, 3, 6 * i - 5, 6 * i) end
    t.is(numeric.distance(a(p, x), ritz.linear(ritz.attention(part(1), part(2), part(3),
        { heads = 3, causal = true }), p.out.w, p.out.b)), 0.0, "attention of x with itself")
    local r = nn.residual { nn.linear(6, 6), nn.tanh() }
    local rp = r.init { seed = 1, dtype = "f64" }
    t.is(numeric.distance(r(rp, x), x + ritz.tanh(ritz.linear(x, rp.linear_1.w, rp.linear_1.b))),
        0.0, "residual")
    local b = nn.transformer(6, { heads = 2, norm = "rms_norm" })
    local bp = b.init { seed = 1, dtype = "f64" }
    local first, second = bp.attention, bp.dense
    local h = x + nn.attention(6, { heads = 2 })(first.attention_1,
        ritz.rms_norm(x, first.rms_norm_1.scale))
    local wide = ritz.gelu(ritz.linear(ritz.rms_norm(h, second.rms_norm_1.scale),
        second.linear_1.w, second.linear_1.b))
    t.is(second.linear_1.w.shape[2], 24, "four times as wide inside")
    t.is(numeric.distance(b(bp, x), h + ritz.linear(wide, second.linear_2.w, second.linear_2.b)),
        0.0, "transformer")
    -- Causal: what comes later changes nothing before.
    local causal = nn.transformer(6, { heads = 2, causal = true })
    local cp = causal.init { seed = 1, dtype = "f64" }
    local later = ritz.concatenate({ ritz.slice(x, 2, 1, 3), draw(2, 2, 6) }, 2)
    t.is(numeric.distance(ritz.slice(causal(cp, x), 2, 1, 3),
        ritz.slice(causal(cp, later), 2, 1, 3)), 0.0, "later steps are not seen")
    local position = nn.position(8, 6)
    local pp = position.init { seed = 1, dtype = "f64" }
    t.is(numeric.distance(position(pp, x) - x, (x + ritz.slice(pp.w, 1, 1, 5)) - x), 0.0,
        "positions are added")
    t.throws("position: at most 8 steps wanted, got 9", function() position(pp, draw(9, 6)) end,
        "too many steps")
    t.throws("attention: heads must divide the size 6, got 4",
        function() nn.attention(6, { heads = 4 }) end, "heads")
    t.is(tostring(nn.sequential { nn.position(8, 6), causal }),
        "position 8-6  transformer 6, 2 heads", "printed")
    local q = nn.linear(5, 7, { init = "orthogonal" }).init { seed = 1, dtype = "f64" }.w
    t.near(numeric.distance(ritz.matmul(q, ritz.permute(q, { 2, 1 })), ritz.eye(5, "f64")), 0,
        1e-14, "an orthogonal matrix has orthonormal rows")
end)

t.run("they learn, with the same bits for any number of threads", function()
    -- Sequences of 0 and 1: is the number of ones odd, and for attention, are the
    -- first and the last the same? No single element says so, nor a mean.
    local bits = ritz.randint({ 512, 6 }, { low = 0, high = 1, key = ritz.key(2) })
    local sum = ritz.sum(bits:to("f32"), 2)
    local odd = { x = bits + 1, y = (ritz.mod(sum, 2) + 1):to("i64") }
    local function column(i) return ritz.reshape(ritz.slice(bits, 2, i, i), { 512 }) end
    local same = { x = bits + 1, y = ritz.equal(column(1), column(6)):to("i64") + 1 }
    local models = {
        { "lstm", odd, nn.sequential { nn.embedding(2, 8), nn.lstm(8, 16, { last = true }),
            nn.linear(16, 2) } },
        { "gru", odd, nn.sequential { nn.embedding(2, 8), nn.gru(8, 16, { last = true }),
            nn.linear(16, 2) } },
        { "transformer", same, nn.sequential { nn.embedding(2, 16), nn.position(6, 16),
            nn.transformer(16, { heads = 2 }), function(x) return ritz.mean(x, 2) end,
            nn.linear(16, 2) } },
    }
    local before = ritz.run.threads()
    for _, entry in ipairs(models) do
        local name, set, model = table.unpack(entry)
        local function train(threads, epochs)
            ritz.run.threads(threads)
            return ritz.train { model = model, data = set, batch = 64, epochs = epochs, seed = 3,
                plot = false, optim = ritz.optim.adam { lr = 0.01 },
                loss = function(p, batch, ctx)
                    local logits = model(p, batch.x, ctx)
                    return nn.cross_entropy(logits, batch.y),
                        { accuracy = nn.accuracy(logits, batch.y) }
                end }
        end
        local fit = train(1, 40)
        t.ok(fit.train.accuracy > 0.95, ("%s: accuracy %.3f"):format(name, fit.train.accuracy))
        local digest = ritz.run.digest(train(1, 2).params)
        for threads = 2, 4 do
            t.is(ritz.run.digest(train(threads, 2).params), digest,
                ("%s: %d threads"):format(name, threads))
        end
    end
    ritz.run.threads(before)
end)

t.done()
