-- hvp, jacobian, hessian, and the axes of vmap, against closed forms and
-- against each other.
local ritz = require "ritz"
local t = require "tap"
local exhaust = require "lua.exhaust"

local function near(a, b, tolerance, name)
    local same = a.dtype == b.dtype and table.concat(a.shape, ",") == table.concat(b.shape, ",")
    return t.near(same and ritz.abs(a - b):max():item() or math.huge, 0, tolerance, name)
end

local function normal(seed, ...)
    return ritz.normal({ ... }, { key = ritz.key(seed), dtype = "f64" })
end

local a, x = ritz.constant(normal(1, 4, 3)), normal(2, 3, 1)
local function linear(q) return ritz.matmul(a, q) end
local function quartic(q) return (ritz.matmul(a, q) ^ 4):sum() end
-- A' diag(12 (A x)^2) A
local function quartic_hessian(q)
    return ritz.matmul(ritz.permute(a, { 2, 1 }), 12 * linear(q) ^ 2 * a)
end

t.run("hvp", function()
    local v = normal(3, 3, 1)
    local hv, more = ritz.hvp(function(q) return quartic(q), "more" end, x, v)
    near(hv, ritz.matmul(quartic_hessian(x), v), 1e-12, "of a quartic")
    t.is(more, "more", "what else the function returns")
    t.is(ritz.hvp(function(q) return q ^ 3 end, 2, 10), 120.0, "of a number")
    near(ritz.vmap(function(d) return (ritz.hvp(quartic, x, d)) end, { in_axes = 2 })
        (normal(4, 3, 5, 1)), ritz.matmul(quartic_hessian(x), ritz.permute(normal(4, 3, 5, 1),
            { 2, 1, 3 })), 1e-12, "mapped over directions along axis 2")
    -- The derivative of the Hessian times v is the third derivative.
    local third = ritz.grad(function(q) return (ritz.hvp(quartic, q, v) * v):sum() end)(x)
    near(third, ritz.matmul(ritz.permute(a, { 2, 1 }), 24 * linear(x) * linear(v) ^ 2), 1e-12,
        "differentiated again")
    t.throws("hvp: the tangent must be like", function() ritz.hvp(quartic, x, x[1]) end, "a shape")
end)

t.run("jacobian", function()
    for _, mode in ipairs { "auto", "forward", "reverse" } do
        local j = ritz.jacobian(linear, { mode = mode })(x)
        near(j:reshape { 4, 3 }, a, 1e-15, mode .. " of a linear function")
        t.is(table.concat(j.shape, ","), "4,1,3,1", "result, then argument")
    end
    local p = { u = normal(5, 2), w = { normal(6, 2), 3.0 } }
    local function f(q, s) return { y = q.u * q.w[1] * q.w[2] * s, s }, q.u end
    local j, more = ritz.jacobian(f)(p, 2.0)
    local eye = ritz.eye(2, "f64")
    near(j.y.u, eye * p.w[1] * 6, 1e-15, "a tree of trees")
    near(j.y.w[2], p.u * p.w[1] * 2, 1e-15, "in a number")
    t.is(j[1].w[2], 0.0, "a number in a number")
    near(j[1].u, ritz.zeros({ 2 }, "f64"), 0, "what does not depend")
    near(more, p.u, 0, "what follows")
    local both = ritz.jacobian(f, { wrt = { 2, 1 } })(p, 2.0)
    near(both.y[1], p.u * p.w[1] * 3, 1e-15, "in the second argument")
    near(both.y[2].u, eye * p.w[1] * 6, 1e-15, "and the first")
    t.throws("mode must be auto, forward or reverse, got the string \"up\"",
        function() ritz.jacobian(f, { mode = "up" }) end, "a mode")
    t.throws("wrt is argument 3, got 2 arguments",
        function() ritz.jacobian(f, { wrt = 3 })(p, 2.0) end, "a missing argument")
end)

t.run("hessian", function()
    local h = ritz.hessian(quartic)(x)
    near(h:reshape { 3, 3 }, quartic_hessian(x), 1e-12, "of a quartic")
    near(ritz.jit(ritz.hessian(quartic))(x), h, 0, "jitted, the same bits")
    near(ritz.vmap(ritz.hessian(quartic))(normal(7, 2, 3, 1))[2]:reshape { 3, 3 },
        quartic_hessian(normal(7, 2, 3, 1)[2]), 1e-12, "mapped")
    local p = { u = normal(8, 2), c = 2.0 }
    local tree = ritz.hessian(function(q) return (q.u ^ 2):sum() * q.c ^ 2, q.c end)(p)
    near(tree.u.u, ritz.eye(2, "f64") * 8, 1e-15, "blocks of a tree")
    near(tree.u.c, p.u * 8, 1e-15, "of a tensor and a number")
    near(tree.c.u, p.u * 8, 1e-15, "of a number and a tensor")
    t.near(tree.c.c, 2 * (p.u ^ 2):sum():item(), 1e-12, "of a number")
    t.is(ritz.hessian(function(q) return q ^ 3 end)(2), 12.0, "of a number alone")
    t.throws("must return a scalar", function() ritz.hessian(linear)(x) end, "no scalar")
end)

t.run("axes of vmap", function()
    local m, s = normal(9, 2, 3), normal(10, 3)
    local function f(u, w) return u * w, u:sum() end
    local y, sums = ritz.vmap(f, { in_axes = { 1, nil } })(m, s)
    near(y, m * s, 0, "nil shares an argument")
    near(sums, m:sum(2), 0, "a scalar for each")
    near((ritz.vmap(f, { in_axes = { 1, false }, out_axes = { 2, 1 } })(m, s)),
        ritz.permute(m * s, { 2, 1 }), 0, "the batch as the second axis")
    near(ritz.vmap(function(u) return u end, { in_axes = -1, out_axes = -1 })(m), m, 0,
        "from the end")
    local nested = ritz.vmap(ritz.vmap(function(u, w) return u * w end,
        { in_axes = { nil, 1 } }), { in_axes = { 1, nil }, out_axes = 2 })
    near(nested(s, m[1]), ritz.permute(s:reshape { 3, 1 } * m[1], { 2, 1 }), 0, "nested")
    t.throws("in_axes counts from 1, got 0",
        function() ritz.vmap(f, { in_axes = 0 }) end, "an axis 0")
    t.throws("out_axes wants axis 1 to 1 for result 2, got 2",
        function() ritz.vmap(f, { in_axes = { 1, nil }, out_axes = 2 })(m, s) end, "no such axis")
end)

t.run("requests for memory that fail", function()
    exhaust("hvp", function() return ritz.hvp(quartic, x, x) end)
    exhaust("jacobian", function() return ritz.jacobian(linear)(x) end)
    exhaust("hessian", function() return ritz.hessian(quartic)(x) end)
    exhaust("out_axes", function()
        return ritz.vmap(function(u) return u * 2 end, { out_axes = 2 })(a)
    end)
end)

t.done()
