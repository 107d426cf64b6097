-- draw.lua - the data of the workloads: fixed numbers that look random.
--
-- Element i of stream s is a hash of i and s in whole numbers below 2^53, so it
-- is exact in f64 on every system: peers that are written in Python start from
-- the same parameters and data, and what they compute can be compared. Streams
-- are counted from 1 in the order of the draws.

local ritz = require "ritz"

local TWO_16, TWO_32 = 65536, 4294967296

local draw = {}

--- A number below 2^53, modulo 2^32.
local function wrap(x) return x - TWO_32 * ritz.floor(x / TWO_32) end

local function hash(rows, columns, stream)
    local i = rows:reshape { -1, 1 } * columns:numel() + columns
    local mixed = wrap((i + 1) * 2654435761 + stream * 1013904223)
    local high = ritz.floor(mixed / TWO_16)
    return wrap(high * (mixed - TWO_16 * high) * 1540483 + mixed) / TWO_32
end

--- A new source: its draws are streams 1, 2, ...
function draw.source(dtype)
    local self, stream = { dtype = dtype or "f32" }, 0

    local function between(shape, low, high, as)
        local count = 1
        for _, size in ipairs(shape) do count = count * size end
        local last = shape[#shape]
        local function values(rows, columns, s)
            return (hash(rows, columns, s) * (high - low) + low):to(as)
        end
        -- Compiled where each of the steps would go through memory.
        if count > 1e5 then values = ritz.jit(values) end
        stream = stream + 1
        return values(ritz.arange(0, count // last, { dtype = "f64" }),
            ritz.arange(0, last, { dtype = "f64" }), stream):reshape(shape)
    end

    --- Uniform, with mean 0 and the standard deviation 1 or `std`.
    function self.values(shape, std)
        local edge = math.sqrt(3) * (std or 1)
        return between(shape, -edge, edge, self.dtype)
    end

    --- Classes 1 to n.
    function self.labels(shape, n)
        return ritz.floor(between(shape, 0, n, "f64")):to "i64" + 1
    end

    --- Weights of deviation 1 / sqrt(inputs), or as given, and biases of 0.
    function self.linear(n_in, n_out, std)
        return { w = self.values({ n_in, n_out }, std or 1 / math.sqrt(n_in)),
            b = ritz.zeros({ n_out }, self.dtype) }
    end

    --- The layers of a network: a list.
    function self.dense(sizes)
        local layers = {}
        for i = 1, #sizes - 1 do layers[i] = self.linear(sizes[i], sizes[i + 1]) end
        return layers
    end

    return self
end

return draw
