-- hessian.lua - the workloads hvp and slq: products with the Hessian of the mean
-- cross-entropy of 784-128-10 with tanh over 4096 samples, at fixed parameters.

local dense = require "dense"
local draw = require "draw"
local ritz = require "ritz"

local SIZES, SAMPLES = { 784, 128, 10 }, 4096
local STEPS, ROWS = 64, 8 -- of Lanczos' method, and of a piece of its basis

--- The parameters as one vector: layer by layer, weights before biases.
local function ravel(layers)
    local parts = {}
    for _, layer in ipairs(layers) do
        parts[#parts + 1] = layer.w:reshape { -1 }
        parts[#parts + 1] = layer.b
    end
    return ritz.concatenate(parts)
end

local function unravel(v)
    local layers, at = {}, 0
    local function next_part(shape, count)
        at = at + count
        return v:slice(1, at - count + 1, at):reshape(shape)
    end
    for i = 1, #SIZES - 1 do
        local m, n = SIZES[i], SIZES[i + 1]
        layers[i] = { w = next_part({ m, n }, m * n), b = next_part({ n }, n) }
    end
    return layers
end

--- The product as a function of a vector, and a vector to begin with.
local function operator()
    local from = draw.source()
    local params = ravel(from.dense(SIZES))
    local x, y = from.values { SAMPLES, SIZES[1] }, from.labels({ SAMPLES }, SIZES[3])
    local function loss(w)
        return ritz.nn.cross_entropy(dense(unravel(w), x, ritz.tanh), y)
    end
    local slope = ritz.grad(loss)
    local product = ritz.linearize(function(w) return (slope(w)) end, params)
    return product, from.values(params.shape)
end

local function hvp()
    local apply, v = operator()
    return function() return apply(v) end, function(hv) return hv:norm():item() end
end

--- w without its parts along the rows of a matrix.
local project = ritz.jit(function(rows, w)
    local along = rows:matmul(w:reshape { -1, 1 })
    for i = 1, rows.shape[1] do w = w - along[i] * rows[i] end
    return w
end)

--- One more vector in a basis: a list of matrices of few rows, so that only the
-- last is made anew and a projection finds its rows in cache.
local function append(basis, v)
    local last, row = basis[#basis], v:reshape { 1, -1 }
    if last and last.shape[1] < ROWS then
        basis[#basis] = ritz.concatenate { last, row }
    else
        basis[#basis + 1] = row
    end
end

--- Lanczos with full re-orthogonalisation, twice: the diagonal, then what is
-- beside it.
local function lanczos(apply, start)
    local v, basis, alphas, betas = start / start:norm(), {}, {}, {}
    for j = 1, STEPS do
        append(basis, v)
        local w = apply(v)
        alphas[j] = w:dot(v)
        for _ = 1, 2 do
            for _, rows in ipairs(basis) do w = project(rows, w) end
        end
        betas[j] = w:norm()
        v = w / betas[j]
    end
    for j, beta in ipairs(betas) do alphas[STEPS + j] = beta end
    for j, value in ipairs(alphas) do alphas[j] = value:reshape { 1 } end
    return ritz.concatenate(alphas)
end

local function slq()
    local apply, v = operator()
    return function() return lanczos(apply, v) end, function(r) return r:sum():item() end
end

return { hvp = hvp, slq = slq }
