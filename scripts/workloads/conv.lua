-- conv.lua - the workload conv: a step of Adam for two convolutions with pooling
-- and a dense layer on images of 28 by 28, batch 64, cross-entropy.

local draw = require "draw"
local ritz = require "ritz"
local trainer = require "trainer"

local function kernel(from, n_in, n_out, std)
    return { w = from.values({ 3, 3, n_in, n_out }, std), b = ritz.zeros { n_out } }
end

local function logits(p, x)
    for i = 1, 2 do
        x = ritz.conv2d(x, p[i].w, p[i].b, { padding = "same" })
        x = ritz.max_pool2d(ritz.relu(x), 2)
    end
    return ritz.linear(x:reshape { x.shape[1], -1 }, p[3].w, p[3].b)
end

local function conv()
    local from = draw.source()
    local params = { kernel(from, 1, 16, 1 / 3), kernel(from, 16, 32, 1 / 12),
        from.linear(1568, 10) }
    local batch = { x = from.values { 64, 28, 28, 1 }, y = from.labels({ 64 }, 10) }
    return trainer(params, function(p, b)
        return ritz.nn.cross_entropy(logits(p, b.x), b.y)
    end, batch)
end

return { conv = conv }
