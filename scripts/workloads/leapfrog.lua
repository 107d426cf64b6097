-- leapfrog.lua - the workload leapfrog: 1000 steps of 1000 systems of three
-- bodies in the plane, all masses one, in f64. The systems are the last axis: what
-- is added up is two or three long.

local draw = require "draw"
local ritz = require "ritz"

local STEPS, SYSTEMS, STEP = 1000, 1000, 0.01

--- Forces at positions q: [plane, body, system].
local function force(q)
    local n = q.shape[3]
    local d = q:reshape { 2, 3, 1, n } - q:reshape { 2, 1, 3, n }
    local square = (d * d):sum(1) + ritz.eye(3, "f64"):reshape { 3, 3, 1 }
    return (-d / (square * ritz.sqrt(square))):sum(3)
end

local function leapfrog()
    local from = draw.source "f64"
    local q0 = from.values({ SYSTEMS, 3, 2 }, 2):permute { 3, 2, 1 } * 1
    local p0 = from.values({ SYSTEMS, 3, 2 }, 0.1):permute { 3, 2, 1 } * 1
    local step = ritz.jit(function(q, p)
        p = p + STEP / 2 * force(q)
        q = q + STEP * p
        return q, p + STEP / 2 * force(q)
    end)
    return function()
        local q, p = q0, p0
        for _ = 1, STEPS do q, p = step(q, p) end
        return q
    end, function(q) return ritz.minimum(q:abs(), 10):mean():item() end
end

return { leapfrog = leapfrog }
