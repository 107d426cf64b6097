-- spiral.lua - a small tanh network tells two spirals apart.
--
-- The data are made here, so this is also how to train on tensors of your own:
-- a set is a table of tensors that have as many rows each.

local ritz = require "ritz"
local nn, optim = ritz.nn, ritz.optim

local function spirals(n, key)
    local turn = ritz.uniform({ n, 1 }, { low = 0.25, high = 3, key = ritz.fold_in(key, 1) })
    local side = ritz.floor(ritz.uniform({ n, 1 },
        { low = 0, high = 2, key = ritz.fold_in(key, 2) }))
    local angle = (turn + side) * math.pi
    local noise = ritz.normal({ n, 2 }, { std = 0.05, key = ritz.fold_in(key, 3) })
    local x = ritz.concatenate({ turn * ritz.cos(angle), turn * ritz.sin(angle) }, 2) + noise
    return { x = x, y = ritz.reshape(side, { n }):to("i64") + 1 }
end

local model = nn.sequential {
    nn.linear(2, 64, { init = "glorot_normal" }),
    nn.tanh(),
    nn.linear(64, 64, { init = "glorot_normal" }),
    nn.tanh(),
    nn.linear(64, 2, { init = "glorot_normal" }),
}

local fit = ritz.train {
    model = model,
    data = spirals(4096, ritz.key(1)),
    valid = spirals(1024, ritz.key(2)),
    loss = function(p, batch, ctx)
        local logits = model(p, batch.x, ctx)
        return nn.cross_entropy(logits, batch.y), { accuracy = nn.accuracy(logits, batch.y) }
    end,
    optim = optim.adam { lr = 1e-2, schedule = optim.cosine() },
    batch = 128, epochs = 60,
}

print(("valid accuracy %.4f after %d steps"):format(fit.valid.accuracy, fit.steps))
