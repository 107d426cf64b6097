-- workloads.lua - what the benchmark measures: for each name build(), which gives a
-- function that takes one step and one that makes a number of its result, and the
-- work that no implementation of a step can save. scripts/peers has the same.
--
-- Work: flops, multiplications and additions of products; functions, how many
-- elements go through each; bytes that memory must move. Values that a cache holds
-- are free, and so is arithmetic beside products and functions.

local conv, hessian = require "conv", require "hessian"
local leapfrog, lstm, maml = require "leapfrog", require "lstm", require "maml"
local mlp, sample, transformer = require "mlp", require "sample", require "transformer"

--- Multiply-adds of a network's rows.
local function forward(sizes)
    local sum = 0
    for i = 1, #sizes - 1 do sum = sum + sizes[i] * sizes[i + 1] end
    return sum
end

--- Multiply-adds of forward, weight gradients, and gradients of all inputs but the
-- data.
local function training(sizes) return 3 * forward(sizes) - sizes[1] * sizes[2] end

local function parameters(sizes)
    local sum = forward(sizes)
    for i = 2, #sizes do sum = sum + sizes[i] end
    return sum
end

--- Adam reads and writes parameters and two moments, in f32.
local function adam_bytes(count) return 2 * 3 * 4 * count end

local function large()
    local sizes, rows, classes = { 784, 128, 10 }, 128, 10
    return { flops = 2 * rows * training(sizes), bytes = adam_bytes(parameters(sizes)),
        functions = { exp = rows * classes, log = rows } }
end

local function small()
    local sizes, rows = { 2, 64, 64, 2 }, 128
    return { flops = 2 * rows * training(sizes), bytes = adam_bytes(parameters(sizes)),
        functions = { tanh = rows * 2 * 64 } }
end

local function images()
    local rows, first, second, last = 64, 28 * 28 * 9 * 16, 14 * 14 * 144 * 32, 1568 * 10
    return { flops = 2 * rows * (2 * first + 3 * second + 3 * last), bytes = 0,
        functions = { exp = rows * 10, log = rows } }
end

local function tokens()
    local count, width, context, blocks = 32 * 32, 64, 32, 2
    -- Queries, keys, values and output; scores and their use; up and down.
    local block = 4 * width * width + 2 * context * width + 8 * width * width
    return { flops = 2 * 3 * count * (blocks * block + width * 64), bytes = 0,
        functions = { tanh = blocks * count * 4 * width, log = count,
            exp = blocks * count * 4 * context + count * 64 } }
end

local function recurrent()
    local rows, width = 100 * 32, 64
    -- The gradient of the data is not asked for.
    local steps = 4 * width * (3 * (16 + width) - 16)
    return { flops = 2 * rows * steps, bytes = 0,
        functions = { sigmoid = rows * 3 * width, tanh = rows * 2 * width } }
end

local SAMPLES, LANCZOS = 4096, 64

local function curvature()
    -- With the forward part kept: twice the first layer's product, its tangent and
    -- its gradient; six times the second's.
    return { flops = 2 * SAMPLES * (2 * 784 * 128 + 6 * 128 * 10), bytes = 0, functions = {} }
end

local function quadrature()
    local rows, size = LANCZOS * (LANCZOS + 1) / 2, parameters { 784, 128, 10 }
    -- Each of two passes reads the basis once.
    return { flops = LANCZOS * curvature().flops, bytes = 2 * 4 * rows * size, functions = {} }
end

--- A model that costs f multiply-adds a point. Its slope costs 2 f, the gradient of
-- a loss of that three times as much; to differentiate that again, twice as much.
local function meta(f, inner) return 2 * 500 * (6 * f + inner * 18 * f) end

local function hamiltonian()
    return { flops = meta(forward { 4, 64, 64, 1 }, 5), bytes = 0,
        functions = { tanh = 6 * 500 * 128 } }
end

local function graph()
    local f = 3 * forward { 4, 64, 64, 1 } + 6 * forward { 8, 64, 64, 1 }
    local hidden = 2 * 500 * (3 + 6) * 128
    return { flops = meta(f, 1), bytes = 0, functions = { softplus = hidden, sigmoid = hidden } }
end

local function sampling()
    local evaluations = 2 * 63 * 4096
    return { flops = 2 * evaluations * forward { 4, 128, 128, 128, 2 }, bytes = 0,
        functions = { silu = evaluations * 3 * 128 } }
end

local function bodies()
    -- Two forces a step; a pair is a difference, its square, a weight and two sums.
    local forces, systems = 2, 1000 * 1000
    return { flops = 0, bytes = 0, functions = { sqrt64 = systems * forces * 3,
        div64 = systems * forces * 3, add64 = systems * (forces * (3 * 12 + 12) + 12) } }
end

local function loss(l) return l:item() end

local function of(build, work)
    return { work = work(), build = function()
        local step, check = build()
        return step, check or loss
    end }
end

return {
    names = { "mlp_large", "mlp_small", "conv", "transformer", "lstm", "hvp", "slq", "maml_hnn",
        "maml_hgnn", "sample_cfg", "sample_apg", "leapfrog" },
    mlp_large = of(mlp.mlp_large, large), mlp_small = of(mlp.mlp_small, small),
    conv = of(conv.conv, images), transformer = of(transformer.transformer, tokens),
    lstm = of(lstm.lstm, recurrent), hvp = of(hessian.hvp, curvature),
    slq = of(hessian.slq, quadrature), maml_hnn = of(maml.maml_hnn, hamiltonian),
    maml_hgnn = of(maml.maml_hgnn, graph), sample_cfg = of(sample.sample_cfg, sampling),
    sample_apg = of(sample.sample_apg, sampling), leapfrog = of(leapfrog.leapfrog, bodies),
}
