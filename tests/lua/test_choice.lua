-- ritz.cond and ritz.while_loop: values and derivatives against what the chosen
-- function gives by itself, batches, and what is refused.

local t = require "tap"
local ritz = require "ritz"
local exhaust = require "lua.exhaust"

local function same(a, b, name)
    local p, q = a:reshape { -1 }:totable(), b:reshape { -1 }:totable()
    local equal = a.dtype == b.dtype and #p == #q
    for i = 1, #p do equal = equal and p[i] == q[i] end
    t.ok(equal, name)
    if not equal then t.note(tostring(a) .. " against " .. tostring(b)) end
end

local function square(x) return x * x end
local function sine(x) return x:sin() end
local function either(x) return ritz.cond(ritz.less(x:sum(), 3), square, sine, x) end
local function total(f) return function(x) return f(x):sum() end end

t.run("cond computes the chosen function", function()
    for i, x in ipairs { ritz.tensor({ 0.5, 1.25 }, "f64"), ritz.tensor({ 2.5, 1.25 }, "f64") } do
        local f = i == 1 and square or sine
        local name = i == 1 and "the first" or "the second"
        same(either(x), f(x), name .. ", at once")
        same(ritz.jit(either)(x), f(x), name .. ", jitted")
        same(ritz.grad(total(either))(x), ritz.grad(total(f))(x), name .. ", reverse mode")
        local _, a = ritz.jvp(either, x, x)
        local _, b = ritz.jvp(f, x, x)
        same(a, b, name .. ", forward mode")
        _, a = ritz.jvp(ritz.grad(total(either)), x, x)
        _, b = ritz.jvp(ritz.grad(total(f)), x, x)
        same(a, b, name .. ", forward over reverse")
        same(ritz.grad(total(ritz.grad(total(either))))(x),
            ritz.grad(total(ritz.grad(total(f))))(x), name .. ", reverse over reverse")
        same(ritz.jit(ritz.grad(total(either)))(x), ritz.grad(total(f))(x),
            name .. ", jitted reverse mode")
    end
end)

t.run("conditions with values choose at once", function()
    local function one() return 1 end
    local function two() return 2 end
    t.is(ritz.cond(true, one, two), 1, "true")
    t.is(ritz.cond(false, one, two), 2, "false")
    t.is(ritz.cond(0, one, two), 2, "the number 0")
    t.is(ritz.cond(ritz.tensor(3), one, two), 1, "a tensor")
end)

t.run("only the chosen function is run", function()
    local f = ritz.jit(function(c, x, i)
        return ritz.cond(c, function() return x:take(i, 1) end, function() return x * 2 end)
    end)
    local x, i = ritz.ones { 2 }, ritz.tensor({ 1, 3 }, "i64")
    same(f(ritz.tensor(0), x, i), x * 2, "a bad index in the other function")
    t.throws("positions must be 1 to 2, got 3", function() f(ritz.tensor(1), x, i) end,
        "a bad index in the chosen one")
end)

t.run("what functions take from outside, and return", function()
    local f = ritz.jit(function(c, x)
        local y = x:exp()
        local n, tree = ritz.cond(c, function(z) return 1, { a = { z, y }, name = "kept" } end,
            function(z) return z:sum(), { a = { z * 2, y * 3 }, name = "kept" } end, x)
        return n, tree
    end)
    local x = ritz.tensor { 1, 2 }
    local n, tree = f(ritz.tensor(1), x)
    t.is(n:item(), 1.0, "a number beside a tensor is one")
    same(tree.a[2], x:exp(), "a value from outside")
    n, tree = f(ritz.tensor(0), x)
    t.is(n:item(), 3.0, "the other function's number")
    same(tree.a[2], x:exp() * 3, "the other function's value")
    t.is(tree.name, "kept", "what is no tensor")
end)

t.run("cond in batches", function()
    local m = ritz.tensor({ { 0.5, 1.25 }, { 2.5, 1.25 } }, "f64")
    local y = ritz.vmap(either)(m)
    same(y[1], square(m[1]), "an element that chooses the first")
    same(y[2], sine(m[2]), "an element that chooses the second")
    local g = ritz.vmap(ritz.grad(total(either)))(m)
    same(g[2], m[2]:cos(), "its gradient")
    local shared = ritz.vmap(function(x, c) return ritz.cond(c, square, sine, x) end,
        { in_axes = { 1, false } })
    same(ritz.jit(shared)(m, ritz.tensor(0)), m:sin(), "one condition for all")
end)

t.run("cond in a scan, and a scan in cond", function()
    local function step(s, x)
        return ritz.cond(ritz.less(x, 2), function() return s + x end,
            function() return s * x end), s
    end
    local last, ys = ritz.scan(step, 0, { xs = ritz.tensor { 1, 1, 3, 4 } })
    t.is(last:item(), 24.0, "the last carry")
    same(ys, ritz.tensor { 0, 1, 2, 6 }, "the carries")
    local g = ritz.grad(function(xs) return (ritz.scan(step, 0, { xs = xs })) end)
    same(g(ritz.tensor({ 1, 1, 3, 4 }, "f64")), ritz.tensor({ 12, 12, 8, 6 }, "f64"),
        "the gradient goes through the branches taken")
    local f = function(x)
        return ritz.cond(ritz.less(0, x), function()
            return (ritz.scan(function(c) return c * x end, x, { length = 3 }))
        end, function() return x end)
    end
    t.is(ritz.grad(f)(ritz.tensor(2.0)):item(), 32.0, "a scan in a branch")
    t.is(ritz.jit(ritz.grad(f))(ritz.tensor(-2.0)):item(), 1.0, "beside another")
end)

