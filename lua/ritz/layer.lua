-- layer.lua - what a layer of ritz.nn is, and its initialisers.
--
-- A layer is a table with init{seed =}, which gives parameters and state, and
-- is called as y, state = layer(params, x, ctx). Nothing is hidden in it: what
-- it learns, remembers and draws comes in and goes out. Functions of one tensor
-- are layers too. The arithmetic is in the records of src/nn.
--
-- Keys of random draws are derived from the path of a parameter
-- ("linear_2.w"), so that a layer that is added leaves the others as they were.

local internal = require "ritz.internal"
local options = require "ritz.options"
local ritz = require "ritz"

local nn = ritz.nn
local layer = {}

local Layer = { __name = "ritz.layer" }

function layer.is(value) return getmetatable(value) == Layer end

--- A key of its own for each path: FNV-1a, 32 bits.
function layer.key_of(key, path)
    local hash = 0x811c9dc5
    for i = 1, #path do
        hash = ((hash ~ path:byte(i)) * 0x01000193) & 0xffffffff
    end
    return ritz.fold_in(key, hash)
end

function layer.join(path, name)
    return path == "" and name or path .. "." .. name
end

-- Initialisers.

local function normal(variance)
    return function(shape, key, dtype, n_in, n_out)
        return ritz.normal(shape, { std = math.sqrt(variance(n_in, n_out)), key = key,
            dtype = dtype })
    end
end

local function uniform(variance)
    return function(shape, key, dtype, n_in, n_out)
        local bound = math.sqrt(3 * variance(n_in, n_out))
        return ritz.uniform(shape, { low = -bound, high = bound, key = key, dtype = dtype })
    end
end

local function he(n_in) return 2 / n_in end
local function glorot(n_in, n_out) return 2 / (n_in + n_out) end
local function lecun(n_in) return 1 / n_in end

--- Orthonormal columns, or rows where there are more of these; all axes but the
-- last count as one. The signs of R's diagonal make Q uniform (Mezzadri 2007).
local function orthogonal(shape, key, dtype)
    local columns, rows = shape[#shape], 1
    for i = 1, #shape - 1 do rows = rows * shape[i] end
    local tall = rows >= columns
    local q, r = ritz.qr(ritz.normal(tall and { rows, columns } or { columns, rows },
        { key = key, dtype = dtype }))
    q = q * ritz.where(ritz.less(ritz.diagonal(r), 0), -1, 1)
    return ritz.reshape(tall and q or ritz.permute(q, { 2, 1 }), shape)
end

nn.initialisers = {
    orthogonal = orthogonal,
    he_normal = normal(he),
    he_uniform = uniform(he),
    glorot_normal = normal(glorot),
    glorot_uniform = uniform(glorot),
    lecun_normal = normal(lecun),
    lecun_uniform = uniform(lecun),
    normal = normal(function() return 1 end),
    zeros = function(shape, _, dtype) return ritz.zeros(shape, dtype) end,
    ones = function(shape, _, dtype) return ritz.ones(shape, dtype) end,
}

--- The initialiser of a name, or the function itself.
local function initialiser(who, init)
    if type(init) == "function" then return init end
    local found = nn.initialisers[init]
    if found then return found end
    local known = {}
    for name in next, nn.initialisers do known[#known + 1] = name end
    table.sort(known)
    if type(init) ~= "string" then
        error(("%s: init must be a name or a function, got %s"):format(who,
            options.describe(init)), 0)
    end
    local near = internal.nearest(init, known)
    error(("%s: unknown initialiser %q; %s"):format(who, init, near
        and "did you mean " .. near .. "?" or "there are " .. table.concat(known, ", ")), 0)
end

-- Layers.

local init_params = {
    { name = "seed", kind = "integer", doc = "of the draws; not given: the run's seed" },
    { name = "dtype", kind = "dtype", default = "f32", doc = "of the parameters" },
}

--- Makes a layer. `parts` has kind, name (of the user), text (what it prints as),
-- begin(key, dtype, path), which gives parameters and state, and
-- run(params, x, ctx, path), which gives a value and the next state.
function layer.new(parts)
    parts.init = function(given)
        local o = options.check("init", init_params, given)
        local key = ritz.key(math.tointeger(o.seed or ritz.run.seed))
        local params, state = parts.begin(key, o.dtype, "")
        if state == nil then return params end -- the prompt would show the nil
        return params, state
    end
    return setmetatable(parts, Layer)
end

-- The fourth argument is the path, given by the layer around this one.
function Layer:__call(params, x, ctx, path)
    path = path or ""
    internal.layer(path ~= "" and path or self.kind)
    return self.run(params, x, ctx, path)
end

function Layer:__tostring() return self.text end

function layer.no_parameters() return {} end

--- A layer without parameters and state.
function layer.plain(kind, text, f)
    return layer.new { kind = kind, text = text, begin = layer.no_parameters,
        run = function(_, x) return f(x) end }
end

function layer.need_params(who, params, field)
    local found = type(params) == "table" and params[field]
    if not ritz.is_tensor(found) then
        error(("%s: parameters with %s wanted, as init gives them, got %s"):format(who, field,
            options.describe(params)), 0)
    end
    return params
end

layer.weight_params = {
    { name = "bias", kind = "boolean", default = true, doc = "add a bias" },
    { name = "init", kind = "any", default = "he_normal", doc = "of the weights: a name or"
        .. " function(shape, key, dtype, n_in, n_out)" },
    { name = "name", kind = "text", doc = "of the parameters in a network" },
}

--- begin() of layers with weights w and, perhaps, a bias b.
function layer.weights(o, shape, n_in, n_out)
    local draw = initialiser("init", o.init)
    return function(key, dtype, path)
        local p = { w = draw(shape, layer.key_of(key, layer.join(path, "w")), dtype, n_in, n_out) }
        if o.bias then p.b = ritz.zeros({ shape[#shape] }, dtype) end
        return p
    end
end

--- What the records of all layers say.
layer.shared = " A layer has init{seed, dtype}, which gives parameters and state, and is"
    .. " called as y, state = layer(params, x, ctx), with ctx = {train, key, state} or nil."

return layer
