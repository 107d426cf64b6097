-- Memory: every binding survives every request for memory that fails, and the
-- collector sees the bytes of tensors.
local ritz = require "ritz"
local t = require "tap"
local exhaust = require "lua.exhaust"

local x = ritz.tensor { { 1, 2 }, { 3, 4 } }
local index = ritz.tensor({ 2, 1 }, "i64")
local key = ritz.key(1)

t.run("requests that fail", function()
    exhaust("tensor", function() return ritz.tensor { { 1, 2 }, { 3, 4 } } end)
    exhaust("zeros", function() return ritz.zeros { 3 } end)
    exhaust("eye", function() return ritz.eye(3) end)
    exhaust("linspace", function() return ritz.linspace(0, 1, 5) end)
    exhaust("operators", function() return -x * 2 + x / x - x ^ 2 end)
    exhaust("row", function() return x[1][2]:item() end)
    exhaust("index", function() return x[{ { 1, 2 }, index }] end)
    exhaust("matmul", function() return ritz.matmul(x, x) end)
    exhaust("sum", function() return x:sum(1)[1]:item() end)
    exhaust("to", function() return x:to("i64") end)
    exhaust("tostring", function() return tostring(x) .. tostring(x[1]) end)
    exhaust("concatenate", function() return ritz.concatenate({ x, x }, 1) end)
    exhaust("draws", function()
        return ritz.normal({ 3 }, { key = key }), ritz.uniform { 2 },
            ritz.randint({ 2 }, { high = 3, key = key }),
            ritz.permutation(4, { key = key }), ritz.split(key, 2)
    end)
    exhaust("constant", function() return ritz.constant(x) end)
    exhaust("tree", function()
        return ritz.tree.map(function(v) return v + 1 end, { x, { a = x } })
    end)
    exhaust("grad", function()
        return ritz.grad(function(p) return ritz.sum(ritz.tanh(ritz.matmul(p.w, x))) end)({ w = x })
    end)
    exhaust("grad of grad",
        function() return ritz.grad(ritz.grad(function(v) return v ^ 3 end))(2) end)
    exhaust("jvp", function() return ritz.jvp(function(v) return ritz.exp(v) end, x, x) end)
    exhaust("vjp", function() return ritz.vjp(function(v) return ritz.exp(v) end, x, x) end)
    exhaust("vmap",
        function() return ritz.vmap(ritz.grad(function(v) return (v * v):sum() end))(x) end)
    exhaust("jit, traced", function()
        return ritz.jit(function(v, s) return { v * s, s } end)(x, 2)
    end)
    local j = ritz.jit(function(v, s) return { ritz.exp(v) * s, s } end)
    exhaust("jit, replayed", function() return j(x, 2) end)
    local path = t.path("x.safetensors")
    exhaust("save and load", function()
        ritz.save(path, { a = x, b = { x } })
        return ritz.load(path)
    end)
    exhaust("csv", function()
        ritz.save(t.path("x.csv"), x)
        return ritz.load(t.path("x.csv"))
    end)
    t.is((x + 1)[1][1]:item(), 2, "after all that ritz computes")
    t.is(ritz.uniform {}.rank, 0, "and no trace is open")
end)

t.run("a donated argument survives a failure", function()
    local step = ritz.jit(function(v) return v + 1, v * 2 end, { donate = 1 })
    step(ritz.zeros(3))
    local kept = 0
    for n = 1, 50 do
        local v = ritz.zeros(3)
        ritz._fail_allocation(n)
        local good = pcall(step, v)
        ritz._fail_allocation(0)
        if good then break end
        if pcall(function() return v + 1 end) then kept = kept + 1 end
        if not pcall(function() return v + 1 end) then kept = -1000 end
    end
    t.ok(kept > 0, "every call that failed left its argument whole")
end)

t.run("the collector sees tensors", function()
    collectgarbage()
    local megabyte = 1 << 20
    local before, peak = ritz._live_bytes(), 0
    for i = 1, 10000 do
        local v = ritz.full({ 256, 256 }, i) -- 256 kB: 2.6 GB in all
        if i % 100 == 0 then v:sum() end
        peak = math.max(peak, ritz._live_bytes())
    end
    t.ok(peak - before < 160 * megabyte,
        ("10,000 tensors: %d MB at most"):format((peak - before) // megabyte))
    local f = ritz.jit(function(v) return v * 2 end)
    local v = ritz.ones { 256, 256 }
    peak = 0
    for _ = 1, 2000 do
        f(v)
        peak = math.max(peak, ritz._live_bytes())
    end
    t.ok(peak - before < 160 * megabyte, "2,000 calls of a plan")
    peak = 0
    for _ = 1, 300 do
        ritz.grad(function(w) return (w * w):sum() end)(v)
        peak = math.max(peak, ritz._live_bytes())
    end
    t.ok(peak - before < 160 * megabyte, "300 gradients")
    collectgarbage()
    collectgarbage()
    t.ok(ritz._live_bytes() - before < 2 * megabyte, "afterwards all of it is given back")
end)

t.done()
