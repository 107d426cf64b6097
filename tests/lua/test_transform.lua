-- grad, value_and_grad, jvp, vjp, vmap: values against closed forms, nesting in
-- every order, trees, and what is refused.
local ritz = require "ritz"
local t = require "tap"

local function near_all(got, want, tolerance, name)
    local a, b = ritz.tree.leaves(got:totable()), ritz.tree.leaves(want)
    local worst = #a == #b and 0 or math.huge
    for i = 1, #a do worst = math.max(worst, math.abs(a[i] - (b[i] or math.huge))) end
    return t.near(worst, 0, tolerance, name)
end

t.run("derivatives of numbers", function()
    local function cube(x) return x ^ 3 end
    t.is(ritz.grad(cube)(2), 12.0, "grad of a number is a number")
    t.is(ritz.grad(ritz.grad(cube))(2), 12.0, "second order")
    t.is(ritz.grad(ritz.grad(ritz.grad(cube)))(2), 6.0, "third order")
    t.is(ritz.grad(ritz.grad(ritz.grad(ritz.grad(cube))))(2), 0.0, "fourth order")
    local value, slope = ritz.value_and_grad(cube)(2)
    t.ok(value == 8 and slope == 12, "value_and_grad")
    local y, dy = ritz.jvp(cube, 2, 10)
    t.ok(y == 8 and dy == 120, "jvp scales with the tangent")
    local z, pullback = ritz.vjp(cube, 2)
    local ct = pullback(10)
    t.ok(z == 8 and ct == 120, "vjp scales with the cotangent")
    t.is(ritz.grad(function(_) return ritz.tensor(4) end)(1), 0.0, "a function without x")
    t.is(ritz.grad(function(_) return 4.0 end)(1), 0.0, "a function that returns a number")
    t.is(ritz.grad(function(x) return x * ritz.stop_gradient(x) end)(3), 3.0, "stop_gradient")
end)

t.run("gradients of tensors", function()
    local x = ritz.tensor({ 1, 2, 3 }, "f64")
    local g = ritz.grad(function(v) return (v ^ 2):sum() end)(x)
    t.is(g.dtype, "f64", "a gradient has the dtype of its argument")
    near_all(g, { 2, 4, 6 }, 0, "sum of squares")
    local a = ritz.tensor({ { 2, 1 }, { 0, 3 } }, "f64")
    local function quadratic(v) return (v * ritz.matmul(a, v)):sum() end
    local v = ritz.tensor({ { 1 }, { -1 } }, "f64")
    near_all(ritz.grad(quadratic)(v), { { 3 }, { -5 } }, 0, "(A + A') v")
    local _, hv = ritz.jvp(function(q) return (ritz.grad(quadratic)(q)) end, v, v)
    near_all(hv, { { 3 }, { -5 } }, 0, "Hessian times vector")
    local mixed = ritz.grad(function(q)
        return (ritz.grad(function(r) return (r ^ 4):sum() end)(q) * q):sum()
    end)
    near_all(mixed(x), { 16, 128, 432 }, 1e-12, "grad through grad")
    near_all(ritz.grad(function(q) return q:sum() end)(ritz.zeros({ 0 }, "f64")), {}, 0,
        "size zero")
end)

t.run("trees", function()
    local p = { w = ritz.tensor { 1, 2 }, layers = { { b = ritz.tensor(3) }, { b = 4.0 } },
        name = "net" }
    local function loss(q, scale)
        return (q.w * q.w):sum() * scale + q.layers[1].b * q.layers[2].b, { seen = q.name,
            twice = q.w * 2 }
    end
    local g, more = ritz.grad(loss)(p, 10)
    near_all(g.w, { 20, 40 }, 0, "a tensor in a table")
    t.is(g.layers[1].b:item(), 4, "a scalar deep inside")
    t.is(g.layers[2].b, 3.0, "a number deep inside")
    t.is(g.name, "net", "what is static is kept")
    t.is(more.seen, "net", "further results follow")
    near_all(more.twice, { 2, 4 }, 0, "and have values")
    t.is(g.w.dtype, "f32", "dtype")
    local value, all, extra = ritz.value_and_grad(loss, { wrt = { 1, 2 } })(p, 10)
    t.is(value:item(), 62, "value first")
    t.is(all[2], 5.0, "several arguments: a list of gradients")
    near_all(all[1].w, { 20, 40 }, 0, "the first of them")
    t.is(extra.seen, "net", "then further results")
    t.is(ritz.grad(loss, { wrt = 2 })(p, 10), 5.0, "wrt another argument")
    local model = setmetatable({ w = ritz.ones(2) },
        { __index = { f = function(self) return self.w:sum() end } })
    near_all(ritz.grad(function(m) return m:f() end)(model).w, { 1, 1 }, 0, "metatables are kept")
    local y, dy = ritz.jvp(function(q) return { a = q.x * q.x, b = "text" } end, { x = 3 },
        { x = 1 })
    t.ok(y.a == 9 and dy.a == 6 and dy.b == "text", "jvp of trees")
    local _, pullback = ritz.vjp(function(q) return { q.x * q.y, q.x } end, { x = 2, y = 5 })
    local ct = pullback { 1, 10 }
    t.ok(ct.x == 15 and ct.y == 2, "vjp of trees")
end)