t.run("what cond refuses", function()
    local one = ritz.ones { 2 }
    local function refuses(message, f, g, c)
        t.throws(message, function()
            ritz.jit(function(x) return ritz.cond(c and c(x) or x:sum(), f, g, x) end)(one)
        end, message)
    end
    refuses("got f32 and f32[2] in result 1", function() return ritz.tensor(1) end,
        function(x) return x end)
    refuses("same number of results", square, function(x) return x, x end)
    refuses("got f32[2] and f64[2] in result 1.a", function(x) return { a = x } end,
        function(x) return { a = x:to "f64" } end)
    refuses("same number of results, with the same keys", square, function(x) return { x } end)
    refuses("argument 3 must be a function, got 7", square, 7)
    refuses("the condition must be one number, got f32[2]", square, square,
        function(x) return x end)
end)

--- Doubles x until it is 100 or more, and counts.
local function double(x)
    return ritz.while_loop(function(c) return ritz.less(c.x, 100) end,
        function(c) return { x = c.x * 2, n = c.n + 1 } end, { x = x, n = 0 })
end

t.run("while_loop", function()
    t.is(double(3).x, 192.0, "a number")
    t.is(double(3).n, 6.0, "how often")
    t.is(double(200).n, 0.0, "not once")
    t.is(double(60).x, 120.0, "once")
    t.is(double(30).x, 120.0, "twice")
    t.is(ritz.jit(function(x) return double(x).x end)(ritz.tensor(7)):item(), 112.0, "jitted")
    local _, d = ritz.jvp(function(x) return double(x).x end, 3, 1)
    t.is(d, 64.0, "forward mode")
    _, d = ritz.jvp(function(k)
        return ritz.while_loop(function(c) return ritz.less(c, 50) end,
            function(c) return c * k end, ritz.tensor(1, "f64"))
    end, ritz.tensor(3, "f64"), ritz.tensor(1, "f64"))
    t.is(d:item(), 4 * 27.0, "forward mode in what the body takes from outside")
    local gcd = ritz.while_loop(function(c) return c.b end,
        function(c) return { a = c.b, b = ritz.mod(c.a, c.b) } end,
        { a = ritz.tensor(1071, "i64"), b = ritz.tensor(462, "i64") })
    t.is(gcd.a:item(), 21, "the greatest common divisor")
end)

t.run("while_loop in batches", function()
    local xs = ritz.tensor { 3, 60, 200, 1 }
    local r = ritz.vmap(double)(xs)
    same(r.x, ritz.tensor { 192, 120, 200, 128 }, "each until it is done")
    t.is(table.concat(r.n:totable(), " "), "6.0 1.0 0.0 7.0", "each as often as alone")
    local _, d = ritz.vmap(function(x)
        return ritz.jvp(function(y) return double(y).x end, x, 1)
    end)(xs)
    same(d, ritz.tensor { 64, 2, 1, 128 }, "forward mode in batches")
    local powers = ritz.vmap(function(x)
        return ritz.while_loop(function(c) return ritz.less(c.n, 3) end,
            function(c) return { n = c.n + 1, y = c.y * x } end,
            { n = 0, y = ritz.tensor(1) }).y
    end)(ritz.tensor { 1, 2, 3 })
    same(powers, ritz.tensor { 1, 8, 27 }, "a condition that all share")
end)

t.run("out of memory", function()
    local x = ritz.tensor({ { 0.5, 1.25 }, { 2.5, 1.25 } }, "f64")
    local slope = ritz.grad(total(either))
    exhaust("cond", function() return ritz.jit(either)(x[1]) end)
    exhaust("gradient of cond", function() return ritz.jit(slope)(x[1]) end)
    exhaust("batches of cond", function() return ritz.vmap(slope)(x) end)
    exhaust("while_loop", function() return double(3) end)
    exhaust("forward mode of while_loop", function()
        return ritz.vmap(function(y)
            return ritz.jvp(function(z) return double(z).x end, y, 1)
        end)(x[1])
    end)
end)

t.run("what while_loop refuses", function()
    local one = ritz.ones { 2 }
    local function go() return ritz.tensor(1) end
    local function refuses(message, ...)
        local args = table.pack(...)
        t.throws(message, function() ritz.while_loop(table.unpack(args, 1, args.n)) end, message)
    end
    refuses("the condition must be one number, as ritz.less gives, got true",
        function() return true end, function(c) return c end, one)
    refuses("the condition must be one number, as ritz.less gives, got f32[2]",
        function(c) return c end, function(c) return c end, one)
    refuses("the carry a must stay as it is, wanted f32[2], got f32", go,
        function(c) return { a = c.a:sum() } end, { a = one })
    refuses("a carry with the keys of the one it got", go, function() return {} end, one)
    refuses("argument 2 must be a function, got nothing", go, nil, one)
    refuses("nothing is carried", go, go, {})
    t.throws("use ritz.scan with a length", function()
        ritz.grad(function(x) return double(x).x end)(3)
    end, "reverse mode")
end)

t.done()
