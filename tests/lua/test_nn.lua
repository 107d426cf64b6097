-- test_nn.lua - the compositions of src/nn: against closed forms and plain loops,
-- their gradients against central differences, and what they refuse.

local ritz = require "ritz"
local t = require "tap"
local numeric = require "lua.numeric"

local nn = ritz.nn
local key = ritz.key(5)
local drawn = 0

--- Normal draws in f64, other ones each time.
local function draw(...)
    drawn = drawn + 1
    return ritz.normal({ ... }, { key = ritz.fold_in(key, drawn), dtype = "f64" })
end

--- Distinct numbers in a random order, far enough apart for central differences.
local function distinct(...)
    drawn = drawn + 1
    local shape, n = { ... }, 1
    for _, size in ipairs(shape) do n = n * size end
    local order = ritz.permutation(n, { key = ritz.fold_in(key, drawn) })
    return ritz.reshape(order:to("f64") * 0.37 - n / 5 + 0.013, shape)
end

local function f64(values) return ritz.tensor(values, "f64") end
local function i64(values) return ritz.tensor(values, "i64") end

--- f of every number of a list.
local function map(f, values)
    local out = {}
    for i, v in ipairs(values) do out[i] = f(v) end
    return out
end

local points = { -4.0, -1.5, -0.3, 0.0, 0.2, 1.0, 3.5 }

t.run("activations", function()
    local x = f64(points)
    local function check(name, got, f, tolerance)
        t.near(numeric.distance(got, map(f, points)), 0, tolerance, name)
    end
    check("relu", ritz.relu(x), function(v) return math.max(v, 0) end, 0)
    check("leaky_relu", ritz.leaky_relu(x, 0.1), function(v) return v > 0 and v or 0.1 * v end,
        1e-15)
    check("elu", ritz.elu(x, 2), function(v) return v > 0 and v or 2 * (math.exp(v) - 1) end, 1e-15)
    check("silu", ritz.silu(x), function(v) return v / (1 + math.exp(-v)) end, 1e-14)
    check("gelu with tanh", ritz.gelu(x, "tanh"), function(v)
        local inner = math.sqrt(2 / math.pi) * (v + 0.044715 * v ^ 3)
        return 0.5 * v * (1 + 1 - 2 / (math.exp(2 * inner) + 1))
    end, 1e-14)
    -- x times the normal distribution function, whose values are in tables:
    -- Phi(1) = 0.84134474606854..., Phi(-1.5) = 0.06680720126885807.
    local g = ritz.gelu(x):totable()
    t.near(g[6], 0.8413447460685429, 1e-14, "gelu(1)")
    t.near(g[2], -1.5 * 0.06680720126885807, 1e-14, "gelu(-1.5)")
    t.near(numeric.distance(ritz.gelu(x), ritz.gelu(x, "tanh")), 0, 5e-4, "both forms are near")
    for _, name in ipairs { "relu", "leaky_relu", "elu", "gelu", "silu" } do
        numeric.check_gradient(name, ritz[name], f64 { -4.0, -1.5, -0.3, 0.2, 1.0, 3.5 })
        t.is(ritz[name](ritz.zeros { 0, 3 }):numel(), 0, name .. " of nothing")
    end
    t.is(ritz.grad(ritz.relu)(0.0), 0.0, "the slope of relu at 0 is 0")
    local far = ritz.vmap(ritz.grad(ritz.elu))(f64 { 800, -800 })
    t.near(numeric.distance(far, { 1, 0 }), 0, 0, "the branch not taken stays finite")
    t.is(ritz.ones { 2 }:relu():numel(), 2, "activations are methods too")
end)

