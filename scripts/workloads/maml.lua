-- maml.lua - the workloads maml_hnn and maml_hgnn: a step of Adam on second-order
-- MAML. A model gives the energy of a state; the loss compares its symplectic
-- gradient with the data's, and the inner steps differentiate that loss.

local dense = require "dense"
local draw = require "draw"
local ritz = require "ritz"
local trainer = require "trainer"

local TASKS, POINTS, RATE = 10, 50, 0.01

--- (dH/dp, -dH/dq) of every state (q, p) of z: [points, size].
local function field(energy, p, z)
    local slope = ritz.vmap(ritz.grad(energy, { wrt = 2 }), { in_axes = { false, 1 } })(p, z)
    local half = z.shape[2] // 2
    return ritz.concatenate({ slope:slice(2, half + 1), -slope:slice(2, 1, half) }, 2)
end

--- The loss of the whole batch of tasks, after `inner` steps on their supports.
local function meta_loss(energy, inner)
    local function loss(p, z, d) return ritz.nn.mse(field(energy, p, z), d) end
    local function task(p, support, support_slope, query, query_slope)
        for _ = 1, inner do
            local g = ritz.grad(loss)(p, support, support_slope)
            p = ritz.tree.map(function(q, slope) return q - RATE * slope end, p, g)
        end
        return loss(p, query, query_slope)
    end
    local all = ritz.vmap(task, { in_axes = { false, 1, 1, 1, 1 } })
    return function(p, data) return all(p, table.unpack(data)):mean() end
end

local function learner(from, params, energy, size, inner)
    local data = {}
    for i = 1, 4 do data[i] = from.values { TASKS, POINTS, size } end
    return trainer(params, meta_loss(energy, inner), data)
end

local maml = {}

--- H(q, p) is a network 4-64-64-1 with tanh; five inner steps.
function maml.maml_hnn()
    local from = draw.source()
    local params = from.dense { 4, 64, 64, 1 }
    return learner(from, params, function(p, z) return dense(p, z, ritz.tanh):sum() end, 4, 5)
end

--- Three bodies in the plane: the positions [3, 2] of z, then its momenta.
local function bodies(z)
    return ritz.concatenate({ z:slice(1, 1, 6):reshape { 3, 2 },
        z:slice(1, 7, 12):reshape { 3, 2 } }, 2)
end

--- H is a sum over bodies and one over ordered pairs; one inner step.
function maml.maml_hgnn()
    local from = draw.source()
    local params = { e = from.dense { 4, 64, 64, 1 }, m = from.dense { 8, 64, 64, 1 } }
    local from_body = ritz.constant(ritz.tensor({ 1, 1, 2, 2, 3, 3 }, "i64"))
    local to_body = ritz.constant(ritz.tensor({ 2, 3, 1, 3, 1, 2 }, "i64"))
    local function energy(p, z)
        local x = bodies(z)
        local pairs_of = ritz.concatenate({ x:take(from_body), x:take(to_body) }, 2)
        return dense(p.e, x, ritz.softplus):sum() + dense(p.m, pairs_of, ritz.softplus):sum()
    end
    return learner(from, params, energy, 12, 1)
end

return maml
