-- test_arrange.lua - elements in another arrangement, what accumulates along an axis, and
-- elementwise functions made of others: against plain loops and closed forms.

local ritz = require "ritz"
local t = require "tap"
local numeric = require "lua.numeric"

local key = ritz.key(31)
local drawn = 0

local function draw(...)
    drawn = drawn + 1
    return ritz.normal({ ... }, { key = ritz.fold_in(key, drawn), dtype = "f64" })
end

local function f64(values) return ritz.tensor(values, "f64") end

local function same(got, want, name)
    t.is(numeric.distance(got, want), 0.0, name)
end

--- Shapes as text: "2x3".
local function shape(x) return table.concat(x.shape, "x") end

t.run("arrangements", function()
    local x = f64 { { 1, 2, 3 }, { 4, 5, 6 } }
    same(ritz.flip(x), { 6, 5, 4, 3, 2, 1 }, "flip all")
    same(ritz.flip(x, 2), { 3, 2, 1, 6, 5, 4 }, "flip rows")
    same(ritz.flip(x, { 1 }), { 4, 5, 6, 1, 2, 3 }, "flip columns")
    same(ritz.roll(x, 1, 2), { 3, 1, 2, 6, 4, 5 }, "roll")
    same(ritz.roll(x, -1, 2), { 2, 3, 1, 5, 6, 4 }, "roll back")
    same(ritz.roll(x, 6, 2), x, "roll around")
    same(ritz.roll(x, -7, -1), { 2, 3, 1, 5, 6, 4 }, "roll around and back")
    t.is(shape(ritz.stack { x, x, x }), "3x2x3", "stack in front")
    t.is(shape(ritz.stack({ x, x, x }, -1)), "2x3x3", "stack behind")
    same(ritz.stack({ f64 { 1, 2 }, f64 { 3, 4 } }, 2), { 1, 3, 2, 4 }, "stack as columns")
    same(ritz.tile(x, 2, 2), { 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6 }, "tile")
    same(ritz.repeat_interleave(x, 2, 2), { 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6 }, "repeat")
    t.is(shape(ritz.tile(x, 0)), "0x3", "no copies")
    t.is(shape(ritz.squeeze(ritz.ones { 1, 2, 1 })), "2", "squeeze")
    t.is(shape(ritz.squeeze(ritz.ones { 1, 2, 1 }, -1)), "1x2", "squeeze one axis")
    t.is(shape(ritz.expand(x, -1)), "2x3x1", "expand")
    t.is(shape(ritz.move_axis(ritz.ones { 2, 3, 4 }, 1, 3)), "3x4x2", "move_axis")
    local across, down = ritz.meshgrid(f64 { 1, 2, 3 }, f64 { 7, 8 })
    same(across, { 1, 2, 3, 1, 2, 3 }, "x of a grid")
    same(down, { 7, 7, 7, 8, 8, 8 }, "y of a grid")
    for name, f in pairs {
        flip = ritz.flip,
        roll = function(y) return ritz.roll(y, 2, 2) end,
        stack = function(y) return ritz.stack { y, y * y } end,
        tile = function(y) return ritz.tile(y, 3) end,
        repeat_interleave = function(y) return ritz.repeat_interleave(y, 3) end,
    } do
        numeric.check_gradient(name, f, draw(2, 3))
    end
    t.throws("shapes must agree, got f64[2,3] and f32[2]", function()
        ritz.stack { x, ritz.ones { 2 } }
    end, "stack of different shapes")
    t.throws("axis 1 must have size 1", function() ritz.squeeze(x, 1) end, "squeeze of a size")
    t.throws("wants vectors", function() ritz.meshgrid(x, x) end, "meshgrid of matrices")
end)

