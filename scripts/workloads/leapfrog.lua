-- leapfrog.lua - the workload leapfrog: 1000 steps of 1000 systems of three
-- bodies in the plane, all masses one, in f64. The systems are the last axis, which is
-- the long one.

local draw = require "draw"
local ritz = require "ritz"

local STEPS, SYSTEMS, STEP = 1000, 1000, 0.01

--- Forces at positions {x, y}: [body, system] each.
local function force(q)
    local function differences(x) return x:reshape { 3, 1, -1 } - x:reshape { 1, 3, -1 } end
    local dx, dy = differences(q.x), differences(q.y)
    local square = dx * dx + dy * dy + ritz.eye(3, "f64"):reshape { 3, 3, 1 }
    local weight = -1 / (square * ritz.sqrt(square))
    return { x = (dx * weight):sum(2), y = (dy * weight):sum(2) }
end

local function moved(at, seconds, along)
    return { x = at.x + seconds * along.x, y = at.y + seconds * along.y }
end

local function kick_drift_kick(at)
    local p = moved(at.p, STEP / 2, force(at.q))
    local q = moved(at.q, STEP, p)
    return { q = q, p = moved(p, STEP / 2, force(q)) }
end

local function leapfrog()
    local from = draw.source "f64"
    -- x or y of every body, the systems last.
    local function coordinates(std)
        local z = from.values({ SYSTEMS, 3, 2 }, std):permute { 3, 2, 1 }
        return { x = z[1], y = z[2] }
    end
    local start = { q = coordinates(2), p = coordinates(0.1) }
    local run = ritz.jit(function(at)
        return ritz.scan(kick_drift_kick, at, { length = STEPS }).q
    end)
    return function() return run(start) end, function(q)
        return ritz.minimum(ritz.concatenate { q.x, q.y }:abs(), 10):mean():item()
    end
end

return { leapfrog = leapfrog }
