-- checkpoint and custom_gradient: values, derivatives of any order in both
-- modes, batches, nesting, and perturbations that do not mix.
local ritz = require "ritz"
local t = require "tap"
local exhaust = require "lua.exhaust"

local x = ritz.constant(ritz.tensor({ 0.5, -1, 2 }, "f64"))
local w = ritz.constant(ritz.tensor({ { 1, 2, 0 }, { -1, 1, 3 }, { 0.5, 0, 1 } }, "f64"))

local function near(a, b, tolerance, name)
    local same = a.dtype == b.dtype and table.concat(a.shape, ",") == table.concat(b.shape, ",")
    return t.near(same and ritz.abs(a - b):max():item() or math.huge, 0, tolerance, name)
end

local function each(f) return ritz.vmap(ritz.grad(f)) end

-- Every transform of f and of g, which must agree.
local function compare(f, g, tolerance, name)
    local function total(h) return function(q) return (h(q) ^ 2):sum() end end
    local v = ritz.tensor({ 1, 2, -1 }, "f64")
    near(g(x), f(x), 0, name .. ": value")
    near(ritz.grad(total(g))(x), ritz.grad(total(f))(x), tolerance, name .. ": grad")
    near(select(2, ritz.jvp(g, x, v)), select(2, ritz.jvp(f, x, v)), tolerance, name .. ": jvp")
    near(ritz.jacobian(g, { mode = "forward" })(x), ritz.jacobian(f)(x), tolerance,
        name .. ": jacobian forward")
    near(ritz.jacobian(g, { mode = "reverse" })(x), ritz.jacobian(f)(x), tolerance,
        name .. ": jacobian in reverse")
    near(ritz.hessian(total(g))(x), ritz.hessian(total(f))(x), tolerance, name .. ": hessian")
    near(ritz.jacobian(ritz.grad(total(g)), { mode = "reverse" })(x),
        ritz.hessian(total(f))(x), tolerance, name .. ": hessian, reverse over reverse")
    near(ritz.grad(function(q) return (ritz.hvp(total(g), q, v) * v):sum() end)(x),
        ritz.grad(function(q) return (ritz.hvp(total(f), q, v) * v):sum() end)(x), tolerance,
        name .. ": third order")
    local rows = ritz.broadcast(x, { 2, 3 }) * ritz.tensor({ { 1 }, { -2 } }, "f64")
    near(ritz.vmap(g)(rows), ritz.vmap(f)(rows), 0, name .. ": vmap")
    near(each(total(g))(rows), each(total(f))(rows), tolerance, name .. ": vmap of grad")
    near(ritz.grad(function(q) return ritz.vmap(total(g))(q):sum() end)(rows),
        each(total(f))(rows), tolerance, name .. ": grad of vmap")
    near(ritz.jit(ritz.grad(total(g)))(x), ritz.grad(total(g))(x), 0, name .. ": jit")
    near((ritz.linearize(g, x))(v), select(2, ritz.jvp(f, x, v)), tolerance,
        name .. ": linearize")
end

local function f(q) return ritz.tanh(ritz.matmul(w, q:reshape { 3, 1 })):reshape { 3 } * q end

t.run("checkpoint", function()
    compare(f, ritz.checkpoint(f), 1e-12, "checkpoint")
    compare(f, ritz.checkpoint(ritz.checkpoint(f)), 1e-12, "in a checkpoint")
    compare(function(q) return f(f(q)) end,
        ritz.checkpoint(function(q) return ritz.checkpoint(f)(ritz.checkpoint(f)(q)) end), 1e-12,
        "nested")
    t.is(ritz.checkpoint(function(a, b) return a, b end)(1, "text"), 1, "where nothing is traced")
    -- Several results, one of which is an argument, and a tracer from outside.
    local function outer(q, part)
        local _, more, same = part(function(r) return r ^ 2, { y = r * q }, r end)(ritz.sin(q))
        return (more.y * same):sum()
    end
    local function plain(h) return h end
    near(ritz.grad(function(q) return outer(q, ritz.checkpoint) end)(x),
        ritz.grad(function(q) return outer(q, plain) end)(x), 1e-15, "results and captures")
end)

-- tanh with its own rule, in both modes: the same derivatives.
local reverse = ritz.custom_gradient(function(q)
    local y = ritz.tanh(q)
    return y, y
end, function(y, ct) return ct * (1 - y ^ 2) end)
local forward = ritz.custom_gradient(function(q)
    local y = ritz.tanh(q)
    return y, y
end, function(y, v) return v * (1 - y ^ 2) end, { mode = "forward" })

t.run("custom gradients", function()
    compare(ritz.tanh, reverse, 1e-12, "reverse rule")
    compare(ritz.tanh, forward, 1e-12, "forward rule")
    compare(f, function(q)
        return reverse(ritz.matmul(w, q:reshape { 3, 1 })):reshape { 3 } * q
    end, 1e-12, "inside of a function")
    compare(f, ritz.checkpoint(function(q)
        return forward(ritz.matmul(w, q:reshape { 3, 1 })):reshape { 3 } * q
    end), 1e-12, "in a checkpoint")
    local nested = ritz.custom_gradient(function(q) return reverse(q), q end,
        function(q, ct) return ct * (1 - forward(q) ^ 2) end)
    compare(ritz.tanh, nested, 1e-12, "a rule with rules")
end)

