-- Tensors in Lua: making them, fields, operators, indexing, and what is refused.
local ritz = require "ritz"
local t = require "tap"

--- Nested tables of numbers, compared entry by entry.
local function same(got, want, name)
    local function alike(a, b)
        if type(a) ~= type(b) then return false end
        if type(a) ~= "table" then return a == b end
        if #a ~= #b then return false end
        for i = 1, #a do
            if not alike(a[i], b[i]) then return false end
        end
        return true
    end
    return t.ok(alike(got:totable(), want), name)
end

local function list(values) return table.concat(values, ",") end

t.run("creation", function()
    local x = ritz.tensor { { 1, 2, 3 }, { 4, 5, 6 } }
    t.is(list(x.shape), "2,3", "the shape of nested tables")
    t.is(x.dtype, "f32", "f32 is the default")
    t.is(x.rank, 2, "rank")
    t.is(x:numel(), 6, "numel")
    t.is(#x, 2, "the length is the leading size")
    t.is(x:size(-1), 3, "size of an axis from the end")
    same(x, { { 1, 2, 3 }, { 4, 5, 6 } }, "totable gives the values back")
    t.is(ritz.tensor(7):item(), 7, "a number makes a scalar")
    t.is(ritz.tensor(7).rank, 0, "a scalar has rank 0")
    t.is(math.type(ritz.tensor({ 3 }, "i64"):item()), "integer", "i64 items are integers")
    t.is(ritz.tensor({ (1 << 62) + 1 }, "i64"):item(), (1 << 62) + 1, "i64 keeps all bits")
    t.is(ritz.tensor({ 0.1 }, "f64"):item(), 0.1, "f64 keeps all bits")
    t.is(ritz.tensor { 1, 2, dtype = "f64" }.dtype, "f64", "dtype in the table itself")
    t.is(ritz.tensor({ 1 }, { dtype = "f64" }).dtype, "f64", "dtype as an option")
    same(ritz.zeros { 2, 1 }, { { 0 }, { 0 } }, "zeros")
    same(ritz.ones(2), { 1, 1 }, "one size is a shape")
    same(ritz.full({ 2 }, 7, "i64"), { 7, 7 }, "full")
    same(ritz.eye(2), { { 1, 0 }, { 0, 1 } }, "eye")
    same(ritz.arange(3), { 0, 1, 2 }, "arange(stop)")
    same(ritz.arange(1, 2, 0.5), { 1, 1.5 }, "arange leaves the end out")
    same(ritz.arange(3, 0, -1, "i64"), { 3, 2, 1 }, "arange downwards")
    same(ritz.linspace(0, 1, 5), { 0, 0.25, 0.5, 0.75, 1 }, "linspace has both ends")
    t.is(ritz.linspace(-3, 3, 7, "f64")[-1]:item(), 3, "linspace ends exactly")
    t.is(ritz.zeros_like(x, "i64").dtype, "i64", "zeros_like in another dtype")
    same(ritz.full_like(ritz.ones(2), 4), { 4, 4 }, "full_like")
    same(ritz.tensor {}, {}, "an empty table is f32[0]")
    t.is(ritz.zeros({ 0, 3 }):numel(), 0, "size zero")
    t.ok(ritz.is_tensor(x) and not ritz.is_tensor {}, "is_tensor")
    t.ok(rawequal(ritz.ones(2) == ritz.ones(2), false), "== is identity")
end)

t.run("bad creation", function()
    t.throws("rows must be alike, wanted 2 entries, got 1", function()
        ritz.tensor { { 1, 2 }, { 3 } }
    end, "ragged rows")
    t.throws("wanted numbers in the table, got the string", function()
        ritz.tensor { "a" }
    end, "text in a table")
    t.throws("got a table", function() ritz.tensor { 1, { 2 } } end, "a table among numbers")
    t.throws("ritz.concatenate", function() ritz.tensor { ritz.ones(2) } end, "tensors in a table")
    t.throws("got a table", function() ritz.arange {} end, "arange of a table")
    t.throws("i64 holds integers, got 0.5", function() ritz.tensor({ 0.5 }, "i64") end,
        "a fraction as i64")
    t.throws("u8 holds integers from 0 to 255, got 256", function()
        ritz.tensor({ 256 }, "u8")
    end, "too much for u8")
    t.throws('dtype must be "f32", "f64", "i64" or "u8", got the string "f16"', function()
        ritz.zeros({ 2 }, "f16")
    end, "an unknown dtype")
    t.throws('zeros: unknown option "dtyp": did you mean "dtype"?', function()
        ritz.zeros { 2, dtyp = "f64" }
    end, "a misspelt option")
    t.throws("a size must be an integer, got 1.5", function() ritz.zeros { 1.5 } end,
        "a size that is a fraction")
    t.throws("-1", function() ritz.zeros { -1 } end, "a negative size")
    t.throws("at most 12 sizes", function()
        ritz.zeros { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }
    end, "too many axes")
    t.throws("linspace: wanted a count of at least 1", function() ritz.linspace(0, 1, 0) end,
        "linspace of nothing")
    t.throws("finite number of steps", function() ritz.arange(0, 1, 0) end, "a step of zero")
    t.throws("test_tensor.lua:", function() ritz.zeros { -1 } end, "errors have file and line")
end)

t.run("operators", function()
    local x = ritz.tensor { 1, 2, 4 }
    same(x + 1, { 2, 3, 5 }, "tensor + number")
    same(1 - x, { 0, -1, -3 }, "number - tensor")
    same(x * x, { 1, 4, 16 }, "tensor * tensor")
    same(8 / x, { 8, 4, 2 }, "number / tensor")
    same(x ^ 2, { 1, 4, 16 }, "power")
    same(-x, { -1, -2, -4 }, "minus")
    same(-x % 3, { 2, 1, 2 }, "mod has the sign of the divisor, as in Lua")
    same(ritz.tensor { { 1 }, { 2 } } + x, { { 2, 3, 5 }, { 3, 4, 6 } }, "broadcasting")
    t.is((ritz.ones({ 2 }, "f64") * 0.1)[1]:item(), 0.1, "a number adopts f64")
    t.is((ritz.tensor({ 1 }, "i64") + 2).dtype, "i64", "a whole number adopts i64")
    same(ritz.zeros { 0 } + 1, {}, "size zero")
    t.ok(ritz.tensor { 1 } < 2 and ritz.tensor { 2 } <= ritz.tensor { 2 } and 1 < ritz.tensor(3),
        "< and <= of one element")
    t.is(ritz.tensor { 2 } < ritz.tensor { 2 }, false, "< is strict")
    t.is(ritz.exp(0), 1.0, "a function of numbers gives a number")
    t.is(ritz.sqrt(ritz.tensor({ 2 }, "f64")):item(), math.sqrt(2), "f64 rounds as libm")
end)

t.run("bad operands", function()
    local x = ritz.ones { 2, 3 }
    t.throws("add: shapes must broadcast, got f32[2,3] and f32[2]", function()
        return x + ritz.ones(2)
    end, "shapes that do not fit")
    t.throws("convert one with :to", function() return x + ritz.ones({ 2, 3 }, "f64") end,
        "dtypes never mix")
    t.throws("the fraction 0.5 meets i64", function()
        return ritz.ones({ 2 }, "i64") * 0.5
    end, "a fraction meets i64")
    t.throws("add: u8 is for storage only", function() return ritz.ones({ 2 }, "u8") + 1 end,
        "no arithmetic in u8")
    t.throws('div: wants f32 or f64, got i64[2]: convert with :to("f32")', function()
        return ritz.ones({ 2 }, "i64") / 2
    end, "no quotients of integers")
    t.throws("must be a tensor or a number, got a table: make a tensor of it with ritz.tensor",
        function() return x + { 1, 2 } end, "a table as operand")
    t.throws("matmul: inner sizes must agree, got f32[2,3] and f32[4,5]", function()
        ritz.matmul(ritz.ones { 2, 3 }, ritz.ones { 4, 5 })
    end, "matmul's sizes")
    t.throws("ritz.less compares elementwise", function() return x < 1 end, "< of many elements")
    t.throws("tensors do not change", function() x[1] = 0 end, "no assignment")
    t.throws("concatenate", function() return x .. "a" end, "no concatenation")
    t.throws('no field or method "shap": did you mean "shape"?', function() return x.shap end,
        "an unknown field")
    t.throws("item: wanted a tensor of one element, got f32[2,3]", function() x:item() end,
        "item of many")
    t.throws("size: axis must be 1 to 2 or -2 to -1, got 3", function() x:size(3) end,
        "size of a missing axis")
    t.throws("a scalar has no length", function() return #ritz.tensor(1) end, "length of a scalar")
    t.throws("item: wanted a tensor, got nothing", function() x.item() end,
        "a method without its tensor")
end)

t.run("indexing", function()
    local x = ritz.tensor { { 1, 2, 3 }, { 4, 5, 6 }, { 7, 8, 9 } }
    same(x[1], { 1, 2, 3 }, "a row")
    same(x[-1], { 7, 8, 9 }, "a row from the end")
    t.is(x[{ 2, 3 }]:item(), 6, "an element")
    t.is(x[{ -1, -1 }]:item(), 9, "an element from the end")
    same(x[{ { 1, 2 } }], { { 1, 2, 3 }, { 4, 5, 6 } }, "a range of rows")
    same(x[{ {}, 2 }], { 2, 5, 8 }, "a column")
    same(x[{ { 1, 3, 2 }, { 2, -1 } }], { { 2, 3 }, { 8, 9 } }, "a step, and an end from the end")
    same(x[{ { 2 } }], { { 4, 5, 6 }, { 7, 8, 9 } }, "a range without its end")
    t.is(x[{ { 3, 2 } }]:numel(), 0, "an empty range")
    same(x[ritz.tensor({ 3, 1, 3 }, "i64")], { { 7, 8, 9 }, { 1, 2, 3 }, { 7, 8, 9 } },
        "rows by a tensor")
    same(x[{ 2, ritz.tensor({ 3, 1 }, "i64") }], { 6, 4 }, "columns of one row by a tensor")
    t.is(x[1][2]:item(), 2, "rows of rows")
    local row
    do
        local rows = x + 0
        row = rows[2]
    end
    collectgarbage()
    same(row, { 4, 5, 6 }, "a row keeps its tensor alive")
end)

t.run("bad indices", function()
    local x = ritz.ones { 3, 2 }
    t.throws("axis 1 has 3 rows, wanted 1 to 3 or -3 to -1, got 4", function() return x[4] end,
        "too large")
    t.throws("got 0", function() return x[0] end, "zero")
    t.throws("got -4", function() return x[-4] end, "too far from the end")
    t.throws("axis 2 has 2 rows", function() return x[{ 1, 3 }] end, "a second axis")
    t.throws("wanted at most 2 items for f32[3,2], got 3", function() return x[{ 1, 1, 1 }] end,
        "too many items")
    t.throws("wanted a range in 1 to 3, got 2 to 5", function() return x[{ { 2, 5 } }] end,
        "a range too long")
    t.throws("step must be at least 1, got 0", function() return x[{ { 1, 3, 0 } }] end, "no step")
    t.throws("an index tensor must be i64, got f32[3]", function() return x[ritz.ones(3)] end,
        "an index tensor of fractions")
    t.throws("a row must be an integer, got 1.5", function() return x[1.5] end, "a fraction")
    t.throws("a row must be an integer, got true", function() return x[true] end, "a boolean")
    t.throws("at most 0 items", function() return ritz.tensor(1)[1] end, "a scalar has no rows")
    t.throws("4", function() return x[ritz.tensor({ 4 }, "i64")] end, "an index in a tensor")
end)

t.run("casts", function()
    local x = ritz.tensor({ 0, 128, 255 }, "u8")
    same(x:to("f32") / 255, (ritz.tensor { 0, 128, 255 } / 255):totable(), "u8 to f32")
    t.ok(rawequal(x:to("u8"), x), "the same dtype is the same tensor")
    t.is(ritz.tensor(x, "f64").dtype, "f64", "ritz.tensor of a tensor casts")
    t.throws("dtype must be", function() x:to("int") end, "an unknown dtype")
end)

t.run("text", function()
    t.is(tostring(ritz.tensor(2)), "f32 2", "a scalar")
    t.matches(tostring(ritz.linspace(-3, 3, 200)), "f32[200]", "a line")
    t.matches(tostring(ritz.eye(2)), "\n", "a matrix has rows")
end)

t.run("calls", function()
    local x = ritz.ones { 2, 3 }
    same(ritz.sum(x, 2), { 3, 3 }, "a parameter by position")
    same(ritz.sum(x, { axis = 2 }), { 3, 3 }, "a parameter by name")
    same(x:sum(-1, true), { { 3 }, { 3 } }, "a method with two")
    same(x:sum { 1, 2 }, 6, "a list is a value, not options")
    t.is(x:sum():item(), 6, "none is all")
    t.throws('sum: unknown option "axes": did you mean "axis"?', function()
        ritz.sum(x, { axes = 1 })
    end, "an unknown option")
    t.throws("sum: keep must be true or false, got 1", function() ritz.sum(x, 1, 1) end,
        "an option of the wrong type")
    t.throws("sum: axis is given twice", function() ritz.sum(x, 1, { axis = 1 }) end, "given twice")
    t.throws("sum: wanted ritz.sum(x", function() ritz.sum(x, 1, true, 4) end, "too many")
    t.throws("reshape: shape is missing", function() ritz.reshape(x) end, "a missing parameter")
    t.throws("sum: argument 1 must be a tensor or a number, got nothing", function() ritz.sum() end,
        "no operand")
    t.throws("argument 2 must be a tensor or a number, got the string \"a\"", function()
        ritz.add(x, "a")
    end, "a string as operand")
    t.throws("argument 1 must be a list of tensors, got f32[2,3]", function()
        ritz.concatenate(x, 1)
    end, "a tensor where a list is wanted")
    t.throws("wanted a list of 1", function() ritz.concatenate({}, 1) end, "an empty list")
end)

t.run("closing", function()
    local x = ritz.ones(2)
    do
        local y <close> = x + 1
        t.is(y[1]:item(), 2, "a tensor to be closed")
        x = y
    end
    t.throws("a tensor was given up at", function() return x + 1 end, "a closed tensor")
    t.throws("test_tensor.lua", function() return x.shape end, "says where")
end)

t.done()
