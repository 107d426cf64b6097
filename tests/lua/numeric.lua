-- numeric.lua - what tests of derivatives and arrays share.

local ritz = require "ritz"
local t = require "tap"

local numeric = {}

--- The elements in row-major order, as a flat list.
function numeric.flat(x)
    return ritz.reshape(x, { -1 }):totable()
end

--- The largest difference of two arrays, or infinity where shapes differ.
function numeric.distance(a, b)
    local x = ritz.is_tensor(a) and numeric.flat(a) or a
    local y = ritz.is_tensor(b) and numeric.flat(b) or b
    if #x ~= #y then return math.huge end
    local most = 0.0
    for i = 1, #x do
        local d = math.abs(x[i] - y[i])
        if d ~= d then return math.huge end
        most = math.max(most, d)
    end
    return most
end

--- f(x...) is a tensor; checks the gradient of its weighted sum in every operand
-- against central differences, in f64. Numbers from 1 weigh the elements, so
-- that no derivative cancels.
function numeric.check_gradient(name, f, ...)
    local x = { ... }
    local function weighted(...)
        local y = ritz.reshape(f(...), { -1 })
        return ritz.sum(y * ritz.arange(1, y.shape[1] + 1, 1, "f64"))
    end
    local wrt = {}
    for i = 1, #x do wrt[i] = i end
    local gradients = ritz.grad(weighted, { wrt = wrt })(...)
    local h = 1e-5
    for i = 1, #x do
        local values, found = numeric.flat(x[i]), {}
        for k = 1, #values do
            local function at(step)
                local moved = table.move(values, 1, #values, 1, {})
                moved[k] = moved[k] + step
                local args = table.move(x, 1, #x, 1, {})
                args[i] = ritz.reshape(ritz.tensor(moved, "f64"), x[i].shape)
                return weighted(table.unpack(args)):item()
            end
            found[k] = (at(h) - at(-h)) / (2 * h)
        end
        local size = 1.0
        for _, v in ipairs(found) do size = math.max(size, math.abs(v)) end
        t.near(numeric.distance(gradients[i], found), 0, 1e-7 * size,
            ("%s: gradient in operand %d"):format(name, i))
    end
end

return numeric
