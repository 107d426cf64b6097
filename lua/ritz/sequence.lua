-- sequence.lua - layers of ritz.nn over sequences [..., steps, width]: attention
-- and recurrent layers, and the blocks that they are used in.
--
-- A recurrent layer makes the product with its inputs for all steps at once and
-- only that with its state in every step of a ritz.scan.

local base = require "ritz.layer"
local options = require "ritz.options"
local ritz = require "ritz"

local nn = ritz.nn
local join, new_layer, shared = base.join, base.new, base.shared

-- Blocks.

function nn.residual(list)
    local inner = nn.sequential(list)
    return new_layer { kind = "residual", name = type(list) == "table" and list.name or nil,
        text = "x + (" .. inner.text .. ")", begin = inner.begin, draws = inner.draws,
        run = function(params, x, ctx, path)
            local y, state = inner.run(params, x, ctx, path)
            if state == nil then return x + y end
            return x + y, state
        end }
end

local position_params = {
    { name = "name", kind = "text", doc = "of the parameters in a network" },
}

function nn.position(n, size, given)
    local o = options.check("position", position_params, given)
    n, size = options.whole("position", "n", n), options.whole("position", "size", size)
    local init = function(shape, key, dtype)
        return ritz.normal(shape, { std = 0.02, key = key, dtype = dtype })
    end
    return new_layer { kind = "position", name = o.name, text = ("position %d-%d"):format(n, size),
        begin = base.weights({ init = init }, { n, size }, n, size),
        run = function(p, x)
            base.need_params("position", p, "w")
            local steps = x.shape[#x.shape - 1]
            if steps > n then
                error(("position: at most %d steps wanted, got %d"):format(n, steps), 0)
            end
            return x + ritz.slice(p.w, 1, 1, steps)
        end }
end

-- Attention.

local attention_params = {
    { name = "heads", kind = "integer", default = 1, low = 1, high = 65536,
        doc = "how many; they divide the size" },
    { name = "causal", kind = "boolean", default = false, doc = "hide later steps" },
    { name = "bias", kind = "boolean", default = true, doc = "add biases" },
    { name = "init", kind = "any", default = "glorot_uniform", doc = "of the weights: a name or"
        .. " function(shape, key, dtype, n_in, n_out)" },
    { name = "name", kind = "text", doc = "of the parameters in a network" },
}

--- Part i of the three that lie side by side along the last axis.
local function third(x, i, size)
    return ritz.slice(x, #x.shape, (i - 1) * size + 1, i * size)
end

local function heads_of(who, heads, size)
    heads = math.tointeger(heads)
    if size % heads ~= 0 then
        error(("%s: heads must divide the size %d, got %d"):format(who, size, heads), 0)
    end
    return heads
end

function nn.attention(size, given)
    local o = options.check("attention", attention_params, given)
    size = options.whole("attention", "size", size)
    local how = { heads = heads_of("attention", o.heads, size), causal = o.causal }
    local qkv = base.weights(o, { size, 3 * size }, size, size)
    local out = base.weights(o, { size, size }, size, size)
    return new_layer { kind = "attention", name = o.name,
        text = ("attention %d, %d heads"):format(size, how.heads),
        begin = function(key, dtype, path)
            return { qkv = qkv(key, dtype, join(path, "qkv")),
                out = out(key, dtype, join(path, "out")) }
        end,
        run = function(p, x)
            base.need_params("attention", p and p.qkv, "w")
            local z = ritz.linear(x, p.qkv.w, p.qkv.b)
            local y = ritz.attention(third(z, 1, size), third(z, 2, size), third(z, 3, size), how)
            return ritz.linear(y, p.out.w, p.out.b)
        end }
end

local transformer_params = {
    attention_params[1], attention_params[2],
    { name = "hidden", kind = "integer", low = 1, high = 2 ^ 31,
        doc = "width between the dense layers; not given: 4 times the size" },
    { name = "dropout", kind = "number", default = 0.0, low = 0, high = 1,
        doc = "the part of elements dropped at the end of each half" },
    { name = "norm", kind = "text", default = "layer_norm", choices = "layer_norm|rms_norm",
        doc = "before each half" },
    { name = "name", kind = "text", doc = "of the parameters in a network" },
}

function nn.transformer(size, given)
    local o = options.check("transformer", transformer_params, given)
    size = options.whole("transformer", "size", size)
    local hidden = math.tointeger(o.hidden or 4 * size)
    local glorot = { init = "glorot_uniform" }
    local first = { name = "attention", nn[o.norm](size),
        nn.attention(size, { heads = heads_of("transformer", o.heads, size), causal = o.causal }) }
    local second = { name = "dense", nn[o.norm](size), nn.linear(size, hidden, glorot),
        nn.gelu(), nn.linear(hidden, size, glorot) }
    if o.dropout > 0 then
        first[#first + 1], second[#second + 1] = nn.dropout(o.dropout), nn.dropout(o.dropout)
    end
    local block = nn.sequential { name = o.name, nn.residual(first), nn.residual(second) }
    block.kind, block.text = "transformer", ("transformer %d, %d heads"):format(size, o.heads)
    return block
end

-- Recurrent layers.

local function recurrent_params(more)
    local params = {
        { name = "last", kind = "boolean", default = false,
            doc = "give the state after the last step only" },
        { name = "reverse", kind = "boolean", default = false, doc = "from the last step on" },
        { name = "init", kind = "any", default = "glorot_uniform", doc = "of the weights of"
            .. " inputs; those of the state are orthogonal" },
        { name = "name", kind = "text", doc = "of the parameters in a network" },
    }
    return table.move(more, 1, #more, 5, params)
end

--- `parts` orthogonal matrices [n, n] side by side.
local function orthogonal(n, parts, key, dtype, path)
    local list = {}
    for i = 1, parts do
        local its_key = base.key_of(key, join(path, "u" .. i))
        list[i] = nn.initialisers.orthogonal({ n, n }, its_key, dtype)
    end
    return ritz.concatenate(list, 2)
end

--- The axis of steps in front: [..., steps, n] as [steps, ..., n], and back.
local function steps_first(x)
    local order = { #x.shape - 1 }
    for i = 1, #x.shape - 2 do order[#order + 1] = i end
    order[#order + 1] = #x.shape
    return ritz.permute(x, order)
end

local function steps_back(y)
    local order = {}
    for i = 2, #y.shape - 1 do order[#order + 1] = i end
    order[#order + 1] = 1
    order[#order + 1] = #y.shape
    return ritz.permute(y, order)
end

--- A layer of cells: `parts` gates; first(h) gives the first carry of a state of
-- zeros, and step(p, carry, z) the next carry and h, where z is the inputs' part.
local function recurrent(kind, parts, o, n_in, n, cell)
    n_in, n = options.whole(kind, "n_in", n_in), options.whole(kind, "n", n)
    local inputs = base.weights({ init = o.init, bias = true }, { n_in, parts * n }, n_in, n)
    return new_layer { kind = kind, name = o.name, text = ("%s %d-%d"):format(kind, n_in, n),
        begin = function(key, dtype, path)
            local p = inputs(key, dtype, path)
            p.u = orthogonal(n, parts, key, dtype, path)
            if cell.begin then cell.begin(p, n, dtype) end
            return p
        end,
        run = function(p, x)
            base.need_params(kind, p, "u")
            local z = ritz.linear(steps_first(x), p.w) -- the bias joins the cell's chain
            local shape = table.move(z.shape, 2, #z.shape, 1, {})
            shape[#shape] = n
            local carry, y = ritz.scan(function(at, z_t) return cell.step(p, at, z_t) end,
                cell.first(ritz.zeros(shape, p.w.dtype)), { xs = z, reverse = o.reverse })
            if o.last then return type(carry) == "table" and carry.h or carry end
            return steps_back(y)
        end }
end

local lstm_params = recurrent_params {
    { name = "forget", kind = "number", default = 1.0, low = -100, high = 100,
        doc = "first bias of the forget gate" },
}

function nn.lstm(n_in, n, given)
    local o = options.check("lstm", lstm_params, given)
    return recurrent("lstm", 4, o, n_in, n, {
        begin = function(p, size, dtype)
            local zeros = ritz.zeros({ size }, dtype)
            p.b = ritz.concatenate { zeros, zeros + o.forget, zeros, zeros }
        end,
        first = function(h) return { h = h, c = h } end,
        step = function(p, at, z)
            local h, c = ritz.lstm_cell(z + p.b + ritz.linear(at.h, p.u), at.c)
            return { h = h, c = c }, h
        end,
    })
end

local gru_params = recurrent_params {}

function nn.gru(n_in, n, given)
    local o = options.check("gru", gru_params, given)
    return recurrent("gru", 3, o, n_in, n, {
        begin = function(p, size, dtype) p.c = ritz.zeros({ 3 * size }, dtype) end,
        first = function(h) return h end,
        step = function(p, at, z)
            local h = ritz.gru_cell(z + p.b, ritz.linear(at, p.u, p.c), at)
            return h, h
        end,
    })
end

-- Records.

ritz.document(nn.residual, {
    signature = "nn.residual{layer, ...}",
    summary = "x plus what layers, one after the other, make of it.",
    details = "Names and parameters are those of nn.sequential." .. shared,
    source = "He et al. 2016, equation 1",
    example = "local r = ritz.nn.residual { ritz.nn.linear(3, 3, { init = \"zeros\" }) }\n"
        .. "r(r.init {}, ritz.ones { 2, 3 })  --> {{1, 1, 1}, {1, 1, 1}}",
    see = { "nn.sequential" },
})
ritz.document(nn.position, {
    signature = "nn.position(n, size, {name})",
    summary = "Adds a learned vector for each of up to n steps.",
    details = "x is [..., steps, size]." .. shared,
    params = position_params,
    source = "Vaswani et al. 2017, section 3.5",
    example = "local l = ritz.nn.position(8, 3)\n"
        .. "l(l.init { seed = 1 }, ritz.ones { 2, 5, 3 }).shape  --> {2, 5, 3}",
})
ritz.document(nn.attention, {
    signature = "nn.attention(size, {heads, causal, bias, init, name})",
    summary = "Every step looks at all of them: attention with queries, keys and values of x.",
    details = "x is [..., steps, size], as is the result." .. shared,
    params = attention_params,
    source = "Vaswani et al. 2017, section 3.2.2",
    example = "local a = ritz.nn.attention(8, { heads = 2 })\n"
        .. "a(a.init { seed = 1 }, ritz.ones { 3, 5, 8 }).shape  --> {3, 5, 8}",
    see = { "ritz.attention", "nn.transformer" },
})
ritz.document(nn.transformer, {
    signature = "nn.transformer(size, {heads, causal, hidden, dropout, norm, name})",
    summary = "A block: attention, then two dense layers with gelu, each added to its input.",
    details = "Each half is normalised at its beginning. x is [..., steps, size], as is the"
        .. " result." .. shared,
    params = transformer_params,
    source = "Vaswani et al. 2017; Xiong et al. 2020 (normalised first)",
    example = "local b = ritz.nn.transformer(8, { heads = 2 })\n"
        .. "b(b.init { seed = 1 }, ritz.ones { 3, 5, 8 }).shape  --> {3, 5, 8}",
    see = { "nn.attention", "nn.position" },
})

local recurrent_details = "x is [..., steps, n_in], the result [..., steps, n], or with `last`"
    .. " [..., n]. The first state is 0." .. shared

ritz.document(nn.lstm, {
    signature = "nn.lstm(n_in, n, {last, reverse, init, forget, name})",
    summary = "A recurrent layer of long short-term memory.",
    details = recurrent_details,
    params = lstm_params,
    source = "Hochreiter and Schmidhuber 1997; Gers et al. 2000",
    example = "local l = ritz.nn.lstm(3, 4)\n"
        .. "l(l.init { seed = 1 }, ritz.ones { 2, 5, 3 }).shape  --> {2, 5, 4}",
    see = { "ritz.lstm_cell", "ritz.scan" },
})
ritz.document(nn.gru, {
    signature = "nn.gru(n_in, n, {last, reverse, init, name})",
    summary = "A recurrent layer of gated units.",
    details = recurrent_details,
    params = gru_params,
    source = "Cho et al. 2014",
    example = "local l = ritz.nn.gru(3, 4, { last = true })\n"
        .. "l(l.init { seed = 1 }, ritz.ones { 2, 5, 3 }).shape  --> {2, 4}",
    see = { "ritz.gru_cell", "ritz.scan" },
})