t.run("perturbations do not mix", function()
    local function d(f)
        return function(x) return (select(2, ritz.jvp(f, x, 1))) end
    end
    -- Siskind and Pearlmutter 2005: the derivative is 1, and 2 when confused.
    t.is(d(function(x) return x * d(function(y) return x + y end)(1) end)(1), 1.0, "jvp in jvp")
    t.is(ritz.grad(function(x) return x * ritz.grad(function(y) return x + y end)(1) end)(1), 1.0,
        "grad in grad")
    t.is(d(function(x) return x * ritz.grad(function(y) return x + y end)(1) end)(1), 1.0,
        "grad in jvp")
    t.is(ritz.grad(function(x) return x * d(function(y) return x + y end)(1) end)(1), 1.0,
        "jvp in grad")
    t.is(d(function(x) return d(function(y) return x * y * y end)(x) end)(3), 12.0,
        "an inner point that moves")
    local outer = ritz.grad(function(x)
        return ritz.vmap(function(y) return x * ritz.grad(function(z) return z * z * x end)(y) end)(
            ritz.tensor({ 1, 2 }, "f64")):sum()
    end)
    t.near(outer(5), 4 * 5 * 3, 1e-12, "grad of vmap of grad: d/dx of 2 x^2 (1 + 2)")
end)