t.run("statistics", function()
    local x = f64 { { 1, 2, 6 }, { -3, 4, 5 } }
    t.near(ritz.mean(x):item(), 2.5, 1e-15, "mean")
    t.near(numeric.distance(ritz.mean(x, 1), { -1, 3, 5.5 }), 0, 1e-15, "mean of columns")
    t.near(numeric.distance(ritz.mean(x, 2, true), { 3, 2 }), 0, 1e-15, "mean of rows")
    t.is(ritz.mean(x, 2, true).rank, 2, "which may stay as an axis")
    t.near(numeric.distance(ritz.var(x, 2), { 14 / 3, 38 / 3 }), 0, 1e-14, "variance")
    t.near(numeric.distance(ritz.var(x, 2, { ddof = 1 }), { 7, 19 }), 0, 1e-14, "unbiased")
    t.near(numeric.distance(ritz.std(x, 1), { 2, 1, 0.5 }), 0, 1e-15, "standard deviation")
    t.near(ritz.std(x, { keep = true }):item(), math.sqrt(ritz.var(x):item()), 1e-15, "of all")
    t.is(ritz.min(x):item(), -3.0, "minimum")
    t.near(numeric.distance(ritz.min(x, 2), { 1, -3 }), 0, 0, "minima of rows")
    t.near(ritz.norm(x):item(), math.sqrt(91), 1e-14, "norm")
    t.near(numeric.distance(ritz.dot(x, f64 { 1, 10, 100 }), { 621, 537 }), 0, 1e-12, "dot")
    -- Far from 0, where the mean of squares minus the square of the mean is lost.
    t.near(ritz.var(f64 { 1e9 + 1, 1e9 + 2, 1e9 + 3 }):item(), 2 / 3, 1e-12, "variance far from 0")
    for _, name in ipairs { "mean", "var", "std", "min", "norm" } do
        local f = ritz[name]
        numeric.check_gradient(name, f, distinct(3, 4))
        numeric.check_gradient(name .. " of rows", function(v) return f(v, 2) end, distinct(3, 4))
    end
    numeric.check_gradient("dot", ritz.dot, draw(3, 4), draw(4))
    t.near(numeric.distance(ritz.grad(ritz.norm)(f64 { 0, 0 }), { 0, 0 }), 0, 0,
        "the norm's slope at 0")
    t.near(numeric.distance(ritz.grad(ritz.std)(f64 { 2, 2 }), { 0, 0 }), 0, 0,
        "the deviation's at 0")
    t.is(ritz.norm(ritz.zeros { 0 }):item(), 0.0, "norm of nothing")
    t.throws("mean: wants at least one element along axis 2, got f32[3,0]", function()
        ritz.mean(ritz.zeros { 3, 0 }, 2)
    end, "mean of nothing")
    t.throws("var: wants more elements than ddof = 2, got 2", function()
        ritz.var(ritz.zeros { 2 }, { ddof = 2 })
    end, "too many degrees of freedom")
    t.throws("mean: wants each axis once, got axis 1 twice", function()
        ritz.mean(ritz.zeros { 2 }, { 1, -1 })
    end, "an axis twice")
    t.throws("mean: wants f32 or f64, got i64[2]", function() ritz.mean(i64 { 1, 2 }) end,
        "integers")
    t.throws("dot: wants vectors, got f32",
        function() ritz.dot(ritz.tensor(1), ritz.tensor(2)) end, "scalars")
end)

