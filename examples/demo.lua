-- demo.lua - a convolutional network learns to name clothes, while you watch.
--
-- 60,000 images of 28 x 28 pixels in ten classes. Two convolutions find edges
-- and shapes, pooling halves the image after each, two dense layers decide.

local ritz = require "ritz"
local nn, optim, data, run = ritz.nn, ritz.optim, ritz.data, ritz.run

local opt = run.options {
    lr = { 3e-3, "learning rate at the start" },
    epochs = { 4, "passes over the data" },
}

local train, test = data.fashion_mnist()

local model = nn.sequential {
    nn.conv2d(1, 16, 3, { padding = "same" }),
    nn.relu(),
    nn.max_pool2d(),
    nn.conv2d(16, 32, 3, { padding = "same" }),
    nn.relu(),
    nn.max_pool2d(),
    nn.flatten(),
    nn.linear(7 * 7 * 32, 64),
    nn.relu(),
    nn.linear(64, 10),
}

local function loss(p, batch, ctx)
    local logits, state = model(p, batch.x, ctx)
    return nn.cross_entropy(logits, batch.y),
        { accuracy = nn.accuracy(logits, batch.y), state = state }
end

local fit = ritz.train {
    model = model, loss = loss, data = train, valid = test,
    optim = optim.adam { lr = opt.lr, schedule = optim.cosine() },
    batch = 128, epochs = opt.epochs, valid_every = 100,
}

print(("%d parameters, %d steps in %.1f s"):format(nn.count(fit.params), fit.steps, fit.seconds))
print(("test accuracy %.4f"):format(fit.valid.accuracy))
