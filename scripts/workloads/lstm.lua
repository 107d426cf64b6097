-- lstm.lua - the workload lstm: a step of Adam for one LSTM layer over 100 steps,
-- with a dense layer on its last state and a mean squared error.

local draw = require "draw"
local ritz = require "ritz"
local trainer = require "trainer"

local STEPS, BATCH, INPUTS, WIDTH = 100, 32, 16, 64

local function cell(p, s, x)
    local z = ritz.linear(ritz.concatenate({ x, s.h }, 2), p.w, p.b)
    local function gate(i) return z:slice(2, (i - 1) * WIDTH + 1, i * WIDTH) end
    local c = ritz.sigmoid(gate(2)) * s.c + ritz.sigmoid(gate(1)) * ritz.tanh(gate(3))
    return { h = ritz.sigmoid(gate(4)) * ritz.tanh(c), c = c }
end

local function prediction(p, x)
    local zeros = ritz.zeros { BATCH, WIDTH }
    local state = ritz.scan(function(s, now)
        return cell(p, s, now)
    end, { h = zeros, c = zeros }, { xs = x })
    return ritz.linear(state.h, p.out.w, p.out.b)
end

local function lstm()
    local from = draw.source()
    local params = { w = from.values({ INPUTS + WIDTH, 4 * WIDTH }, 1 / 9),
        b = ritz.zeros { 4 * WIDTH }, out = from.linear(WIDTH, 1) }
    local batch = { x = from.values { STEPS, BATCH, INPUTS }, y = from.values { BATCH, 1 } }
    return trainer(params, function(p, b)
        return ritz.nn.mse(prediction(p, b.x), b.y)
    end, batch)
end

return { lstm = lstm }
