-- ritz.jit: the same bits as the function it is made of, plans by signature,
-- captures, donation, and what is refused.
local ritz = require "ritz"
local t = require "tap"

local function equal(a, b)
    local x, y = ritz.tree.leaves(a:totable()), ritz.tree.leaves(b:totable())
    for i = 1, math.max(#x, #y) do
        if x[i] ~= y[i] then return false end
    end
    return a.dtype == b.dtype
end

--- f, and a table that counts how often it ran.
local function counted(f)
    local count = { 0 }
    return function(...)
        count[1] = count[1] + 1
        return f(...)
    end, count
end

t.run("jit computes what the function computes", function()
    local key = ritz.key(3)
    local p = {
        { w = ritz.normal({ 5, 7 }, { key = ritz.fold_in(key, 1) }), b = ritz.zeros { 7 } },
        { w = ritz.normal({ 7, 3 }, { key = ritz.fold_in(key, 2) }), b = ritz.ones { 3 } },
    }
    local x = ritz.normal({ 11, 5 }, { key = ritz.fold_in(key, 3) })
    local function net(q, v)
        local h = ritz.tanh(ritz.matmul(v, q[1].w) + q[1].b)
        return ritz.matmul(h, q[2].w) + q[2].b
    end
    local function loss(q, v, scale) return ritz.sum(net(q, v) ^ 2) * scale, { out = net(q, v) } end
    t.ok(equal(ritz.jit(net)(p, x), net(p, x)), "a network, bit by bit")
    local fast = ritz.jit(ritz.value_and_grad(loss))
    local value, g, more = ritz.value_and_grad(loss)(p, x, 0.25)
    local jvalue, jg, jmore = fast(p, x, 0.25)
    t.ok(equal(value, jvalue) and equal(g[1].w, jg[1].w) and equal(g[2].b, jg[2].b), "its gradient")
    t.ok(equal(more.out, jmore.out), "what follows")
    t.ok(equal(fast(p, x, 0.5), loss(p, x, 0.5)), "another number")
    local slopes = ritz.vmap(ritz.grad(function(v) return (v ^ 3):sum() end))
    t.ok(equal(ritz.jit(slopes)(x), slopes(x)), "vmap of grad")
    local a, b, c = ritz.jit(function(v) return v, nil, "text" end)(x)
    t.ok(equal(a, x) and b == nil and c == "text", "an argument returned, nil and text")
    t.is(select("#", ritz.jit(function() end)(x)), 0, "no results")
    t.is(ritz.jit(function() return ritz.eye(2) end)():numel(), 4, "no arguments")
    t.is(ritz.jit(function(s) return s * 2 end)(3), 6.0, "numbers stay numbers")
    t.is(ritz.jit(function() return ritz.zeros { 2 } end)(x):numel(), 2, "a tensor made inside")
    t.is(ritz.jit(function(v) return v * 2 end)(ritz.zeros { 0, 3 }):numel(), 0, "size zero")
end)

t.run("plans by signature", function()
    local f, count = counted(function(v, s, opt) return v * s + (opt == "more" and 1 or 0) end)
    local j = ritz.jit(f)
    local x = ritz.ones(3)
    j(x, 2)
    j(x + 1, 3)
    t.is(count[1], 1, "another value and another number: the same plan")
    t.is(j(x, 3)[1]:item(), 3, "with the new number")
    j(ritz.ones(4), 2)
    t.is(count[1], 2, "another shape: a new plan")
    j(ritz.ones({ 3 }, "f64"), 2)
    t.is(count[1], 3, "another dtype")
    t.is(j(x, 2, "more")[1]:item(), 3, "another text")
    t.is(count[1], 4, "is a new plan")
    j(x, 2)
    t.is(count[1], 4, "the first plan is still there")
    local tree, trees = counted(function(p) return p.a end)
    local jt = ritz.jit(tree)
    jt { a = x }
    jt { a = x, b = x }
    t.is(trees[1], 2, "other keys: a new plan")
    jt { a = x * 5, b = x }
    t.is(trees[1], 2, "the same keys")
    local fixed, fixes = counted(function(v, n) return ritz.sum(v, n) end)
    local js = ritz.jit(fixed, { static = 2 })
    local m = ritz.ones { 2, 3 }
    t.is(#js(m, 1), 3, "a static number is a number inside")
    t.is(#js(m, 2), 2, "and another one makes another plan")
    js(m, 1)
    t.is(fixes[1], 2, "both are kept")
    for n = 1, 100 do j(ritz.ones(n), 1) end
    local before = count[1]
    j(ritz.ones(100), 1)
    t.is(count[1], before, "of many plans the last are kept")
    j(x, 2)
    t.is(count[1], before + 1, "and the first are not")
end)

t.run("upvalues", function()
    local rate, name = 2, "a"
    local calls = { 0 }
    local j = ritz.jit(function(v)
        calls[1] = calls[1] + 1
        return v * rate + #name
    end)
    t.is(j(ritz.ones(1))[1]:item(), 3, "an upvalue that is a number")
    rate = 5
    t.is(j(ritz.ones(1))[1]:item(), 6, "changed, is seen")
    name = "abc"
    t.is(j(ritz.ones(1))[1]:item(), 8, "so is a text")
    rate, name = 2, "a"
    j(ritz.ones(1))
    t.is(calls[1], 3, "an old value finds its plan")
end)

t.run("upvalues of functions that it calls", function()
    local power, traced = 2, 0
    local function deepest(v) return v ^ power end
    local function deeper(v) return deepest(v) + 1 end
    local recursive
    function recursive(v, n) return n == 0 and deeper(v) or recursive(v, n - 1) end
    local j = ritz.jit(function(v)
        traced = traced + 1
        return recursive(v, 2)
    end)
    -- `traced` is an upvalue too: it is put back, so that it counts nothing.
    local function call(v)
        traced = 0
        return j(v)[1]:item(), traced
    end
    local x = ritz.full({ 1 }, 3)
    for i = 1, 3 do
        local y, traces = call(x)
        t.ok(y == 10 and traces == (i == 1 and 1 or 0), "recognised, call " .. i)
    end
    power = 3
    t.is(call(x), 28, "a number three functions below, changed, is seen")
    power = 2
    local y, traces = call(x)
    t.ok(y == 10 and traces == 0, "and its old value finds its plan")
    deepest = function(v) return v * 0 + power + #"abc" end
    local constant = ritz.jit(function(v) return deepest(v) end)
    t.is(constant(x)[1]:item(), 5, "a function of another shape")
    local extra = 7
    deepest = function(v) return v * 0 + power + extra end
    t.is(constant(x)[1]:item(), 9, "is told from one with more upvalues")
end)

t.run("captures", function()
    local old = ritz.ones(3)
    local refused = "jit: f32[3] was made before the trace and would be frozen into the plan"
    t.throws(refused, function() ritz.jit(function(v) return v + old end)(old) end, "an old tensor")
    t.throws("ritz.constant", function()
        ritz.jit(function(v) return v + old * 2 end)(old)
    end, "what is computed of one is as old")
    t.throws(refused, function() ritz.jit(function() return old end)(old) end, "also as a result")
    t.throws("test_jit.lua:", function() ritz.jit(function(v) return v + old end)(old) end,
        "with its line")
    local constant = ritz.constant(old)
    t.is(ritz.jit(function(v) return v + constant * 2 end)(old)[1]:item(), 3,
        "a constant may be captured")
    t.is(ritz.jit(function(v) return v + ritz.eye(3)[1] end)(old)[1]:item(), 2,
        "what the function makes may be")
    t.is(ritz.grad(function(x) return (x * old):sum() end)(old)[1]:item(), 1,
        "grad captures freely")
end)

t.run("nesting", function()
    local inner, count = counted(function(v) return v * v end)
    local j = ritz.jit(inner)
    t.is(ritz.grad(function(x) return j(x) end)(3), 6.0, "grad of jit")
    t.is(ritz.jit(function(x) return j(x) + 1 end)(3), 10.0, "jit of jit")
    t.is(count[1], 2, "is part of the trace around it")
    t.is(ritz.vmap(j)(ritz.tensor { 2, 3 })[2]:item(), 9, "vmap of jit")
    t.is(ritz.jit(ritz.grad(ritz.grad(function(x) return x ^ 3 end)))(2), 12.0,
        "jit of grad of grad")
    local function power(x, n) return n == 0 and 1 or x * power(x, n - 1) end
    t.is(ritz.jit(power, { static = 2 })(2, 5), 32.0, "recursion")
end)

t.run("donation", function()
    local step = ritz.jit(function(p, g) return { w = p.w - g.w * 0.5 } end, { donate = { 1 } })
    local p, g = { w = ritz.ones(4) }, { w = ritz.ones(4) }
    local q = step(p, g)
    t.is(q.w[1]:item(), 0.5, "a step")
    t.throws("a tensor was given up at", function() return p.w + 1 end, "its argument is gone")
    t.throws("test_jit.lua:", function() return p.w + 1 end, "and the error says where it went")
    t.is(g.w[1]:item(), 1, "what was not donated is not")
    for _ = 1, 5 do q = step(q, g) end
    t.is(q.w[1]:item(), -2, "again and again")
    local held = ritz.zeros { 2, 2 }
    local row = held[1]
    local fill = ritz.jit(function(v) return v + 7 end, { donate = 1 })
    t.is(fill(held)[1][1]:item(), 7, "a tensor with a view")
    t.is(row[1]:item(), 0, "is copied, the view keeps its values")
    local x = ritz.ones(2)
    local both = ritz.jit(function(a, b) return a + 1, b + 2 end, { donate = { 1, 2 } })
    local a, b = both(x, x)
    t.ok(a[1]:item() == 2 and b[1]:item() == 3, "the same tensor twice")
    x = ritz.ones(2)
    a, b = ritz.jit(function(u, v) return u + 1, v + 2 end, { donate = 1 })(x, x)
    t.ok(a[1]:item() == 2 and b[1]:item() == 3, "donated and not")
    t.throws("given up", function() return x + 1 end, "is donated")
    x = ritz.ones(2)
    local fails = ritz.jit(function(v, i) return v + ritz.take(v, i, 1) end, { donate = 1 })
    t.throws("9", function() fails(x, ritz.tensor({ 1, 9 }, "i64")) end, "an index out of range")
    t.throws("take: positions must be 1 to 2, got 9 (traced at ", function()
        fails(x, ritz.tensor({ 1, 9 }, "i64"))
    end, "says what failed, and where it was traced")
    t.is(x[1]:item(), 1, "a call that failed gives nothing up")
    t.is(fails(x, ritz.tensor({ 1, 2 }, "i64"))[1]:item(), 2, "and may be made again")
end)

t.run("calls are recognised by what is in their tables", function()
    local a, b, wide = ritz.tensor { 1, 2 }, ritz.tensor { 3, 5 }, ritz.tensor { 1, 2, 3 }
    local long = ("key"):rep(40)
    local function one() return 1 end
    local scale, traces = 2, { 0 }
    local fast = ritz.jit(function(p, s)
        traces[1] = traces[1] + 1
        local sum = p.a * p.weight + s
        for _, v in ipairs(p.list or {}) do sum = sum + v end
        return { sum = sum * scale, kind = p.kind }, p[long]
    end)
    --- What a call must give, and how often it has been traced by then.
    local function check(p, s, want, count, name)
        local got, kept = fast(p, s)
        t.is(got.sum[1]:item(), want, name)
        t.ok(got.kind == p.kind and rawequal(kept, p[long]), name .. ": what is static")
        t.is(traces[1], count, name .. ": traced")
    end
    for _ = 1, 3 do
        check({ a = a, weight = 2 }, 1, 6, 1, "a table")
    end
    local other = {}
    for i = 1, 9 do other["x" .. i] = i end
    for i = 1, 9 do other["x" .. i] = nil end
    other.weight, other.a = 3, b
    for _ = 1, 3 do
        check(other, 1, 20, 1, "the same keys in another order")
        check({ weight = 2, a = a }, 2, 8, 1, "alternating")
    end
    for i = 1, 2 do
        check({ a = a, weight = 2, kind = "k" }, 1, 6, i == 1 and 2 or 12, "one key more " .. i)
        check({ a = a, weight = 2, kind = "l" }, 1, 6, i == 1 and 3 or 12, "another text " .. i)
        check({ a = a, weight = 2, kind = true }, 1, 6, i == 1 and 4 or 12, "a boolean " .. i)
        check({ a = a, weight = 2, kind = one }, 1, 6, i == 1 and 5 or 12, "a function " .. i)
        check({ a = a, weight = 2 }, 1, 6, i == 1 and 5 or 12, "one key less " .. i)
        check({ a = a, weight = 0.5 }, 1, 3, i == 1 and 6 or 12, "a fraction " .. i)
        check({ a = wide, weight = 2 }, 1, 6, i == 1 and 7 or 12, "another shape " .. i)
        check({ a = a, weight = b }, 1, 8, i == 1 and 8 or 12, "a tensor for a number " .. i)
        check({ a = a, weight = 2, list = { b } }, 1, 12, i == 1 and 9 or 12, "a list " .. i)
        check({ a = a, weight = 2, list = { b, b } }, 1, 18, i == 1 and 10 or 12,
            "a longer list " .. i)
        check({ a = a, weight = 2, list = {} }, 1, 6, i == 1 and 11 or 12, "an empty one " .. i)
        check({ a = a, weight = 2, [("key"):rep(40)] = 7.5 }, 1, 6, 12, "a long key " .. i)
    end
    scale = 3
    check({ a = a, weight = 2 }, 1, 9, 13, "another upvalue")
    scale = 2
    check({ a = a, weight = 2 }, 1, 6, 13, "and the one before")
    t.throws("jit", function() fast({ a = a, weight = 2, [1.5] = 1 }, 1) end,
        "a key that no tree has")
    check({ a = a, weight = 2 }, 1, 6, 13, "after an error")
end)

t.run("a call that is recognised may be refused", function()
    local fast = ritz.jit(function(p, v) return { x = p.x + v }, p.y end, { donate = 1 })
    local p = { x = ritz.ones { 2 }, y = ritz.ones { 3 } }
    local v = ritz.ones { 2 }
    for _ = 1, 3 do
        local q, y = fast(p, v)
        p = { x = q.x, y = y }
    end
    t.is(p.x[1]:item(), 4, "recognised")
    local used = p
    local q, y = fast(p, v)
    t.throws("was given up at", function() fast(used, v) end, "given up by the last call")
    p = { x = q.x, y = y }
    t.is(fast(p, v).x[1]:item(), 6, "what that call returned is there")
    local twice = ritz.ones { 2 }
    local sum = ritz.jit(function(r) return { a = r.a + 1, b = r.b * 3 } end, { donate = 1 })
    for _ = 1, 3 do sum { a = ritz.ones { 2 }, b = ritz.ones { 2 } } end
    local r = sum { a = twice, b = twice }
    t.ok(r.a[1]:item() == 2 and r.b[1]:item() == 3, "one tensor given up twice")
    local kept = ritz.ones { 2 }
    local rows = kept[1]
    r = sum { a = kept, b = r.b }
    t.is(r.a[1]:item(), 2, "of a tensor with a view")
    t.is(rows:item(), 1, "a view of what was given up keeps its value")
end)

t.run("what is refused", function()
    t.throws("jit: argument 1 must be a function, got 3", function() ritz.jit(3) end, "no function")
    t.throws('jit: unknown option "donat": did you mean "donate"?', function()
        ritz.jit(print, { donat = 1 })
    end, "an unknown option")
    t.throws("donate lists arguments from 1 to 64, got 0", function()
        ritz.jit(print, { donate = 0 })
    end,
        "no such argument")
    t.throws("donate or static lists argument 3, got 2 arguments", function()
        ritz.jit(function(a, b) return a + b end, { donate = { 3 } })(ritz.ones(1), ritz.ones(1))
    end, "an argument that the call has not")
    t.throws("the fraction 0.5 meets i64", function()
        ritz.jit(function(i, s) return i * s end)(ritz.ones({ 2 }, "i64"), 0.5)
    end, "a fraction that stands for others meets i64")
    t.is(ritz.jit(function(i, s) return i * s end)(ritz.ones({ 2 }, "i64"), 3)[2]:item(), 3,
        "a whole number may")
    local object = {}
    local good, err = pcall(ritz.jit(function() error(object) end), 1)
    t.ok(not good and rawequal(err, object), "an error of the function travels unchanged")
    t.throws("sum: axis must be",
        function() ritz.jit(function(v) return v:sum(4) end)(ritz.ones(1)) end,
        "an error while tracing")
    t.is(ritz.uniform {}.rank, 0, "leaves no trace open")
end)

t.done()
