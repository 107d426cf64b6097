-- ritz.scan against unrolled loops: values to the last bit,
-- derivatives of every kind and order, batches, nesting, and what is refused.

local t = require "tap"
local ritz = require "ritz"
local exhaust = require "lua.exhaust"

--- The same loop as ordinary Lua.
local function unroll(f, init, options)
    local carry, rows = init, {}
    local length = options.length or #options.xs
    for i = 1, length do
        local at = options.reverse and length + 1 - i or i
        local x = options.xs and options.xs[at] or nil
        local y
        carry, y = f(carry, x)
        rows[at] = y and y:reshape { 1, table.unpack(y.shape) }
    end
    return carry, #rows > 0 and ritz.concatenate(rows, 1) or nil
end

local function bits(a, b, name)
    local p, q = a:reshape { -1 }:totable(), b:reshape { -1 }:totable()
    local same = a.dtype == b.dtype and #p == #q
    for i = 1, #p do same = same and p[i] == q[i] end
    t.ok(same, name)
    if not same then t.note(tostring(a) .. " against " .. tostring(b)) end
end

local function close(a, b, name, tolerance)
    local worst = (a - b):abs():max():item() / math.max(1, b:abs():max():item())
    t.ok(worst <= (tolerance or 1e-12), name)
    if worst > (tolerance or 1e-12) then t.note("difference " .. worst) end
end

local function random(seed, ...)
    return ritz.normal { shape = { ... }, key = ritz.key(seed), dtype = "f64" }
end

t.run("values", function()
    local xs = random(1, 5, 3)
    local function f(c, x) return (c * x):tanh() + x, c * 2 end
    for _, reverse in ipairs { false, true } do
        local a, ys = ritz.scan(f, xs[1], { xs = xs, reverse = reverse })
        local b, zs = unroll(f, xs[1], { xs = xs, reverse = reverse })
        bits(a, b, "the last carry, reverse " .. tostring(reverse))
        bits(ys, zs, "what is stacked, reverse " .. tostring(reverse))
    end
    local a, ys = ritz.scan(function(c) return c * 3 end, ritz.tensor { 1, 2 }, { length = 4 })
    bits(a, ritz.tensor { 81, 162 }, "a loop of a length, without elements")
    t.ok(ys == nil, "nothing is stacked")
    t.is(ritz.scan(function(c) return c * 2 end, 1, { length = 10 }), 1024.0,
        "a number that is carried stays one")
    local sum = ritz.scan(function(c, x) return c + x:sum() end, 0, { xs = xs })
    t.is(sum.dtype, "f64", "a number that meets a tensor takes its dtype")
    local swapped = ritz.scan(function(c) return { a = c.b, b = c.a } end, { a = 1, b = 2 },
        { length = 3 })
    t.is(swapped.a, 2.0, "carries change places")
    t.is(swapped.b, 1.0, "carries change places")
end)