t.run("vmap", function()
    local x = ritz.tensor { { 1, 2 }, { 3, 4 }, { 5, 6 } }
    near_all(ritz.vmap(function(v) return v:sum() end)(x), { 3, 7, 11 }, 0, "rows")
    near_all(ritz.vmap(function(v) return v:sum() end, { in_axes = { 2 } })(x), { 9, 12 }, 0,
        "columns")
    near_all(ritz.vmap(function(v) return v:sum() end, { in_axes = { -1 } })(x), { 9, 12 }, 0,
        "an axis from the end")
    near_all(ritz.vmap(function(v, w) return (v * w):sum() end, { in_axes = { 1, false } })(x,
        ritz.tensor { 1, 10 }),
        { 21, 43, 65 }, 0, "a shared argument")
    near_all(ritz.vmap(function(b, s) return b.v * s end)({ v = x }, 2), { { 2, 4 }, { 6, 8 }, { 10,
        12 } }, 0,
        "tables are mapped, numbers shared")
    near_all(ritz.vmap(function(_) return 7 end)(x), { 7, 7, 7 }, 0,
        "a result without x is repeated")
    local a, b = ritz.vmap(function(v) return v[1], { s = v[2], name = "n" } end)(x)
    near_all(a, { 1, 3, 5 }, 0, "the first of two results")
    near_all(b.s, { 2, 4, 6 }, 0, "a table as result")
    t.is(b.name, "n", "with static entries")
    near_all(ritz.vmap(ritz.vmap(function(s) return s * s end))(x),
        { { 1, 4 }, { 9, 16 }, { 25, 36 } }, 0, "vmap of vmap")
    near_all(ritz.vmap(ritz.grad(function(v) return (v ^ 2):sum() end))(x),
        { { 2, 4 }, { 6, 8 }, { 10, 12 } }, 0, "vmap of grad")
    local outer = ritz.vmap(function(v)
        return ritz.vmap(function(w) return (v * w):sum() end)(x)
    end)(x)
    near_all(outer, ritz.matmul(x, x:permute { 2, 1 }):totable(), 0,
        "an inner vmap sees the outer element")
    t.is(#ritz.vmap(function(v) return v * 2 end)(ritz.zeros { 0, 2 }), 0, "no rows")
end)

t.run("random keys under vmap", function()
    local keys = ritz.split(ritz.key(1), 3)
    local mapped = ritz.vmap(function(k) return ritz.uniform({ 4 }, { key = k }) end)(keys)
    for i = 1, 3 do
        local alone = ritz.uniform({ 4 }, { key = keys[i] })
        near_all(mapped[i], alone:totable(), 0, "mapped key " .. i .. " draws as alone")
    end
    local key = ritz.key(2)
    local shared = ritz.vmap(function(x) return x + ritz.uniform({ 2 },
        { key = key }) end)(ritz.zeros { 3, 2 })
    near_all(shared[1], shared[3]:totable(), 0, "an unmapped key draws alike")
end)

t.run("what is refused", function()
    local x = ritz.tensor { 1, 2, 3 }
    local function id(v) return v end
    t.throws("grad: the function must return a scalar f32 or f64 first, got f32[3]", function()
        ritz.grad(id)(x)
    end, "a loss that is no scalar")
    t.throws("grad: the function returned nothing", function() ritz.grad(function() end)(x) end,
        "no loss")
    t.throws("grad: the function must return a scalar first, got a table", function()
        ritz.grad(function(v) return { v:sum() } end)(x)
    end, "a table as loss")
    t.throws("derivatives are taken in f32 or f64 tensors, got i64[2]", function()
        ritz.grad(id)(ritz.ones({ 2 }, "i64"))
    end, "integers")
    t.throws("has no tensor or number to differentiate in", function() ritz.grad(id)("text") end,
        "text")
    t.throws("grad: argument 1 must be a function, got f32[3]", function() ritz.grad(x) end,
        "no function")
    t.throws("wrt is argument 2, got 1 arguments", function() ritz.grad(id, { wrt = 2 })(x) end,
        "a missing argument")
    t.throws('grad: unknown option "wtr": did you mean "wrt"?', function() ritz.grad(id,
        { wtr = 1 }) end,
        "an unknown option")
    t.throws("jvp: the tangent must be like what it belongs to, wanted f32[3], got f32[2]",
        function()
        ritz.jvp(id, x, ritz.ones(2))
    end, "a tangent of another shape")
    t.throws("the tangent must be a tree like", function() ritz.jvp(id, { a = x }, { b = x }) end,
        "a tangent with other keys")
    t.throws("vmap: mapped axes must have one size, got 3 in argument 1 and 2 in argument 2",
        function()
        ritz.vmap(function(a, b) return a + b end)(x, ritz.ones(2))
    end, "sizes that differ")
    t.throws("vmap: argument 1 is mapped over axis 1, got f32",
        function() ritz.vmap(id)(ritz.tensor(1)) end,
        "a scalar has no axis")
    t.throws("in_axes counts from 1, and false shares an argument, got 0", function()
        ritz.vmap(id, { in_axes = { 0 } })(x)
    end, "an axis counted from 0")
    t.throws("no argument has a tensor to map over", function() ritz.vmap(id)(3) end,
        "nothing to map")
    t.throws("keys must be 1..n or strings, got the key 2.5", function()
        ritz.grad(function(p) return p[2.5]:sum() end)({ [2.5] = x })
    end, "a tree with other keys")
    t.throws("without holes", function() ritz.grad(id)({ [1] = x, [3] = x }) end,
        "a tree with a hole")
    local loop = {}
    loop.loop = loop
    t.throws("does one contain itself", function() ritz.grad(id)(loop) end, "a tree with a cycle")
end)

t.run("traced values have no numbers", function()
    local x = ritz.tensor { 1, 2, 3 }
    local function inside(f) return function() ritz.grad(f)(x) end end
    t.throws("item: a traced value has no numbers yet, got f32[3]",
        inside(function(v) return v:item() end), "item")
    t.throws("ritz.where", inside(function(v) return v < 1 end), "<")
    t.throws("tostring: a traced value", inside(function(v) return tostring(v) end), "tostring")
    t.throws("totable: a traced value", inside(function(v) return v:totable() end), "totable")
    ritz.grad(function(v)
        t.is(#v, 3, "its shape is known")
        t.is(v.dtype, "f32", "its dtype too")
        return v:sum()
    end)(x)
    t.throws("uniform: inside a trace a draw needs a key", inside(function(v)
        return (v * ritz.uniform { 3 }):sum()
    end), "a draw without a key")
    local kept
    ritz.grad(function(v) kept = v * 2; return v:sum() end)(x)
    t.throws("outlived its trace: it was made at", function() return kept + 1 end,
        "a traced value that escaped")
    t.throws("test_transform.lua:", function() return kept + 1 end, "and where it was made")
    local text = "a value for one element of a vmap, or one step of a loop, outlived it"
    t.throws(text, inside(function(v)
        ritz.vmap(function(e) kept = e * 2; return e end)(v)
        return (v * kept):sum()
    end), "an element that escaped its vmap")
end)

t.run("errors end the trace", function()
    local object = { code = 42 }
    local good, err = pcall(ritz.grad(function() error(object) end), 1)
    t.ok(not good and rawequal(err, object), "an error object travels unchanged")
    t.is(ritz.uniform {}.rank, 0, "after an error no trace is open")
    local co = coroutine.create(function() ritz.grad(function() error("boom") end)(1) end)
    local resumed, message = coroutine.resume(co)
    t.ok(not resumed and message:find("boom", 1, true), "an error in a coroutine")
    t.is(ritz.uniform {}.rank, 0, "and no trace is open")
    resumed, message = coroutine.resume(coroutine.create(function()
        ritz.grad(function(x) coroutine.yield(x) return x end)(1)
    end))
    t.ok(not resumed and message:find("yield", 1, true), "no yield out of a trace")
    t.is(ritz.grad(function(x)
        local inner = coroutine.wrap(function() coroutine.yield(x * x) end)
        return inner()
    end)(3), 6.0, "a coroutine inside of a trace")
    t.is(ritz.grad(function(x)
        pcall(ritz.matmul, x, x)
        pcall(function() return x + ritz.ones({ 2 }, "i64") end)
        pcall(ritz.grad(function() error("inner") end), x)
        return x * x
    end)(3), 6.0, "errors caught inside of a trace do it no harm")
    t.throws("matmul", function() ritz.grad(function(x) return ritz.matmul(x, x) end)(1) end,
        "else they end it")
end)

t.done()
