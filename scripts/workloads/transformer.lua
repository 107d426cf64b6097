-- transformer.lua - the workload transformer: a step of AdamW for two pre-norm
-- blocks that predict the next of 64 tokens.

local draw = require "draw"
local ritz = require "ritz"
local trainer = require "trainer"

local WIDTH, HEADS, CONTEXT, BATCH, WORDS = 64, 4, 32, 32, 64

local function norm()
    return { scale = ritz.ones { WIDTH }, shift = ritz.zeros { WIDTH } }
end

local function block(from)
    return { norm_1 = norm(), norm_2 = norm(), qkv = from.linear(WIDTH, 3 * WIDTH),
        out = from.linear(WIDTH, WIDTH), up = from.linear(WIDTH, 4 * WIDTH),
        down = from.linear(4 * WIDTH, WIDTH) }
end

local function parameters(from)
    return { embedding = from.values { WORDS, WIDTH },
        position = from.values({ CONTEXT, WIDTH }, 0.02),
        blocks = { block(from), block(from) }, norm = norm(),
        unembedding = from.linear(WIDTH, WORDS) }
end

local function linear(p, x) return ritz.linear(x, p.w, p.b) end

local function layer_norm(p, x) return ritz.layer_norm(x, p.scale, p.shift) end

--- Query, key or value: [batch, heads, context, width of a head].
local function heads_of(qkv, i)
    local x = qkv:slice(3, (i - 1) * WIDTH + 1, i * WIDTH)
    return x:reshape({ BATCH, CONTEXT, HEADS, -1 }):permute { 1, 3, 2, 4 }
end

local function attention(p, x)
    local qkv = linear(p.qkv, x)
    local q, k, v = heads_of(qkv, 1), heads_of(qkv, 2), heads_of(qkv, 3)
    local scores = q:matmul(k:permute { 1, 2, 4, 3 }) / math.sqrt(WIDTH / HEADS)
    local at = ritz.arange(CONTEXT)
    local seen = ritz.less_equal(at, at:reshape { -1, 1 })
    local weights = ritz.softmax(ritz.where(seen, scores, -1e30))
    return linear(p.out, weights:matmul(v):permute({ 1, 3, 2, 4 }):reshape(x.shape))
end

local function logits(p, tokens)
    local x = ritz.embedding(p.embedding, tokens) + p.position
    for _, b in ipairs(p.blocks) do
        x = x + attention(b, layer_norm(b.norm_1, x))
        local hidden = ritz.gelu(linear(b.up, layer_norm(b.norm_2, x)), "tanh")
        x = x + linear(b.down, hidden)
    end
    return linear(p.unembedding, layer_norm(p.norm, x))
end

local function transformer()
    local from = draw.source()
    local params = parameters(from)
    local tokens = from.labels({ BATCH, CONTEXT + 1 }, WORDS)
    local batch = { x = tokens:slice(2, 1, CONTEXT), y = tokens:slice(2, 2, CONTEXT + 1) }
    return trainer(params, function(p, b)
        local z = logits(p, b.x):reshape { -1, WORDS }
        return ritz.nn.cross_entropy(z, b.y:reshape { -1 })
    end, batch, ritz.optim.adamw { lr = 1e-3, weight_decay = 0.01 })
end

return { transformer = transformer }