t.run("softmax", function()
    local x = f64 { { 1, 2, 3 }, { -1, 0, 5 } }
    local sums = {}
    for i, row in ipairs(x:totable()) do
        sums[i] = 0
        for _, v in ipairs(row) do sums[i] = sums[i] + math.exp(v) end
    end
    local want = {}
    for i, row in ipairs(x:totable()) do
        for _, v in ipairs(row) do want[#want + 1] = math.exp(v) / sums[i] end
    end
    t.near(numeric.distance(ritz.softmax(x), want), 0, 1e-15, "softmax")
    t.near(numeric.distance(ritz.exp(ritz.log_softmax(x)), want), 0, 1e-15, "log_softmax")
    t.near(numeric.distance(ritz.logsumexp(x, 2), map(math.log, sums)), 0, 1e-15, "logsumexp")
    t.near(ritz.sum(ritz.softmax(x, 1), 1)[1]:item(), 1, 1e-15, "along axis 1")
    local high = ritz.tensor { 1e4, 1e4 - 1 }
    t.near(ritz.logsumexp(high):item(), 1e4 + math.log(1 + math.exp(-1)), 1e-3, "no overflow")
    t.near(ritz.softmax(high)[1]:item(), 1 / (1 + math.exp(-1)), 1e-6, "nor in softmax")
    t.near(ritz.log_softmax(ritz.tensor { 0, 200 })[1]:item(), -200, 1e-4,
        "no underflow to minus infinity")
    local minus = -math.huge
    t.near(numeric.distance(ritz.softmax(ritz.tensor { 0, minus }), { 1, 0 }), 0, 0,
        "a masked element")
    t.is(ritz.logsumexp(ritz.tensor { minus, minus }):item(), minus, "all masked")
    for _, name in ipairs { "softmax", "log_softmax", "logsumexp" } do
        local f = ritz[name]
        numeric.check_gradient(name, function(v) return f(v, 2) end, draw(2, 3))
        local function total(v) return ritz.sum(f(v, 1) ^ 2) end
        numeric.check_gradient("the gradient of " .. name, ritz.grad(total), draw(4))
    end
    t.throws("softmax: wants at least one axis, got f32",
        function() ritz.softmax(ritz.tensor(1)) end, "scalar")
    t.throws("log_softmax: axis must be 1 to 1 or -1 to -1, got 2", function()
        ritz.log_softmax(ritz.ones { 3 }, 2)
    end, "axis")
end)

t.run("linear", function()
    local x, w, b = draw(2, 3, 4), draw(4, 5), draw(5)
    local y = ritz.linear(x, w, b)
    local rows = ritz.reshape(ritz.matmul(ritz.reshape(x, { 6, 4 }), w) + b, { 2, 3, 5 })
    t.near(numeric.distance(y, rows), 0, 1e-14, "leading axes are rows")
    t.near(numeric.distance(ritz.linear(x[1][1], w, b), y[1][1]), 0, 1e-14, "a vector is one row")
    t.near(numeric.distance(ritz.linear(x, w) + b, y), 0, 1e-14, "without a bias")
    numeric.check_gradient("linear", ritz.linear, draw(3, 2), draw(2, 4), draw(4))
    t.throws("linear: w must be [4, out], for x f64[2,3,4], got f64[5,4]", function()
        ritz.linear(x, ritz.zeros({ 5, 4 }, "f64"))
    end, "inner sizes")
    t.throws("linear: b must be [5], got f64[4]", function() ritz.linear(x, w, draw(4)) end, "bias")
    t.is(ritz.linear(ritz.zeros { 0, 4 }, ritz.ones { 4, 2 }, ritz.ones { 2 }):numel(), 0,
        "no rows")
end)

--- Convolution by its definition. pad is {top, bottom, left, right}.
local function plain_conv(x, w, stride, pad)
    local X, W = x:totable(), w:totable()
    local h, v, n_in = #X[1], #X[1][1], #X[1][1][1]
    local kh, kw, n_out = #W, #W[1], #W[1][1][1]
    local down = (h + pad[1] + pad[2] - kh) // stride + 1
    local across = (v + pad[3] + pad[4] - kw) // stride + 1
    local out = {}
    for b = 1, #X do
        for i = 0, down - 1 do
            for j = 0, across - 1 do
                for o = 1, n_out do
                    local sum = 0.0
                    for a = 1, kh do
                        for c = 1, kw do
                            local row = X[b][i * stride + a - pad[1]]
                            local pixel = row and row[j * stride + c - pad[3]]
                            for k = 1,
                                pixel and n_in or 0 do sum = sum + pixel[k] * W[a][c][k][o] end
                        end
                    end
                    out[#out + 1] = sum
                end
            end
        end
    end
    return out
end

t.run("conv2d", function()
    local x, w = draw(2, 6, 5, 3), draw(3, 3, 3, 4)
    local function check(name, options, stride, pad)
        t.near(numeric.distance(ritz.conv2d(x, w, options), plain_conv(x, w, stride, pad)), 0,
            1e-13, name)
    end
    check("valid", nil, 1, { 0, 0, 0, 0 })
    check("same", { padding = "same" }, 1, { 1, 1, 1, 1 })
    check("zeros in numbers", { padding = { 2, 1 } }, 1, { 2, 2, 1, 1 })
    check("steps of 2", { stride = 2 }, 2, { 0, 0, 0, 0 })
    -- 6 rows by 2: three places need 1 zero, below; 5 columns: 1 on either side.
    check("same in steps of 2", { stride = 2, padding = "same" }, 2, { 0, 1, 1, 1 })
    local even = draw(2, 2, 3, 1)
    t.near(numeric.distance(ritz.conv2d(x, even, { padding = "same" }),
        plain_conv(x, even, 1, { 0, 1, 0, 1 })), 0, 1e-13, "same with an even kernel")
    local b = draw(4)
    t.near(numeric.distance(ritz.conv2d(x, w, b), ritz.conv2d(x, w) + b), 0, 1e-14, "a bias")
    t.near(numeric.distance(ritz.conv2d(x[1], w), ritz.conv2d(x, w)[1]), 0, 1e-13, "one image")
    t.near(numeric.distance(ritz.vmap(function(v) return ritz.conv2d(v, w) end)(x),
        ritz.conv2d(x, w)), 0,
        1e-13, "under vmap")
    for _, options in ipairs { { padding = "same" }, { stride = 2 } } do
        numeric.check_gradient("conv2d", function(u, v, c) return ritz.conv2d(u, v, c, options) end,
            draw(1, 5, 4, 2), draw(3, 3, 2, 2), draw(2))
    end
    -- The unfolded matrix, stored and multiplied, gives the same bits: here are
    -- pieces of several images, and images cut into lines.
    for _, case in ipairs { { { 37, 6, 5, 3 }, 2, 1 }, { { 2, 60, 44, 5 }, 1, 1 },
        { { 1, 31, 40, 16 }, 1, 2 }, { { 1, 3, 1100, 2 }, 1, 0 } } do
        local size, stride, pad = table.unpack(case)
        local image = ritz.normal(size, { key = key })
        local kernel = ritz.normal({ 3, 3, size[4], 6 }, { key = key, std = 0.2 })
        local u = ritz.unfold(image, 3, stride, pad)
        local rows = ritz.reshape(u, { -1, 9 * size[4] })
        local stored = ritz.matmul(rows, ritz.reshape(kernel, { -1, 6 }))
        local y = ritz.conv2d(image, kernel, { stride = stride, padding = pad })
        t.is(numeric.distance(y, stored), 0.0, "bits of the stored product")
        local c = ritz.cos(y)
        local slope = ritz.grad(function(v)
            return ritz.sum(ritz.conv2d(image, v, { stride = stride, padding = pad }) * c)
        end)(kernel)
        local expected = ritz.matmul(ritz.permute(rows, { 2, 1 }), ritz.reshape(c, { -1, 6 }))
        t.near(numeric.distance(slope, expected), 0, 1e-5 * rows.shape[1] ^ 0.5,
            "the kernel's gradient")
    end
    -- Of many channels the gradient is a convolution with the turned kernel.
    for _, options in ipairs { {}, { padding = "same" }, { padding = { 1, 0 } },
        { padding = 2 }, { padding = 3 }, { stride = { 1, 2 } } } do
        local function f(u, v) return ritz.conv2d(u, v, options) end
        local u, v = draw(2, 4, 3, 8), draw(3, 2, 8, 2)
        numeric.check_gradient("conv2d, 8 channels", f, u, v)
        local function slope(p, q)
            return (ritz.grad(function(r) return ritz.sum(ritz.square(f(r, q))) end)(p))
        end
        if not options.stride then numeric.check_gradient("its gradient", slope, u, v) end
    end
    t.is(ritz.conv2d(ritz.zeros { 0, 4, 4, 1 }, ritz.ones { 3, 3, 1, 2 }):numel(), 0, "no images")
    t.is(ritz.grad(function(v) return ritz.sum(ritz.conv2d(v, ritz.ones { 3, 3, 8, 2 })) end)(
        ritz.zeros { 0, 4, 4, 8 }):numel(), 0, "no images, 8 channels")
end)

t.run("what conv2d refuses", function()
    local x = ritz.ones { 1, 4, 4, 2 }
    local function refuses(part, ...)
        local args = table.pack(...)
        t.throws(part, function() ritz.conv2d(table.unpack(args, 1, args.n)) end, part)
    end
    refuses("conv2d: w must be [height, width, 2, out], for images f32[1,4,4,2], got f32[3,3,1,2]",
        x, ritz.ones { 3, 3, 1, 2 })
    refuses("conv2d: b must be [5], got f32[2]", x, ritz.ones { 3, 3, 2, 5 }, ritz.ones { 2 })
    refuses("conv2d: wants images [..., height, width, channels], got f32[4,2]",
        ritz.ones { 4, 2 }, ritz.ones { 3, 3, 2, 5 })
    refuses("conv2d: w must fit into the padded image", x, ritz.ones { 5, 5, 2, 1 })
    refuses("conv2d: stride must be 1 or more", x, ritz.ones { 3, 3, 2, 1 }, { stride = 0 })
    refuses("conv2d: padding must be one of valid|same", x, ritz.ones { 3, 3, 2, 1 },
        { padding = "some" })
    refuses("conv2d: unknown option \"strid\"", x, ritz.ones { 3, 3, 2, 1 }, { strid = 2 })
    refuses("conv2d: wants f32 or f64, got i64", i64 { { { { 1 } } } }, ritz.ones { 1, 1, 1, 1 })
end)

--- `f` of the values of each window, image by image.
local function plain_pool(x, h, w, f)
    local X, out = x:totable(), {}
    for b = 1, #X do
        for i = 0, #X[b] // h - 1 do
            for j = 0, #X[b][1] // w - 1 do
                for c = 1, #X[b][1][1] do
                    local seen = {}
                    for a = 1, h do
                        for d = 1, w do seen[#seen + 1] = X[b][i * h + a][j * w + d][c] end
                    end
                    out[#out + 1] = f(table.unpack(seen))
                end
            end
        end
    end
    return out
end

local function average(...)
    local sum = 0
    for _, v in ipairs { ... } do sum = sum + v end
    return sum / select("#", ...)
end

t.run("pooling", function()
    local x = distinct(2, 4, 6, 3)
    t.near(numeric.distance(ritz.max_pool2d(x), plain_pool(x, 2, 2, math.max)), 0, 0,
        "largest of 2x2")
    t.near(numeric.distance(ritz.max_pool2d(x, { 4, 3 }), plain_pool(x, 4, 3, math.max)), 0, 0,
        "of 4x3")
    t.near(numeric.distance(ritz.avg_pool2d(x), plain_pool(x, 2, 2, average)), 0, 1e-13,
        "mean of 2x2")
    t.near(numeric.distance(ritz.avg_pool2d(x, { 1, 3 }), plain_pool(x, 1, 3, average)), 0, 1e-13,
        "of 1x3")
    numeric.check_gradient("max_pool2d", ritz.max_pool2d, distinct(1, 4, 4, 2))
    numeric.check_gradient("avg_pool2d", ritz.avg_pool2d, draw(1, 4, 4, 2))
    local ties = ritz.grad(function(v) return ritz.sum(ritz.max_pool2d(v)) end)(f64 { { { 3 },
        { 3 } }, { { 3 }, { 1 } } })
    t.near(numeric.distance(ties, { 1 / 3, 1 / 3, 1 / 3, 0 }), 0, 1e-15,
        "equal maxima share the slope")
    for _, image in ipairs { { 2, 4, 6, 3 }, { 2, 4, 6, 17 }, { 3, 4, 4, 1 } } do
        -- What relu cuts off gets no slope, wherever the compiler masks it: an
        -- identity between them keeps the masks apart.
        local v = ritz.round(draw(table.unpack(image)) * 2)
        local w = draw(image[1], image[2] // 2, image[3] // 2, image[4])
        local function slope(between)
            return ritz.grad(function(u)
                return ritz.sum(ritz.max_pool2d(between(ritz.relu(u))) * w)
            end)(v)
        end
        t.near(numeric.distance(slope(function(u) return u end),
            slope(function(u) return ritz.cumsum(ritz.cumsum(u, 4), 4) * 0 + u end)), 0, 0,
            ("relu before windows, %d channels"):format(image[4]))
    end
    t.throws("max_pool2d: windows must divide the image, got 3x3 for f64[2,4,6,3]", function()
        ritz.max_pool2d(x, 3)
    end, "windows that do not divide")
    t.throws("avg_pool2d: wants images", function() ritz.avg_pool2d(ritz.ones { 4, 4 }) end,
        "no images")
end)

t.run("layer_norm", function()
    local x, scale, shift = draw(3, 5), draw(5), draw(5)
    local z = ritz.layer_norm(x, { eps = 0 })
    t.near(numeric.distance(ritz.mean(z, 2), { 0, 0, 0 }), 0, 1e-14, "mean 0")
    t.near(numeric.distance(ritz.var(z, 2), { 1, 1, 1 }), 0, 1e-13, "variance 1")
    t.near(numeric.distance(ritz.layer_norm(x, scale, shift, { eps = 0 }), z * scale + shift), 0,
        1e-14, "affine")
    t.near(numeric.distance(ritz.layer_norm(f64 { { 5, 5 } }), { 0, 0 }), 0, 0,
        "a constant row is 0")
    numeric.check_gradient("layer_norm", ritz.layer_norm, draw(2, 4), draw(4), draw(4))
    t.throws("layer_norm: scale must be [5], one for each channel of f64[3,5], got f64[4]",
        function()
        ritz.layer_norm(x, draw(4))
    end, "scale")
end)

t.run("batch_norm", function()
    local x = draw(6, 2, 3)
    local one, zero = ritz.ones({ 3 }, "f64"), ritz.zeros({ 3 }, "f64")
    local mean, var = draw(3), ritz.square(draw(3)) + 0.5
    local y, m, v = ritz.batch_norm(x, one, zero, mean, var, { eps = 0, momentum = 0.25 })
    t.near(numeric.distance(ritz.mean(y, { 1, 2 }), zero), 0, 1e-14, "mean 0")
    t.near(numeric.distance(ritz.var(y, { 1, 2 }), one), 0, 1e-13, "variance 1")
    t.near(numeric.distance(m, mean * 0.75 + ritz.mean(x, { 1, 2 }) * 0.25), 0, 1e-14,
        "running mean")
    t.near(numeric.distance(v, var * 0.75 + ritz.var(x, { 1, 2 }, { ddof = 1 }) * 0.25), 0, 1e-14,
        "running variance, unbiased")
    local scale, shift = draw(3), draw(3)
    local z, m2, v2 = ritz.batch_norm(x, scale, shift, mean, var, { train = false, eps = 0.1 })
    t.near(numeric.distance(z, (x - mean) / ritz.sqrt(var + 0.1) * scale + shift), 0, 1e-13,
        "by running ones")
    t.ok(numeric.distance(m2, mean) == 0 and numeric.distance(v2, var) == 0, "which then stay")
    numeric.check_gradient("batch_norm", function(u, a, b)
        return (ritz.batch_norm(u, a, b, ritz.zeros({ 2 }, "f64"), ritz.ones({ 2 }, "f64")))
    end, draw(4, 2), draw(2), draw(2))
    local slope = ritz.grad(function(u)
        local _, a, b = ritz.batch_norm(u, one, zero, mean, var)
        return ritz.sum(a + b)
    end)(x)
    t.is(ritz.max(ritz.abs(slope)):item(), 0.0, "no derivative passes through running ones")
    t.throws("batch_norm: wants at least 2 rows to train, got f64[1,3]", function()
        ritz.batch_norm(draw(1, 3), one, zero, mean, var)
    end, "one row")
    t.throws("batch_norm: var must be [3]",
        function() ritz.batch_norm(x, one, zero, mean, draw(2)) end, "var")
end)

t.run("dropout", function()
    -- 10^6 draws: the share of zeros is within 4.42 standard deviations of the
    -- rate but for one seed in 100,000, and this seed is fixed.
    local n, rate = 1000000, 0.3
    local y = ritz.dropout(ritz.ones { n }, ritz.key(11), rate)
    local zeros = n - ritz.sum(ritz.not_equal(y, 0)):item()
    t.near(zeros / n, rate, 4.42 * math.sqrt(rate * (1 - rate) / n), "the share of zeros")
    t.near(ritz.max(y):item(), 1 / 0.7, 1e-6, "others are scaled")
    t.near(ritz.mean(y):item(), 1, 4.42 * math.sqrt(rate / (1 - rate) / n),
        "so that the mean stays")
    local x = draw(50)
    local function drop(v) return ritz.dropout(v, ritz.key(2), 0.4) end
    t.near(numeric.distance(drop(x), drop(x)), 0, 0, "the same key, the same elements")
    t.ok(numeric.distance(drop(x), ritz.dropout(x, ritz.key(3), 0.4)) > 0, "another key, others")
    numeric.check_gradient("dropout", drop, draw(8))
    t.near(numeric.distance(ritz.dropout(x, ritz.key(1), 0), x), 0, 0, "rate 0 keeps all")
    t.throws("dropout: wants a key, i64[2] (ritz.key), got f64[50]",
        function() ritz.dropout(x, x) end, "key")
    t.throws("dropout: rate must be 0 to 0.999999, got 1",
        function() ritz.dropout(x, ritz.key(1), 1) end, "rate")
end)

t.run("one_hot and embedding", function()
    local index = i64 { { 2, 1 }, { 3, 3 } }
    local hot = ritz.one_hot(index, 3)
    t.near(numeric.distance(hot, { 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1 }), 0, 0, "one_hot")
    t.is(ritz.one_hot(index, 3, "f64").dtype, "f64", "in another dtype")
    t.is(ritz.sum(ritz.one_hot(i64 { 0, 4 }, 3)):item(), 0.0, "outside are zeros")
    t.throws("one_hot: wants i64, counted from 1, got f32[2]",
        function() ritz.one_hot(ritz.ones { 2 }, 3) end, "dtype")
    local rows = draw(3, 4)
    local e = ritz.embedding(rows, index)
    t.near(numeric.distance(e, ritz.matmul(ritz.reshape(hot, { 4, 3 }):to("f64"), rows)), 0, 1e-15,
        "embedding")
    t.is(#e.shape, 3, "has the axes of the index and one more")
    numeric.check_gradient("embedding", function(w) return ritz.embedding(w, index) end, rows)
    t.throws("positions must be 1 to 3, got 4", function() ritz.embedding(rows, i64 { 4 }) end,
        "outside")
    t.throws("embedding: wants a table [n, size], got f64[2]",
        function() ritz.embedding(draw(2), index) end, "rank")
end)

t.run("vmap is the loop", function()
    local w, table_of = draw(3, 3, 2, 4), draw(5, 3)
    local cases = {
        { "gelu", ritz.gelu, draw(3, 4) },
        { "elu", ritz.elu, draw(3, 4) },
        { "var", function(v) return ritz.var(v, 1) end, draw(3, 4, 2) },
        { "min", function(v) return ritz.min(v, 2) end, distinct(3, 4, 2) },
        { "norm", ritz.norm, draw(3, 4) },
        { "dot", ritz.dot, draw(3, 4), draw(3, 4) },
        { "softmax", ritz.softmax, draw(3, 4) },
        { "log_softmax", function(v) return ritz.log_softmax(v, 1) end, draw(3, 4, 2) },
        { "logsumexp", ritz.logsumexp, draw(3, 4) },
        { "linear", ritz.linear, draw(3, 2, 4), draw(3, 4, 5), draw(3, 5) },
        { "conv2d", function(v) return ritz.conv2d(v, w, { padding = "same" }) end,
            draw(3, 2, 5, 4, 2) },
        { "conv2d with a kernel each", ritz.conv2d, draw(3, 1, 5, 4, 2), draw(3, 3, 3, 2, 4) },
        { "max_pool2d", ritz.max_pool2d, distinct(3, 2, 4, 4, 2) },
        { "layer_norm", ritz.layer_norm, draw(3, 2, 4) },
        { "embedding", function(index) return ritz.embedding(table_of, index) end,
            i64 { { 1, 2 }, { 5, 5 }, { 3, 1 } } },
        { "one_hot", function(index) return ritz.one_hot(index, 4, "f64") end,
            i64 { { 1, 2 }, { 4, 4 }, { 3, 1 } } },
        { "cross_entropy", nn.cross_entropy, draw(3, 2, 4), i64 { { 1, 2 }, { 4, 4 }, { 3, 1 } } },
        { "mse", nn.mse, draw(3, 4), draw(3, 4) },
    }
    for _, case in ipairs(cases) do
        local name, f = case[1], case[2]
        local args = table.move(case, 3, #case, 1, {})
        local whole = ritz.vmap(f)(table.unpack(args))
        local most = 0
        for i = 1, 3 do
            local one = {}
            for k, x in ipairs(args) do one[k] = x[i] end
            most = math.max(most, numeric.distance(whole[i], f(table.unpack(one))))
        end
        t.near(most, 0, 1e-13, name)
    end
end)

t.run("losses", function()
    local x, labels = draw(4, 3), i64 { 1, 3, 2, 3 }
    local rows, sum, even = ritz.log_softmax(x):totable(), 0, 0
    for i, label in ipairs(labels:totable()) do
        sum = sum - rows[i][label] / 4
        for k = 1, 3 do even = even - rows[i][k] / 12 end
    end
    t.near(nn.cross_entropy(x, labels):item(), sum, 1e-14, "cross-entropy")
    t.near(nn.cross_entropy(x, labels, { smoothing = 0.2 }):item(), 0.8 * sum + 0.2 * even, 1e-14,
        "smoothed")
    t.near(nn.cross_entropy(ritz.zeros { 5, 10 }, i64 { 1, 2, 3, 4, 5 }):item(), math.log(10),
        1e-6, "ten alike")
    t.near(nn.cross_entropy(f64 { { 1e4, 0 } }, i64 { 2 }):item(), 1e4, 1e-9,
        "a sure mistake is finite")
    t.near(nn.cross_entropy(x[2], labels[2]):item(), -rows[2][3], 1e-14, "one row without a batch")
    local g = ritz.grad(function(v) return nn.cross_entropy(v, labels) end)(x)
    local want = (ritz.softmax(x) - ritz.one_hot(labels, 3, "f64")) / 4
    t.near(numeric.distance(g, want), 0, 1e-15, "its gradient: softmax minus one-hot")
    numeric.check_gradient("smoothed cross-entropy", function(v)
        return nn.cross_entropy(v, labels, { smoothing = 0.1 })
    end, x)
    t.near(nn.mse(f64 { 1, 2 }, f64 { 4, 6 }):item(), 12.5, 0, "mean squared error")
    numeric.check_gradient("mse", nn.mse, draw(2, 3), draw(2, 3))
    t.near(nn.accuracy(f64 { { 1, 2 }, { 3, 0 }, { 0, 1 } }, i64 { 2, 1, 1 }):item(), 2 / 3, 1e-15,
        "accuracy")
    local each = ritz.vmap(function(row, label) return nn.cross_entropy(row, label) end)(x, labels)
    t.near(ritz.mean(each):item(), sum, 1e-14, "under vmap, row by row")
end)

t.run("what losses refuse", function()
    local x = ritz.zeros { 4, 3 }
    t.throws("cross_entropy: wants one label for each row of logits f32[4,3], got i64[3]",
        function()
        nn.cross_entropy(x, i64 { 1, 2, 3 })
    end, "as many labels as rows")
    t.throws("cross_entropy: wants i64, counted from 1, got f32[4]", function()
        nn.cross_entropy(x, ritz.ones { 4 })
    end, "labels of another dtype")
    t.throws("positions must be 1 to 3, got 0",
        function() nn.cross_entropy(x, i64 { 1, 2, 0, 1 }) end, "label 0")
    t.throws("accuracy: wants at least one element, got f32[0,3]", function()
        nn.accuracy(ritz.zeros { 0, 3 }, ritz.zeros({ 0 }, "i64"))
    end, "no rows")
    t.throws("mse: wants prediction and target of one shape, got f32[3,1] and f32[3]",
        function() nn.mse(ritz.zeros { 3, 1 }, ritz.zeros { 3 }) end, "a column against a row")
    t.is(nn.mse(ritz.ones { 3, 1 }, 3):item(), 4, "a number is a target for all")
    t.throws("mse: wants at least one element",
        function() nn.mse(ritz.zeros { 0 }, ritz.zeros { 0 }) end, "nothing")
    t.throws("cross_entropy: smoothing must be 0 to 1, got 2", function()
        nn.cross_entropy(x, i64 { 1, 1, 1, 1 }, { smoothing = 2 })
    end, "smoothing")
end)

t.done()
