-- sample.lua - the workloads sample_cfg and sample_apg: Heun's method on the
-- probability flow of 4096 points, with classifier-free guidance, plain or
-- adaptive and projected. The denoiser is a network with EDM's preconditioning.

local dense = require "dense"
local draw = require "draw"
local ritz = require "ritz"

local POINTS, STEPS, SCALE, DATA_STD = 4096, 32, 4.0, 0.5
local NORM, MOMENTUM = 2.5, -0.5 -- of adaptive projected guidance

--- Karras' schedule from 80 to 0.002, then 0.
local function schedule()
    local first, last, sigma = 80 ^ (1 / 7), 0.002 ^ (1 / 7), {}
    for i = 0, STEPS - 1 do sigma[i + 1] = (first + i / (STEPS - 1) * (last - first)) ^ 7 end
    sigma[STEPS + 1] = 0.0
    return sigma
end

local function denoise(net, x, sigma, class)
    local variance = sigma * sigma + DATA_STD ^ 2
    local root = ritz.sqrt(variance)
    local level = ritz.log(sigma) / 4 + ritz.zeros { POINTS, 1 }
    local h = ritz.concatenate({ x / root, level, ritz.full({ POINTS, 1 }, class) }, 2)
    return x * (DATA_STD ^ 2 / variance) + sigma * DATA_STD / root * dense(net, h, ritz.silu)
end

local function plain(with, without, m) return without + SCALE * (with - without), m end

--- Sadat et al. 2024, algorithm 1, eta 0: what is parallel to the prediction is
-- taken out of the difference, whose running sum is bounded.
local function projected(with, without, m)
    m = with - without + MOMENTUM * m
    local q = m * ritz.minimum(1, NORM / m:norm(2, true))
    local parallel = (q * with):sum(2, true) / (with * with):sum(2, true) * with
    return with + (SCALE - 1) * (q - parallel), m
end

local function sampler(guide)
    local from = draw.source()
    local net, sigma = from.dense { 4, 128, 128, 128, 2 }, schedule()
    local noise, zeros = from.values { POINTS, 2 }, ritz.zeros { POINTS, 2 }
    local function guided(p, x, s, m)
        return guide(denoise(p, x, s, 1.0), denoise(p, x, s, 0.0), m)
    end
    local heun = ritz.jit(function(p, x, m, s, next_s)
        local g, d
        g, m = guided(p, x, s, m)
        d = (x - g) / s
        local y = x + (next_s - s) * d
        g = guided(p, y, next_s, m)
        return x + (next_s - s) * 0.5 * (d + (y - g) / next_s), m
    end)
    local final = ritz.jit(guided)
    return function()
        local x, m = noise * sigma[1], zeros
        for i = 1, STEPS - 1 do x, m = heun(net, x, m, sigma[i], sigma[i + 1]) end
        return (final(net, x, sigma[STEPS], m))
    end, function(x) return x:abs():mean():item() end
end

return {
    sample_cfg = function() return sampler(plain) end,
    sample_apg = function() return sampler(projected) end,
}
