-- Random numbers: keys, the run's stream, and the laws that draws follow.
local ritz = require "ritz"
local t = require "tap"

local function same(a, b)
    local x, y = ritz.tree.leaves(a:totable()), ritz.tree.leaves(b:totable())
    for i = 1, #x do
        if x[i] ~= y[i] then return false end
    end
    return #x == #y
end

t.run("keys", function()
    local key = ritz.key(7)
    t.ok(same(ritz.uniform({ 5 }, { key = key }), ritz.uniform({ 5 }, { key = ritz.key(7) })),
        "a key names its draws")
    t.ok(not same(ritz.uniform({ 5 }, { key = key }), ritz.uniform({ 5 }, { key = ritz.key(8) })),
        "another draws otherwise")
    local five, three = ritz.uniform({ 5 }, { key = key }), ritz.uniform({ 3 }, { key = key })
    t.ok(same(five[{ { 1, 3 } }], three), "a draw does not depend on how many there are")
    local keys = ritz.split(key, 3)
    t.is(table.concat(keys.shape, ","), "3,2", "split gives rows of keys")
    t.ok(same(keys[2], ritz.fold_in(key, 2)), "row i is fold_in(key, i)")
    t.ok(not same(keys[1], keys[2]) and not same(keys[1], key), "all are different")
    t.ok(same(ritz.jit(function(k) return ritz.normal({ 4 }, { key = k }) end)(key),
        ritz.normal({ 4 }, { key = key })),
        "inside a plan the same numbers")
end)

t.run("the stream", function()
    ritz.seed(3)
    local a, b = ritz.uniform { 4 }, ritz.uniform { 4 }
    t.ok(not same(a, b), "two draws differ")
    ritz.seed(3)
    t.ok(same(a, ritz.uniform { 4 }), "the seed starts the stream anew")
    t.ok(same(b, ritz.uniform { 4 }), "and it goes on alike")
    ritz.seed(4)
    t.ok(not same(a, ritz.uniform { 4 }), "another seed, other draws")
end)

t.run("the stream's state", function()
    local state = ritz.random_state()
    t.is(state.dtype .. table.concat(state.shape), "i643", "three integers")
    local a, b = ritz.normal { 3 }, ritz.uniform { 2 }
    ritz.random_state(state)
    t.is(ritz.abs(ritz.normal { 3 } - a):max():item(), 0, "goes on from where it was")
    t.is(ritz.abs(ritz.uniform { 2 } - b):max():item(), 0, "and on")
    local path = t.path("state.safetensors")
    ritz.save(path, { state = state })
    ritz.random_state(ritz.load(path).state)
    t.is(ritz.abs(ritz.normal { 3 } - a):max():item(), 0, "after a file")
    ritz.seed(3)
    local c = ritz.uniform {}:item()
    ritz.random_state(state)
    ritz.seed(3)
    t.is(ritz.uniform {}:item(), c, "a seed starts the stream whatever its state")
    t.throws("wanted the i64[3] that it gave, got f32[3]",
        function() ritz.random_state(ritz.ones { 3 }) end, "a dtype")
end)

t.run("laws", function()
    local n = 100000
    local key = ritz.key(1)
    local u = ritz.uniform({ n }, { key = key, dtype = "f64", low = -1, high = 3 })
    local mean = u:sum():item() / n
    t.near(mean, 1, 5 * (4 / math.sqrt(12)) / math.sqrt(n), "mean of uniform, within 5 deviations")
    t.ok(u:max():item() < 3 and (-u):max():item() <= 1, "uniform stays inside")
    local z = ritz.normal({ n }, { key = key, dtype = "f64", mean = 2, std = 3 })
    t.near(z:sum():item() / n, 2, 5 * 3 / math.sqrt(n), "mean of normal")
    t.near(((z - 2) ^ 2):sum():item() / n, 9, 5 * 9 * math.sqrt(2 / n), "variance of normal")
    local dice = ritz.randint({ 60000 }, { high = 6, key = key })
    t.is(dice.dtype, "i64", "randint gives i64")
    for face = 1, 6 do
        local count = ritz.equal(dice, face):sum():item()
        t.near(count, 10000, 5 * math.sqrt(60000 * 5 / 36), "face " .. face)
    end
    local order = ritz.permutation(1000, { key = key })
    local seen, moved = {}, 0
    for i, v in ipairs(order:totable()) do
        seen[v] = true
        if v ~= i then moved = moved + 1 end
    end
    t.is(#seen, 1000, "a permutation has every integer once")
    t.ok(moved > 900, "and moves most of them")
    t.is(ritz.permutation(0, { key = key }):numel(), 0, "of nothing")
end)

t.run("arguments", function()
    local key = ritz.key(1)
    local want = ritz.normal({ 2, 3 }, { key = key })
    t.ok(same(want, ritz.normal { 2, 3, key = key }), "options beside the sizes")
    t.ok(same(want, ritz.normal { shape = { 2, 3 }, key = key }), "the shape as an option")
    t.is(ritz.uniform({}, { key = key }).rank, 0, "a scalar")
    t.is(ritz.uniform({ 0 }, { key = key }):numel(), 0, "size zero")
    t.is(ritz.normal({ 2 }, { key = key, dtype = "f64" }).dtype, "f64", "dtype")
    t.throws('normal: unknown option "stddev"', function() ritz.normal({ 2 }, { stddev = 1 }) end,
        "an unknown option")
    t.throws("wants a key, i64[2]", function() ritz.uniform({ 2 }, { key = ritz.ones(2) }) end,
        "no key")
    t.throws("randint: wanted integers low <= high, got low = 1 and high = 0", function()
        ritz.randint({ 2 }, { high = 0 })
    end, "an empty range")
    t.throws("randint: dtype must be i64, got f32", function()
        ritz.randint({ 2 }, { high = 2, dtype = "f32" })
    end, "integers as f32")
    t.throws("wants f32 or f64, got i64", function() ritz.normal({ 2 }, { dtype = "i64" }) end,
        "normal as i64")
    t.throws("key: the seed must be an integer, got 1.5", function() ritz.key(1.5) end,
        "a seed that is a fraction")
    t.throws("permutation: the count must be an integer", function() ritz.permutation("a") end,
        "no count")
end)

t.done()