t.run("rules that are not the derivative", function()
    local straight = ritz.custom_gradient(ritz.round, function(_, ct) return ct end)
    t.is(straight(2.3), 2.0, "straight through: the value")
    t.is(ritz.grad(straight)(2.3), 1.0, "its gradient")
    t.is(select(2, ritz.jvp(straight, 2.3, 5)), 5.0, "and in forward mode")
    t.is(ritz.grad(function(q) return straight(q) ^ 2 end)(2.3), 4.0, "the chain rule around it")
    -- Cotangents of several outputs arrive together: a rule may bound them.
    local clip = ritz.custom_gradient(function(a, b) return { a, b } end, function(_, ct)
        local scale = 1 / ritz.sqrt((ct[1] ^ 2):sum() + (ct[2] ^ 2):sum())
        return ct[1] * scale, ct[2] * scale
    end)
    local g = ritz.grad(function(q)
        local y = clip(q.a, q.b)
        return (y[1] * 3):sum() + (y[2] * 4):sum()
    end)({ a = ritz.ones({ 1 }, "f64"), b = ritz.ones({ 1 }, "f64") })
    near(g.a, ritz.tensor({ 0.6 }, "f64"), 1e-15, "clipped by the norm of all")
    near(g.b, ritz.tensor({ 0.8 }, "f64"), 1e-15, "in every argument")
    local function half(q, s) return (clip(q, s)[1]):sum() end
    near(ritz.vmap(ritz.grad(half), { in_axes = { 1, nil } })(x:reshape { 3, 1 }, x[{ { 1, 1 } }]),
        ritz.ones({ 3, 1 }, "f64"), 1e-15, "each example clipped by itself")
    -- Trees, numbers, arguments that are no tensors, nil for zero.
    local tree = ritz.custom_gradient(function(p, power)
        return { sum = p.a:sum() ^ power, b = p.b }, p
    end, function(p, ct) return { a = ritz.ones_like(p.a) * ct.sum * 100, b = ct.b * 7 }, nil end)
    local d = ritz.grad(function(p, power)
        local y = tree(p, power)
        return y.sum + y.b
    end, { wrt = { 1, 2 } })({ a = x, b = 2.0 }, 3)
    near(d[1].a, ritz.full({ 3 }, 100, "f64"), 0, "a tree")
    t.is(d[1].b, 7.0, "a number in it")
    t.is(d[2], 0.0, "nil is zero")
end)

-- Classics of perturbation confusion: two levels of derivatives, one of which
-- takes the other's variable from outside.
t.run("perturbations do not mix", function()
    local plain = function(h) return h end
    local square = function(h)
        return ritz.custom_gradient(function(q) return h(q), q end, function(q, ct)
            local _, pull = ritz.vjp(h, q)
            return pull(ct)
        end)
    end
    for name, wrap in pairs { plain = plain, checkpoint = ritz.checkpoint } do
        -- d/dx (x * d/dy (x + y)) = 1, not 2
        t.is(ritz.grad(function(a)
            return a * ritz.grad(wrap(function(b) return a + b end))(1.0)
        end)(1.0), 1.0, name .. ": x d(x + y)/dy")
        t.is(ritz.grad(wrap(function(a)
            return a * ritz.jvp(wrap(function(b) return a * b end), 2.0, 1.0)
        end))(3.0), 12.0, name .. ": jvp inside")
        -- d/dx (x * d/dy (x y)) = 2 x
        t.is(select(2, ritz.jvp(wrap(function(a)
            return a * ritz.grad(wrap(function(b) return a * b end))(5.0)
        end), 3.0, 1.0)), 6.0, name .. ": jvp of grad")
        -- A function made inside of one derivative and used inside of another.
        local function shift(a)
            return wrap(function(h) return function(b) return h(a + b) end end)
        end
        local d = ritz.grad(function(a)
            return ritz.grad(function(c)
                return shift(a)(function(b) return c * b end)(0.0)
            end)(1.0)
        end)(2.0)
        t.is(d, 1.0, name .. ": a function that captures")
    end
    t.is(ritz.grad(function(a)
        return a * ritz.grad(square(function(b) return b ^ 3 end))(a)
    end)(2.0), 36.0, "a rule that differentiates")
end)

t.run("what is refused", function()
    t.throws("argument 2 must be the rule", function() ritz.custom_gradient(f) end, "no rule")
    t.throws("mode must be reverse or forward, got the string \"back\"", function()
        ritz.custom_gradient(f, f, { mode = "back" })
    end, "a mode")
    local bad = ritz.custom_gradient(function(q) return q end, function() return x end)
    t.throws("what the rule gives must be like what it belongs to, wanted f32[2], got f64[3]",
        function() ritz.grad(function(q) return bad(q):sum() end)(ritz.ones { 2 }) end, "a shape")
    local other = ritz.custom_gradient(function(q) return q end, function() return { x } end)
    t.throws("a tree like", function() ritz.grad(function(q) return other(q):sum() end)(x) end,
        "a tree")
end)

t.run("requests for memory that fail", function()
    local function total(h) return function(q) return h(q):sum() end end
    exhaust("checkpoint", function() return ritz.grad(total(ritz.checkpoint(f)))(x) end)
    exhaust("hessian of a checkpoint",
        function() return ritz.hessian(total(ritz.checkpoint(f)))(x) end)
    exhaust("custom", function() return ritz.grad(total(reverse))(x) end)
    exhaust("transposed", function() return ritz.grad(total(forward))(x) end)
    exhaust("mapped", function()
        return ritz.vmap(ritz.grad(total(reverse)))(ritz.broadcast(x, { 2, 3 }))
    end)
end)

t.done()