t.run("trees", function()
    local carry, out = ritz.scan(function(c, x)
        return { n = c.n + 1, pair = { c.pair[2], c.pair[1] + x.u }, name = "kept" },
            { sum = c.pair[1] + x.v, twice = { x.u * 2 } }
    end, { n = 0, pair = { ritz.zeros { 2 }, ritz.ones { 2 } }, name = "kept" },
        { xs = { u = ritz.ones { 4, 2 }, v = ritz.arange(4) } })
    t.is(carry.n, 4.0, "a counter")
    t.is(carry.name, "kept", "what is no tensor stays")
    t.is(table.concat(carry.pair[1]:totable(), " "), "2.0 2.0", "the tree of the carry")
    t.is(#out.sum.shape, 2, "the tree of the results")
    t.is(out.twice[1].shape[1], 4, "the tree of the results, a list")
end)

t.run("length 0 and 1", function()
    for n = 0, 1 do
        local xs = ritz.ones({ n, 2 }, "f64")
        local a, ys = ritz.scan(function(c, x) return c * 2 + x, c end, ritz.ones({ 2 },
            "f64"), { xs = xs })
        bits(a, ritz.tensor(n == 0 and { 1, 1 } or { 3, 3 }, "f64"), "the last carry of " .. n)
        t.is(ys.shape[1], n, "as many results")
        local g = ritz.grad(function(c) return (ritz.scan(function(s, x) return s * s + x end,
            c, { xs = xs })):sum() end)
        bits(g(ritz.ones({ 2 }, "f64")), ritz.tensor(n == 0 and { 1, 1 } or { 2, 2 }, "f64"),
            "the gradient of " .. n)
    end
end)

--- A small recurrent net, all of whose inputs have derivatives.
local function rnn(loop)
    return function(p)
        local last, ys = loop(function(h, x)
            h = (x:matmul(p.w) + h:matmul(p.u) + p.b):tanh()
            return h, (h * h):sum()
        end, p.h, { xs = p.xs })
        return last:sin():sum() + ys:sum() * 0.5
    end
end

local function parameters()
    return {
        w = random(1, 3, 4) * 0.5, u = random(2, 4, 4) * 0.5, b = random(3, 4),
        h = random(4, 2, 4), xs = random(5, 6, 2, 3),
    }
end

t.run("derivatives", function()
    local p, v = parameters(), {}
    for k, x in pairs(p) do v[k] = random(#k + 20, table.unpack(x.shape)) end
    local f, g = rnn(ritz.scan), rnn(unroll)
    bits(f(p), g(p), "the value")
    local a, b = ritz.grad(f)(p), ritz.grad(g)(p)
    for _, k in ipairs { "b", "h", "u", "w", "xs" } do
        close(a[k], b[k], "reverse mode, " .. k)
    end
    local _, ta = ritz.jvp(f, p, v)
    local _, tb = ritz.jvp(g, p, v)
    close(ta, tb, "forward mode")
    local along = 0
    for k in pairs(p) do along = along + (a[k] * v[k]):sum() end
    close(ta, along, "forward against reverse")
    local _, ha = ritz.jvp(function(q) return (ritz.grad(f)(q)) end, p, v)
    local _, hb = ritz.jvp(function(q) return (ritz.grad(g)(q)) end, p, v)
    local function slope(h)
        return function(q)
            local _, d = ritz.jvp(h, q, v)
            return d
        end
    end
    local ra, rb = ritz.grad(slope(f))(p), ritz.grad(slope(g))(p)
    local function squared(h)
        return function(q)
            local d, s = ritz.grad(h)(q), 0
            for _, k in ipairs { "b", "h", "u", "w", "xs" } do s = s + (d[k] * d[k]):sum() end
            return s
        end
    end
    local sa, sb = ritz.grad(squared(f))(p), ritz.grad(squared(g))(p)
    for _, k in ipairs { "b", "h", "u", "w", "xs" } do
        close(ha[k], hb[k], "forward over reverse, " .. k)
        close(ra[k], rb[k], "reverse over forward, " .. k)
        close(sa[k], sb[k], "reverse over reverse, " .. k)
    end
end)

--- A gated net with its four gates side by side, rows of a batch and a bias:
-- the sums of its gradients are products outside of the loop.
local function gated(loop)
    return function(p)
        local z = ritz.zeros({ 3, 4 }, "f64")
        local last = loop(function(s, x)
            local a = x:matmul(p.w) + s.h:matmul(p.u) + p.b
            local i, f = a:slice(2, 1, 4):sigmoid(), a:slice(2, 5, 8):sigmoid()
            local o, u = a:slice(2, 9, 12):sigmoid(), a:slice(2, 13, 16):tanh()
            local c = f * s.c + i * u
            return { h = o * c:tanh(), c = c }, (c * p.scale):sum()
        end, { h = z, c = z }, { xs = p.xs })
        return last.h:sin():sum()
    end
end

t.run("a gated net", function()
    local p = {
        w = random(1, 2, 16), u = random(2, 4, 16), b = random(3, 16),
        scale = random(4, 4), xs = random(5, 7, 3, 2),
    }
    local keys = { "b", "scale", "u", "w", "xs" }
    bits(gated(ritz.scan)(p), gated(unroll)(p), "the value")
    local a, b = ritz.grad(gated(ritz.scan))(p), ritz.grad(gated(unroll))(p)
    for _, k in ipairs(keys) do close(a[k], b[k], "the gradient, " .. k) end
    local _, ha = ritz.jvp(ritz.grad(gated(ritz.scan)), p, p)
    local _, hb = ritz.jvp(ritz.grad(gated(unroll)), p, p)
    for _, k in ipairs(keys) do close(ha[k], hb[k], "the Hessian times p, " .. k) end
    local c = ritz.jit(ritz.grad(gated(ritz.scan)))(p)
    for _, k in ipairs(keys) do bits(a[k], c[k], "jitted, " .. k) end
end)

t.run("jit and eager have the same bits", function()
    local p = parameters()
    local step = function(q) return ritz.value_and_grad(rnn(ritz.scan))(q) end
    local l, g = step(p)
    local m, h = ritz.jit(step)(p)
    bits(l, m, "the value")
    for k in pairs(p) do bits(g[k], h[k], "the gradient, " .. k) end
end)

t.run("batches", function()
    local xs, c, w = random(1, 5, 4, 1, 3), random(2, 4, 1, 3), random(3, 3, 3)
    local function f(h, x, m)
        return ritz.scan(function(s, e) return (s:matmul(m) + e):tanh(), s end, h, { xs = x })
    end
    local a, ys = ritz.vmap(f, { in_axes = { 1, 2, false } })(c, xs, w)
    for i = 1, 4 do
        local b, zs = f(c[i], xs:permute { 2, 1, 3, 4 }[i], w)
        close(a[i], b, "carry of element " .. i)
        close(ys[i], zs, "results of element " .. i)
    end
    local loss = function(h, x, m) return (f(h, x, m)):sum() end
    local each = ritz.vmap(ritz.grad(loss, { wrt = 3 }), { in_axes = { 1, 2, false } })(c, xs, w)
    for i = 1, 4 do
        close(each[i], ritz.grad(loss, { wrt = 3 })(c[i], xs:permute { 2, 1, 3, 4 }[i], w),
            "gradient of element " .. i)
    end
    local shared, counts = ritz.vmap(function(e)
        return ritz.scan(function(s) return { k = s.k + 1, z = s.z * e }, s.k end,
            { k = 0, z = ritz.ones({}, "f64") }, { length = 3 })
    end)(random(7, 2))
    t.is(shared.k:totable()[2], 3.0, "a carry without a batch")
    t.is(counts.shape[1], 2, "its results have one")
    t.is(counts.shape[2], 3, "behind which are the steps")
end)

t.run("a scan in a scan", function()
    local x = random(1, 3)
    local function f(loop)
        return function(z)
            local out = loop(function(a)
                local b = loop(function(c) return (c * a):sin() + z end, a, { length = 3 })
                return b * 0.5
            end, z, { length = 2 })
            return out:sum()
        end
    end
    bits(f(ritz.scan)(x), f(unroll)(x), "the value")
    local a, b = ritz.grad(f(ritz.scan)), ritz.grad(f(unroll))
    close(a(x), b(x), "the gradient")
    local _, ha = ritz.jvp(a, x, x)
    local _, hb = ritz.jvp(b, x, x)
    close(ha, hb, "the Hessian times a vector")
    close(ritz.vmap(a)(random(2, 4, 3))[2], a(random(2, 4, 3)[2]), "batched gradients")
end)

t.run("a gradient within every step", function()
    local function leapfrog(loop)
        return function(q)
            local function potential(z) return (1 - z:cos()):sum() end
            local z = loop(function(c)
                local p = c.p - ritz.grad(potential)(c.q) * 0.05
                local n = c.q + p * 0.1
                p = p - ritz.grad(potential)(n) * 0.05
                return { q = n, p = p }
            end, { q = q, p = q * 0 }, { length = 20 })
            return (z.p * z.p):sum() * 0.5 + potential(z.q)
        end
    end
    local q = random(1, 4)
    bits(leapfrog(ritz.scan)(q), leapfrog(unroll)(q), "the value")
    close(ritz.grad(leapfrog(ritz.scan))(q), ritz.grad(leapfrog(unroll))(q), "the gradient")
end)

t.run("out of memory", function()
    local p = parameters()
    exhaust("scan", function() return rnn(ritz.scan)(p) end)
    exhaust("reverse mode", function() return ritz.grad(rnn(ritz.scan))(p) end)
    exhaust("forward over reverse", function()
        local q = { w = random(1, 2, 16), u = random(2, 4, 16), b = random(3, 16),
            scale = random(4, 4), xs = random(5, 2, 3, 2) }
        return ritz.jvp(ritz.grad(gated(ritz.scan)), q, q)
    end)
    exhaust("batches", function()
        return ritz.vmap(function(h) return (rnn(ritz.scan) { w = p.w, u = p.u, b = p.b, h = h,
            xs = p.xs }) end)(random(1, 2, 2, 4))
    end)
end)

t.run("what the step before computed", function()
    -- Symplectic steps of a pendulum and of a pair; the constant is made anew
    -- at every call of the force, and is one value all the same.
    local function force(q) return -(q * ritz.tensor({ 1, 4 }, "f64")):sin():exp() end
    local function step(s)
        local p = s.p + force(s.q) * 0.05
        local q = s.q + p * 0.1
        return { q = q, p = p + force(q) * 0.05 }, q
    end
    for _, n in ipairs { 1, 2, 9 } do
        local s = { q = random(1, 2), p = random(2, 2) }
        local a, qa = ritz.scan(step, s, { length = n })
        local b, qb = unroll(step, s, { length = n })
        bits(a.q, b.q, n .. " steps, places")
        bits(a.p, b.p, n .. " steps, momenta")
        bits(qa, qb, n .. " steps, the path")
    end
    local plan = ritz.explain(function(s) return (ritz.scan(step, s, { length = 9 })) end,
        { q = random(1, 2), p = random(2, 2) })
    local outside = tostring(plan):match("(.-)scan")
    t.ok(outside and outside:find("exp", 1, true), "the first force is computed outside")
end)

t.run("products ahead of the loop", function()
    local xs, w, u = random(1, 6, 9, 12), random(2, 12, 16), random(3, 16, 16) * 0.2
    local function step(h, x) return (x:matmul(w):sin() + h:matmul(u)):tanh(), x:matmul(w) end
    local h = ritz.zeros({ 9, 16 }, "f64")
    for _, reverse in ipairs { false, true } do
        local a, ya = ritz.scan(step, h, { xs = xs, reverse = reverse })
        local b, yb = unroll(step, h, { xs = xs, reverse = reverse })
        bits(a, b, "the last carry, reverse " .. tostring(reverse))
        bits(ya, yb, "the products, reverse " .. tostring(reverse))
    end
    local a, ya = ritz.scan(step, h, { xs = xs:slice(1, 1, 1) })
    bits(a, (step(h, xs[1])), "one step")
    t.is(ya.shape[1], 1, "one product")
end)

t.run("gates in any order", function()
    local x = random(1, 3, 12)
    local function parts(order)
        return function(a)
            local s = 0
            for i, k in ipairs(order) do
                s = s + (a:slice(2, 3 * k - 2, 3 * k) * (i + 1)):sin():sum()
            end
            return s + (a * a):sum()
        end
    end
    for _, order in ipairs { { 1, 2, 3, 4 }, { 2, 1, 3, 4 }, { 4, 1, 3, 2 }, { 1, 3, 2, 4 },
        { 2, 4 } } do
        local g = ritz.grad(parts(order))(x):totable()
        local worst = 0
        for r = 1, 3 do
            for c = 1, 12 do
                local v, k, slope = x[r][c]:item(), (c - 1) // 3 + 1, 0
                for i, o in ipairs(order) do
                    if o == k then slope = (i + 1) * math.cos((i + 1) * v) end
                end
                worst = math.max(worst, math.abs(g[r][c] - slope - 2 * v))
            end
        end
        t.near(worst, 0, 1e-12, "slices " .. table.concat(order, " "))
    end
end)

t.run("a linear map holds bodies of its own", function()
    local xs, u = random(1, 4, 3), random(2, 3, 3) * 0.3
    local h, v = random(3, 1, 3), random(4, 1, 3)
    local function net(loop)
        return function(c)
            return (loop(function(s, x)
                return (s:matmul(u) + x:reshape { 1, 3 }):tanh()
            end, c, { xs = xs }))
        end
    end
    local function slope(f) return ritz.grad(function(c) return f(c):square():sum() end) end
    local push = ritz.linearize(net(ritz.scan), h)
    local second = ritz.linearize(slope(net(ritz.scan)), h)
    local either_way = ritz.linearize(function(c)
        return ritz.cond(ritz.less(c:sum(), 100), net(ritz.scan), net(ritz.scan), c)
    end, h)
    collectgarbage()
    local _, want = ritz.jvp(net(unroll), h, v)
    close(push(v), want, "the Jacobian")
    close(either_way(v), want, "the Jacobian, through cond")
    _, want = ritz.jvp(slope(net(unroll)), h, v)
    close(second(v), want, "the Hessian")
    close(ritz.jacobian(net(ritz.scan))(h), ritz.jacobian(net(unroll))(h), "all of the Jacobian")
    close(slope(ritz.checkpoint(net(ritz.scan)))(h), slope(net(unroll))(h), "checkpointed")
end)

t.run("a trace as long for a longer loop", function()
    local calls = 0
    local function f(c) calls = calls + 1; return c * 1.01 end
    ritz.scan(f, ritz.ones { 3 }, { length = 100000 })
    t.is(calls, 1, "the function is called once")
end)

t.run("what is refused", function()
    local one = ritz.ones { 2 }
    local function refuses(message, f, ...)
        local args = table.pack(...)
        t.throws(message, function() ritz.scan(f, table.unpack(args, 1, args.n)) end, message)
    end
    refuses("wants xs, or a length", function(c) return c end, one)
    refuses("length must be 0 or more, got -1", function(c) return c end, one, { length = -1 })
    refuses("wanted 2 steps, got f32[3]", function(c) return c end, one,
        { xs = { ritz.ones { 2 }, ritz.ones { 3 } } })
    refuses("wanted 5 steps, got f32[2]", function(c) return c end, one, { xs = one, length = 5 })
    refuses("xs have their steps along axis 1, got f32", function(c) return c end, one,
        { xs = ritz.tensor(1) })
    refuses("the carry h.2 must stay as it is, wanted f32[2], got f32[4]",
        function(c) return { h = { c.h[1], ritz.concatenate { c.h[2], c.h[2] } } } end,
        { h = { one, one } }, { length = 2 })
    refuses("the carry must stay as it is, wanted f32[2], got f64[2]",
        function(c) return c:to "f64" end, one, { length = 2 })
    refuses("a carry with the keys of the one it got", function(c) return { c, c } end, one,
        { length = 2 })
    refuses("a carry with the keys of the one it got", function() end, one, { length = 2 })
    refuses("unknown option \"lenght\": did you mean \"length\"?", function(c) return c end,
        one, { lenght = 2 })
    refuses("must be a function, got 3", 3, one, { length = 2 })
    refuses("nothing is carried", function(c) return c end, {}, { length = 2 })
    refuses("positions must be 1 to 2, got 3", function(c, i) return c + c[i] end, one,
        { xs = ritz.tensor({ 1, 3 }, "i64") })
    local kept
    t.throws("one step of a loop, outlived it", function()
        ritz.grad(function(x)
            ritz.scan(function(c) kept = c; return c end, x, { length = 2 })
            return kept:sum()
        end)(one)
    end, "a value of a step is not used outside")
end)

t.done()
