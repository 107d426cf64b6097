-- linearize and vjp: what is kept gives the derivatives of closed forms, under
-- every transform, for one direction and for several, outside of traces and
-- inside.
local ritz = require "ritz"
local t = require "tap"
local exhaust = require "lua.exhaust"

local function same(a, b, name)
    local x, y = ritz.tree.leaves(a:totable()), ritz.tree.leaves(b:totable())
    local differ = #x == #y and 0 or 1
    for i = 1, #x do differ = differ + (x[i] == y[i] and 0 or 1) end
    return t.is(differ, 0, name)
end

local function near(a, b, name)
    return t.near(ritz.abs(a - b):max():item(), 0, 1e-12, name)
end

local function stack(rows)
    local list = {}
    for i, row in ipairs(rows) do list[i] = row:reshape { 1, table.unpack(row.shape) } end
    return ritz.concatenate(list, 1)
end

local x = ritz.tensor({ 0.5, -1, 2 }, "f64")
local v = ritz.tensor({ 1, 3, -2 }, "f64")
local function f(q) return ritz.tanh(q) * q end
local function slope(q) return ritz.tanh(q) + q * (1 - ritz.tanh(q) ^ 2) end

t.run("numbers", function()
    local calls = 0
    local linear, value, more = ritz.linearize(function(q)
        calls = calls + 1
        return q ^ 3, q + 1
    end, 2)
    t.ok(value == 8 and more == 3, "value and what follows are numbers")
    t.ok(linear(10) == 120 and linear(1) == 12, "slope times direction")
    t.is(calls, 1, "the function was called once")
    t.is(linear:transpose()(10), 120.0, "its transpose")
    near(linear:many(ritz.tensor({ 1, 10 }, "f64")), ritz.tensor({ 12, 120 }, "f64"),
        "several directions of a number")
    local y, pullback, extra = ritz.vjp(function(a, b) return a * b, "aside" end, 3, 4)
    local da, db = pullback(10)
    t.ok(y == 12 and da == 40 and db == 30 and extra == "aside", "vjp in two arguments")
end)

t.run("trees", function()
    local linear, value = ritz.linearize(function(p, q) return { out = f(p.a) * q, p.b } end,
        { a = x, b = 2.0 }, v)
    near(value.out, f(x) * v, "the value")
    local d = linear({ a = v, b = 5.0 }, x)
    near(d.out, slope(x) * v * v + f(x) * x, "the derivative in both arguments")
    t.is(d[1], 5.0, "a number among tensors")
    local da, dq = linear:transpose()({ out = v, 1.0 })
    near(da.a, slope(x) * v * v, "the cotangent of the first argument")
    near(dq, f(x) * v, "and of the second")
    t.is(da.b, 1.0, "a number's cotangent is a number")
end)

t.run("the same as jvp and vjp", function()
    local w = ritz.normal({ 3, 4 }, { key = ritz.key(1), dtype = "f64" })
    local function g(q) return ritz.matmul(ritz.sin(q), w):sum(1) end
    local a = ritz.normal({ 5, 3 }, { key = ritz.key(2), dtype = "f64" })
    local b = ritz.normal({ 5, 3 }, { key = ritz.key(3), dtype = "f64" })
    local linear = ritz.linearize(g, a)
    local _, tangent = ritz.jvp(g, a, b)
    same(linear(b), tangent, "the bits of jvp")
    same(linear(b), linear(b), "call after call")
    local ct = ritz.normal({ 4 }, { key = ritz.key(4), dtype = "f64" })
    local _, pullback = ritz.vjp(g, a)
    near(linear:transpose()(ct), pullback(ct), "the transpose is the pullback")
    near(pullback:transpose()(b), tangent, "and the other way round")
    near(ritz.sum(linear(b) * ct), ritz.sum(b * pullback(ct)), "<Jv, c> = <v, J'c>")
    local many = ritz.normal({ 6, 5, 3 }, { key = ritz.key(5), dtype = "f64" })
    local all = linear:many(many)
    for i = 1, 6 do near(all[i], linear(many[i]), "direction " .. i .. " of six") end
    near(ritz.vmap(linear)(many), all, "vmap is many")
    t.is(#linear:many(many[{ { 1, 2 } }]):totable(), 2, "another number of directions")
end)

t.run("inside of other transforms", function()
    local w = ritz.constant(v)
    local function use(q)
        local linear = ritz.linearize(f, q)
        return linear(w)
    end
    near(use(x), slope(x) * v, "called at once")
    same(ritz.jit(use)(x), use(x), "jitted")
    near(ritz.vmap(use)(stack { x, v })[2], slope(v) * v, "mapped")
    local linear = ritz.linearize(f, x)
    near(ritz.grad(function(d) return (linear(d) ^ 2):sum() end)(v), 2 * slope(x) ^ 2 * v,
        "differentiated in the direction")
    local _, second = ritz.jvp(use, x, ritz.ones({ 3 }, "f64"))
    local e = 1e-6
    t.near(ritz.abs(second - (slope(x + e) - slope(x - e)) * v / (2 * e)):max():item(), 0, 1e-8,
        "differentiated in the point")
    local function several(q)
        return (ritz.linearize(f, q)):many(ritz.broadcast(q, { 2, 3 }))
    end
    near(ritz.jit(several)(x)[2], slope(x) * x, "several at once in a trace")
    local function back(q) return (ritz.linearize(f, q)):transpose()(q) end
    near(ritz.jit(back)(x), slope(x) * x, "transposed in a trace")
    -- Perturbations of two levels: d/dx (x d/dy (x y)) = 2 x.
    t.is(ritz.grad(function(a)
        return a * ritz.linearize(function(b) return a * b end, 1.0)(1.0)
    end)(3), 6.0, "levels do not mix")
    t.is(ritz.grad(function(a)
        local _, pullback = ritz.vjp(function(b) return a * b end, 1.0)
        return a * pullback(1.0)
    end)(3), 6.0, "nor do those of vjp")
end)

t.run("what is refused", function()
    local linear = ritz.linearize(f, x)
    t.throws("wanted f64[3], got f32[3]", function() linear(ritz.ones { 3 }) end, "a dtype")
    t.throws("wanted 1 argument, got 2", function() linear(x, x) end, "a number of arguments")
    t.throws("a tree like", function() linear { x } end, "a tree")
    t.throws("one for each direction", function() linear:many(x) end, "many of one")
    t.throws("with a colon", function() linear.many(x, x) end, "a method without its object")
    t.throws("wanted the function's arguments", function() ritz.linearize(f) end, "no argument")
    t.throws("was made before the trace", function()
        ritz.jit(function(d) return linear(d) end)(x)
    end, "a trace that would freeze it")
    local outlived
    ritz.jit(function(q)
        outlived = ritz.linearize(f, q)
        return q
    end)(x)
    t.throws("outlived its trace", function() outlived(x) end, "after its trace")
end)

t.run("requests for memory that fail", function()
    exhaust("linearize", function() return (ritz.linearize(f, x))(v) end)
    exhaust("transpose", function() return (ritz.linearize(f, x)):transpose()(v) end)
    exhaust("many", function() return (ritz.linearize(f, x)):many(stack { v, v }) end)
    exhaust("pullback", function() return select(2, ritz.vjp(f, x))(v) end)
    exhaust("traced", function()
        return ritz.vmap(function(q) return (ritz.linearize(f, q)):many(stack { q, q }) end)(
            stack { x, v })
    end)
end)

t.done()
