-- mlp.lua - the workloads mlp_large and mlp_small: one step of Adam.

local dense = require "dense"
local draw = require "draw"
local ritz = require "ritz"
local trainer = require "trainer"
local nn = ritz.nn

local mlp = {}

--- 784-128-10 with ReLU, batch 128, cross-entropy.
function mlp.mlp_large()
    local from = draw.source()
    local params = from.dense { 784, 128, 10 }
    local batch = { x = from.values { 128, 784 }, y = from.labels({ 128 }, 10) }
    return trainer(params, function(p, b)
        return nn.cross_entropy(dense(p, b.x, ritz.relu), b.y)
    end, batch)
end

--- 2-64-64-2 with tanh, batch 128, mean squared error against its own input.
function mlp.mlp_small()
    local from = draw.source()
    local params = from.dense { 2, 64, 64, 2 }
    return trainer(params, function(p, x)
        return nn.mse(dense(p, x, ritz.tanh), x)
    end, from.values { 128, 2 })
end

return mlp
