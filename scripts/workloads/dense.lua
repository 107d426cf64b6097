-- dense.lua - fully connected networks: y = act(x w + b), the last layer plain.

local ritz = require "ritz"

return function(layers, x, activation)
    for i, layer in ipairs(layers) do
        x = ritz.linear(x, layer.w, layer.b)
        if i < #layers then x = activation(x) end
    end
    return x
end
