-- test_order.lua - sorting and what follows from it: against table.sort, which is not
-- stable, with the position as the second key.

local ritz = require "ritz"
local t = require "tap"
local numeric = require "lua.numeric"

local key = ritz.key(11)

--- The positions that sort a flat list; NaN last, equal ones in order.
local function order_of(values, descending)
    local at = {}
    for i = 1, #values do at[i] = i end
    table.sort(at, function(i, j)
        local a, b = values[i], values[j]
        if a == b or (a ~= a and b ~= b) then return i < j end
        if a ~= a then return false end
        if b ~= b then return true end
        if descending then return a > b end
        return a < b
    end)
    return at
end

local function same(a, b)
    if #a ~= #b then return false end
    for i = 1, #a do
        if a[i] ~= b[i] and not (a[i] ~= a[i] and b[i] ~= b[i]) then return false end
    end
    return true
end

--- Many equal elements, both zeros, infinities and NaN.
local function awkward(n, seed)
    local x = ritz.round(ritz.normal({ n }, { key = ritz.fold_in(key, seed), dtype = "f64" }) * 3)
    local out = x:totable()
    for i = 1, n, 17 do out[i] = 0 / 0 end
    for i = 5, n, 23 do out[i] = -math.huge end
    for i = 9, n, 29 do out[i] = math.huge end
    for i = 3, n, 31 do out[i] = -0.0 end
    return out
end

t.run("argsort", function()
    for _, n in ipairs { 0, 1, 2, 31, 32, 33, 1000 } do
        local values = awkward(n, n)
        for _, dtype in ipairs { "f32", "f64" } do
            local x = ritz.tensor(values, dtype)
            for _, down in ipairs { false, true } do
                t.ok(same(ritz.argsort(x, 1, down):totable(), order_of(values, down)),
                    ("%d of %s, descending %s"):format(n, dtype, tostring(down)))
            end
        end
    end
    local far = { 2 ^ 52, -2 ^ 52, 3, -1, 2 ^ 53, -2 ^ 53, 3, 0 }
    local x = ritz.tensor(far, "i64")
    t.ok(same(ritz.argsort(x):totable(), order_of(far)), "integers of any size")
    t.ok(same(ritz.argsort(x, 1, true):totable(), order_of(far, true)), "the other way")
end)

t.run("the first k are the first k of all", function()
    local values = awkward(2000, 3)
    local x = ritz.tensor(values, "f32")
    local order = order_of(values, true)
    for _, k in ipairs { 0, 1, 7, 124, 125, 126, 2000 } do
        local top, at = ritz.top_k(x, k)
        local want, picked = table.move(order, 1, k, 1, {}), {}
        for i = 1, k do picked[i] = values[want[i]] end
        t.ok(same(at:totable(), want), ("positions of %d"):format(k))
        t.ok(same(top:totable(), picked), ("values of %d"):format(k))
    end
    local nothing = ritz.top_k(ritz.ones { 3, 0 }, 0)
    t.is(nothing:numel(), 0, "none of none")
    t.throws("k must be 0 to 3", function() ritz.top_k(ritz.ones { 3 }, 4) end)
end)

t.run("sort along any axis, with derivatives", function()
    local x = ritz.normal({ 4, 5, 3 }, { key = key, dtype = "f64" })
    for axis = 1, 3 do
        local y = ritz.sort(x, axis)
        t.is(numeric.distance(y, ritz.take_along(x, ritz.argsort(x, axis), axis)), 0.0,
            "sort picks what argsort names")
        local n = x.shape[axis]
        t.ok(ritz.min(ritz.slice(y, axis, 2, n) - ritz.slice(y, axis, 1, n - 1)):item() >= 0,
            "elements rise along axis " .. axis)
        t.near(ritz.sum(y):item(), ritz.sum(x):item(), 1e-12, "and none is lost")
        numeric.check_gradient("sort", function(z) return ritz.sort(z, axis) end, x)
        numeric.check_gradient("median", function(z) return ritz.median(z, axis) end, x)
    end
    numeric.check_gradient("top_k", function(z) return (ritz.top_k(z, 2, 2)) end, x)
    numeric.check_gradient("quantile", function(z) return ritz.quantile(z, 0.3, 2) end, x)
    local rows = ritz.vmap(function(z) return ritz.sort(z) end)(x)
    t.is(numeric.distance(rows, ritz.sort(x)), 0.0, "vmap sorts each row")
end)

t.run("positions", function()
    local x = ritz.tensor { { 4, 1, 1 }, { 2, 8, 0.5 } }
    t.is(numeric.distance(ritz.argmin(x), { 2, 3 }), 0.0, "argmin takes the first")
    t.is(numeric.distance(ritz.argmin(x, 1), { 2, 1, 2 }), 0.0, "argmin of columns")
    local edges = ritz.tensor { 1, 2, 2, 4 }
    local at = ritz.tensor { { 0, 1, 2 }, { 3, 4, 5 } }
    t.is(numeric.distance(ritz.searchsorted(edges, at), { 1, 1, 2, 4, 4, 5 }), 0.0, "before equals")
    t.is(numeric.distance(ritz.searchsorted(edges, at, true), { 1, 2, 4, 4, 5, 5 }), 0.0,
        "after equals")
    t.throws("wants a sorted vector first", function() ritz.searchsorted(at, at) end)
    t.throws("must agree but for axis 2", function()
        ritz.take_along(x, ritz.tensor({ 1 }, "i64"))
    end)
    t.throws("wants i64", function() ritz.take_along(x, x) end)
    t.throws("q", function() ritz.quantile(x, 1.5) end)
    t.throws("at least one element", function() ritz.median(ritz.ones { 2, 0 }) end)
    t.near(ritz.quantile(ritz.tensor({ 4, 1, 3, 2 }, "f64"), 0.9):item(), 3.7, 1e-15, "quantile")
    t.is(ritz.quantile(ritz.tensor { 4, 1, 3 }, 1):item(), 4.0, "the maximum")
end)
t.done()