t.run("products and what accumulates", function()
    for _, n in ipairs { 0, 1, 2, 3, 7, 8, 13 } do
        local x = draw(2, n)
        local values = numeric.flat(x)
        local prods, running, most, least = {}, {}, {}, {}
        for row = 0, 1 do
            local p, high, low = 1.0, -math.huge, math.huge
            for i = 1, n do
                local v = values[row * n + i]
                p, high, low = p * v, math.max(high, v), math.min(low, v)
                running[#running + 1], most[#most + 1], least[#least + 1] = p, high, low
            end
            prods[#prods + 1] = p
        end
        local name = (" of %d"):format(n)
        t.near(numeric.distance(ritz.prod(x, 2), prods), 0, 1e-14, "products" .. name)
        t.near(numeric.distance(ritz.cumprod(x, 2), running), 0, 1e-14, "running products" .. name)
        same(ritz.cummax(x, 2), most, "running maxima" .. name)
        same(ritz.cummin(x, 2), least, "running minima" .. name)
        t.near(ritz.prod(x):item(), prods[1] * prods[2], 1e-13, "product of all" .. name)
        if n > 0 then
            for _, f in ipairs { "prod", "cumprod", "cummax", "cummin" } do
                numeric.check_gradient(f .. name, function(y) return ritz[f](y, 2) end, x)
            end
        end
    end
    same(ritz.grad(ritz.prod)(f64 { 2, 0, 5 }), { 0, 10, 0 }, "the slope at a zero")
    same(ritz.grad(ritz.prod)(f64 { 0, 0, 5 }), { 0, 0, 0 }, "at two")
    t.is(shape(ritz.prod(ritz.ones { 2, 3, 4 }, { 1, 3 }, true)), "1x3x1", "axes may stay")
    same(ritz.cummax(ritz.tensor({ 3, 1, 4, 1, 5 }, "i64")), { 3, 3, 4, 4, 5 }, "of integers")
    same(ritz.cumprod(ritz.tensor({ 3, 1, 4, 1, 5 }, "i64")), { 3, 3, 12, 12, 60 }, "too")
    same(ritz.any(f64 { { 0, 0 }, { 0, 0 / 0 } }, 2), { 0, 1 }, "any")
    same(ritz.all(f64 { { 2, 0 }, { 1, -1 } }, 2), { 0, 1 }, "all")
    t.is(ritz.all(ritz.ones { 0 }):item(), 1.0, "all of none")
    t.is(ritz.any(ritz.ones { 0 }):item(), 0.0, "any of none")
end)

t.run("elementwise", function()
    local x = f64 { -2.5, -0.5, 0.25, 3 }
    same(ritz.clip(x, -1, 1), { -1, -0.5, 0.25, 1 }, "clip")
    same(ritz.clip(ritz.tensor({ -5, 3, 9 }, "i64"), 0, 4), { 0, 3, 4 }, "clip integers")
    local powers = { 2 ^ -2.5, 2 ^ -0.5, 2 ^ 0.25, 8 }
    t.near(numeric.distance(ritz.exp2(x), powers), 0, 1e-15, "exp2")
    local positive = f64 { 0.001, 1, 7, 1024 }
    local log2, log10 = {}, {}
    for i, v in ipairs(positive:totable()) do
        log2[i], log10[i] = math.log(v, 2), math.log(v, 10)
    end
    t.near(numeric.distance(ritz.log2(positive), log2), 0, 4e-15, "log2")
    t.near(numeric.distance(ritz.log10(positive), log10), 0, 4e-15, "log10")
    local y = f64 { 1, -0.5, 800, 3 }
    local first = math.log(math.exp(-2.5) + math.exp(1))
    local sums = { first, -0.5 + math.log(2), 800, 3 + math.log(2) }
    t.near(numeric.distance(ritz.logaddexp(x, y), sums), 0, 1e-15, "logaddexp")
    local low = f64 { -math.huge }
    t.is(ritz.logaddexp(low, low):item(), -math.huge, "of nothing and nothing")
    same(ritz.greater(x, 0.25), { 0, 0, 0, 1 }, "greater")
    same(ritz.greater_equal(x, 0.25), { 0, 0, 1, 1 }, "greater_equal")
    local a, b = f64 { 0, 0, 2, 2 }, f64 { 0, 3, 0, 3 }
    same(ritz.logical_and(a, b), { 0, 0, 0, 1 }, "and")
    same(ritz.logical_or(a, b), { 0, 1, 1, 1 }, "or")
    same(ritz.logical_not(a), { 1, 1, 0, 0 }, "not")
    local odd = f64 { 1, 0 / 0, math.huge, -math.huge }
    same(ritz.is_nan(odd), { 0, 1, 0, 0 }, "is_nan")
    same(ritz.nan_to_num(odd, 9), { 1, 9, 9, 9 }, "nan_to_num")
    local function total(z) return ritz.sum(ritz.nan_to_num(z) * 2) end
    same(ritz.grad(total)(odd), { 2, 0, 0, 0 }, "and its slope")
    t.is(ritz.allclose(x, x + 1e-9):item(), 1.0, "close")
    t.is(ritz.allclose(x, x + 1e-3):item(), 0.0, "not close")
    t.is(ritz.allclose(odd, odd):item(), 0.0, "NaN is close to nothing")
    t.is(ritz.allclose(f64 { math.huge }, f64 { math.huge }):item(), 1.0, "infinities are equal")
    t.is(ritz.allclose(f64 { 1 }, f64 { math.huge }):item(), 0.0, "or far")
    for name, f in pairs {
        clip = function(z) return ritz.clip(z, -1, 1) end,
        exp2 = ritz.exp2,
        log2 = function(z) return ritz.log2(z * z) end,
        log10 = function(z) return ritz.log10(z * z) end,
    } do
        numeric.check_gradient(name, f, x)
    end
    numeric.check_gradient("logaddexp", ritz.logaddexp, x, f64 { 1, -0.4, 2, 3.1 })
end)

t.run("products of a matrix and a vector", function()
    local a = f64 { { 1, 2 }, { 3, 4 }, { 5, 6 } }
    same(ritz.matmul(a, f64 { 1, 10 }), { 21, 43, 65 }, "a column on the right")
    same(ritz.matmul(f64 { 1, 10, 100 }, a), { 531, 642 }, "a row on the left")
    same(ritz.matmul(f64 { 1, 2 }, f64 { 3, 4 }), { 11 }, "both")
    t.is(ritz.matmul(f64 { 1, 2 }, f64 { 3, 4 }).rank, 0, "give a scalar")
    t.is(shape(ritz.matmul(ritz.ones { 4, 3, 2 }, ritz.ones { 2 })), "4x3", "in a batch")
    t.is(shape(ritz.matmul(ritz.ones { 3 }, ritz.ones { 4, 3, 2 })), "4x2", "on either side")
end)

--- Sums of products by loops over all letters.
local function by_loops(names, operands)
    local inputs, result = names:match "^(.*)%->(.*)$"
    local axes, size, letters = {}, {}, {}
    for text in (inputs .. ","):gmatch "(%l*)," do
        axes[#axes + 1] = text
        for i = 1, #text do
            local c = text:sub(i, i)
            if not size[c] then letters[#letters + 1] = c end
            size[c] = operands[#axes].shape[i]
        end
    end
    local flat, at, sums = {}, {}, {}
    for k, x in ipairs(operands) do flat[k] = numeric.flat(x) end
    local function position(text)
        local p = 0
        for c in text:gmatch "%l" do p = p * size[c] + at[c] end
        return p + 1
    end
    local function visit(depth)
        if depth > #letters then
            local product = 1.0
            for k, text in ipairs(axes) do product = product * flat[k][position(text)] end
            local to = position(result)
            sums[to] = (sums[to] or 0) + product
            return
        end
        for i = 0, size[letters[depth]] - 1 do
            at[letters[depth]] = i
            visit(depth + 1)
        end
    end
    visit(1)
    return sums
end

t.run("einsum", function()
    local a, b, c = draw(2, 3), draw(3, 4), draw(4, 2)
    local batch, other = draw(2, 3, 4), draw(2, 5, 4)
    for _, case in ipairs {
        { "ij->ji", a }, { "ij->", a }, { "ij->j", a }, { "ij,jk->ik", a, b },
        { "ij,jk->ki", a, b },
        { "ij,kl->lik", a, b }, { "ij,jk->", a, b }, { "bij,bkj->bik", batch, other },
        { "bij,bkj->kb", batch, other }, { "ij,jk,ki->", a, b, c }, { "ij,jk,kl->il", a, b, c },
        { "bij,ij,j->b", batch, b, draw(4) }, { "ij,ij->ij", a, a },
    } do
        local got = ritz.einsum(table.unpack(case))
        local want = by_loops(case[1], { table.unpack(case, 2) })
        t.near(numeric.distance(got, want), 0, 1e-13, case[1])
    end
    t.is(numeric.distance(ritz.einsum("ij, jk", a, b), ritz.matmul(a, b)), 0.0, "implied result")
    numeric.check_gradient("einsum", function(x, y) return ritz.einsum("ij,jk->ki", x, y) end, a, b)
    local mapped = ritz.vmap(function(x) return ritz.einsum("ij,kj->ik", x, b:transpose()) end)
    t.is(shape(mapped(draw(5, 2, 3))), "5x2x4", "under vmap")
    t.throws("the axes j must agree, got 3 and 2", function()
        ritz.einsum("ij,jk->ik", a, a)
    end, "sizes that differ")
    t.throws("names 1 axes, got f64[2,3]", function() ritz.einsum("i->i", a) end, "too few names")
    t.throws("wants names like", function() ritz.einsum("ii->i", a) end, "a letter twice")
    t.throws("wants names like", function() ritz.einsum("ij->i", a, a) end, "too few operands")
    t.throws("no operand has the axis z", function() ritz.einsum("ij->z", a) end, "a new axis")
    t.throws("names", function() ritz.einsum(a, "ij->ji") end, "names come first")
end)

t.done()
