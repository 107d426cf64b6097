-- explain and profile: formulas that give the values that the plan gives, counts
-- from shapes, and what a checkpoint does to the memory of a plan.
local ritz = require "ritz"
local t = require "tap"
local exhaust = require "lua.exhaust"

local function normal(seed, ...) return ritz.normal({ ... }, { key = ritz.key(seed) }) end

-- What formulas are made of, besides the functions of ritz.
local words = {
    row_sum = function(x) return x:sum(-1, true) end,
    row_max = function(x) return x:max(-1, true) end,
    column_sum = function(x) return x:sum(1) end,
    select = ritz.where, max = ritz.maximum, min = ritz.minimum,
}

--- The formulas of a plan of chains, run as Lua.
local function evaluate(plan, inputs)
    local env = setmetatable({}, { __index = function(_, name)
        local index = name:match "^in(%d+)$"
        if index then return inputs[tonumber(index)] end
        return words[name] or ritz[name]
    end })
    for _, row in ipairs(plan) do assert(load(row.formula, "formula", "t", env))() end
    return env.out1
end

local function check(name, f, ...)
    local plan = ritz.explain(f, ...)
    local got, want = evaluate(plan, { ... }), f(...)
    t.near(ritz.abs(got - want):max():item(), 0, 1e-6, name .. ": " .. plan[1].formula)
end

t.run("formulas compute what the plan does", function()
    local x, y, b = normal(1, 6, 5), normal(2, 6, 5), normal(3, 5)
    check("one function", ritz.tanh, x)
    check("a chain", function(u, v) return ritz.exp(-u) * (u - v) + v / (1 + u ^ 2) end, x, y)
    check("muladd", function(u, v, w) return u * v + w - v * v * 0.5 end, x, y, b)
    check("values that are read twice", function(u, v)
        local s = ritz.sin(u + v)
        return s * ritz.cos(s) - s * v
    end, x, y)
    check("where", function(u, v) return ritz.where(ritz.less(u, v), u, v * 2) end, x, y)
    check("softmax", function(u) return ritz.softmax(u, -1) end, x)
    check("columns", function(u) return (ritz.square(u) * 3):sum(1) end, x)
end)

