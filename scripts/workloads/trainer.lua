-- trainer.lua - one training step of a model, as every script writes it: loss,
-- gradient and the optimiser's update in one plan that takes over the memory of
-- what it replaces.

local ritz = require "ritz"

--- A function that takes a step and gives the loss before it.
return function(params, loss, batch, optimiser)
    optimiser = optimiser or ritz.optim.adam { lr = 1e-3 }
    local state = optimiser.init(params)
    local update = ritz.jit(function(p, s, b)
        local l, g = ritz.value_and_grad(loss)(p, b)
        p, s = optimiser.update(p, g, s)
        return l, p, s
    end, { donate = { 1, 2 } })
    return function()
        local l
        l, params, state = update(params, state, batch)
        return l
    end
end
