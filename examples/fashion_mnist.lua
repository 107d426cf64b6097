-- fashion_mnist.lua - a network of two dense layers learns to name clothes.
--
--   ritz examples/fashion_mnist.lua --set epochs=10
--
-- The digest at the end is that of the trained parameters: the same seed gives
-- the same digest, with one thread and with two.

local ritz = require "ritz"
local nn, optim, data, run = ritz.nn, ritz.optim, ritz.data, ritz.run

local opt = run.options {
    lr = { 1e-3, "learning rate" },
    width = { 128, "hidden units" },
    epochs = { 5, "passes over the data" },
}

local train, test = data.fashion_mnist()

local model = nn.sequential {
    nn.flatten(),
    nn.linear(784, opt.width),
    nn.relu(),
    nn.linear(opt.width, 10),
}

local function loss(p, batch, ctx)
    local logits, state = model(p, batch.x, ctx)
    return nn.cross_entropy(logits, batch.y),
        { accuracy = nn.accuracy(logits, batch.y), state = state }
end

local fit = ritz.train {
    model = model, loss = loss, data = train, valid = test,
    optim = optim.adam { lr = opt.lr, schedule = optim.cosine() },
    batch = 128, epochs = opt.epochs,
}

print(("test accuracy %.4f"):format(fit.valid.accuracy))
print("digest " .. run.digest(fit.params))