t.run("what the rows say", function()
    local function f(w, x) return ritz.relu(ritz.matmul(x, w)) end
    local plan = ritz.explain(f, normal(1, 20, 30), normal(2, 10, 20))
    t.is(#plan, 2, "a product and a chain")
    t.is(plan[1].formula, "t1 = matmul(in2, in1)", "names of arguments")
    t.is(plan[2].formula, "out1 = max(t1, 0)", "names of results")
    t.is(plan[1].flops, 2.0 * 10 * 20 * 30, "operations of a product")
    t.is(plan[1].bytes, 4.0 * (20 * 30 + 10 * 20 + 10 * 30), "bytes that it touches")
    t.is(plan.inputs, 4.0 * (20 * 30 + 10 * 20), "bytes of the arguments")
    t.is(plan.outputs, 4.0 * 10 * 30, "bytes of the results")
    t.near(plan[1].floor, plan[1].flops / 110e9, 1e-12, "least time of a product")
    t.matches(plan[1].script .. ":" .. plan[1].line, "test_explain.lua:", "where it was traced")
    t.matches(tostring(plan), "2 instructions: 0.0123 MFLOP", "its text begins with the sums")
    local jitted = ritz.jit(function(p) return p * 2 end, { donate = 1 })
    local p = normal(3, 4)
    t.is(ritz.explain(jitted, p)[1].tail, true, "what is given up is overwritten last")
    t.is(p.shape[1], 4, "and was not given up by explain")
    t.is(#ritz.explain(function(q) return q end, p), 1, "a function that does nothing copies")
    local layer = ritz.nn.sequential { ritz.nn.linear(4, 3) }
    local params = layer.init { seed = 1 }
    t.is(ritz.explain(function(q, u) return layer(q, u) end, params, normal(4, 2, 4))[1].layer,
        "linear_1", "the layer")
    t.matches(ritz.explain(function(q) return (ritz.scan(function(c) return ritz.sin(c) end, q,
        { length = 3 })) end, p)[1].sizes, "3 times", "a scan")
end)

t.run("what the threads share", function()
    --- Rows of the plan that are shared, of a network with this many inputs.
    local function shared(width, rows)
        local x, w = normal(1, rows, width), normal(2, width, width)
        local count = 0
        local function net(p, u) return ritz.tanh(ritz.matmul(ritz.tanh(ritz.matmul(u, p)), p)) end
        for _, row in ipairs(ritz.explain(net, w, x)) do count = count + (row.shared and 1 or 0) end
        return count
    end
    t.is(shared(64, 128), 0, "nothing of a plan with little work")
    t.ok(shared(256, 512) >= 2, "products of one with much")
end)

t.run("a checkpoint saves memory and changes no bit", function()
    local x, w = normal(1, 64, 32), {}
    for i = 1, 6 do w[i] = normal(i + 1, 32, 32) end
    local function block(p, first, u)
        for _ = 1, 4 do
            for i = first, first + 2 do u = ritz.tanh(ritz.matmul(u, p[i]) * 0.3) end
        end
        return u
    end
    local function loss(wrap)
        local part = wrap(block)
        return ritz.grad(function(p, u) return ritz.sum(part(p, 4, part(p, 1, u)) ^ 2) end)
    end
    local plain = loss(function(f) return f end)
    local saving = loss(ritz.checkpoint)
    local a, b = ritz.explain(plain, w, x), ritz.explain(saving, w, x)
    t.ok(b.arena < 0.7 * a.arena, ("arena of %d and %d bytes"):format(b.arena, a.arena))
    local function flops(plan)
        local sum = 0
        for _, row in ipairs(plan) do sum = sum + row.flops end
        return sum
    end
    t.ok(flops(b) > flops(a), "it computes more")
    local g, h = plain(w, x), saving(w, x)
    for i = 1, 6 do t.is(ritz.abs(g[i] - h[i]):max():item(), 0.0, "gradient " .. i) end
end)

t.run("profile", function()
    local x = normal(1, 64, 64)
    local function f(u, v) return ritz.tanh(ritz.matmul(u, v)) + 1 end
    local p = ritz.profile(f, x, x, { runs = 3 })
    local total, kinds = 0, 0
    for _, row in ipairs(p) do total = total + row.seconds end
    for _, sum in ipairs(p.kinds) do kinds = kinds + sum.seconds end
    t.ok(total > 0 and p[1].seconds > 0, "instructions take time")
    t.near(kinds, total, 1e-12, "kinds add up to it")
    t.is(p.runs, 3, "as many runs as asked for")
    t.matches(tostring(p), "least of 3 runs", "its text says so")
    local jitted = ritz.jit(function(u) return u * 2 end, { donate = 1 })
    ritz.profile(jitted, x)
    t.near(jitted(x * 1)[1][1]:item(), 2 * x[1][1]:item(), 0, "arguments are not given up")
    t.throws("runs must be 1 or more, got 0", function() ritz.profile(f, x, x, { runs = 0 }) end,
        "no run")
    t.throws("add: shapes must broadcast", function()
        ritz.profile(function(u, v) return u + v end, x, normal(2, 3))
    end, "an error of the function")
    local q = { runs = x, other = x }
    t.is(#ritz.profile(function(o) return o.runs + o.other end, q), 1,
        "a table that is an argument")
end)

t.run("requests for memory that fail", function()
    local x = normal(1, 4, 4)
    exhaust("explain", function() return ritz.explain(ritz.softmax, x) end)
    exhaust("profile", function()
        return ritz.profile(function(u) return ritz.matmul(u, u) end, x, { runs = 1 })
    end)
end)

t.done()
