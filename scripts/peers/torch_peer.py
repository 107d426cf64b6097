#!/usr/bin/env python3
"""The workloads of scripts/workloads in PyTorch, eager or with torch.compile, as a
careful user writes them: library layers, fused optimisers, channels last."""
import math

import common

given = common.arguments(["eager", "compile"])

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import grad, grad_and_value, vmap

F64 = given.workload == "leapfrog"
torch.set_num_threads(given.threads)
torch.set_default_dtype(torch.float64 if F64 else torch.float32)
source = common.Source("float64" if F64 else "float32")


def compiled(f):
    return torch.compile(f) if given.mode == "compile" else f


def values(*shape, std=1.0):
    return torch.from_numpy(source.values(*shape, std=std))


def labels(shape, n):
    return torch.from_numpy(source.labels(shape, n))


def fill(layer, weight):
    """Gives a layer its weights, in the order that PyTorch keeps them, and no bias."""
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.zero_()
    return layer


def linear(n_in, n_out):
    return fill(nn.Linear(n_in, n_out), values(n_in, n_out, std=1 / math.sqrt(n_in)).T)


def network(sizes, activation):
    layers = []
    for m, n in zip(sizes, sizes[1:]):
        layers += [linear(m, n), activation()]
    return nn.Sequential(*layers[:-1])


def training(parameters, loss, optimiser=torch.optim.Adam):
    """A step of Adam; the number is the loss before it."""
    loss, optimiser = compiled(loss), optimiser(parameters, lr=1e-3, fused=True)

    def step():
        optimiser.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        optimiser.step()
        return value

    return step, lambda value: float(value.detach())


def mlp_large():
    model = network([784, 128, 10], nn.ReLU)
    x, y = values(128, 784), labels((128,), 10)
    return training(model.parameters(), lambda: F.cross_entropy(model(x), y))


def mlp_small():
    model = network([2, 64, 64, 2], nn.Tanh)
    x = values(128, 2)
    return training(model.parameters(), lambda: F.mse_loss(model(x), x))


def conv():
    def kernel(m, n, std):
        layer = nn.Conv2d(m, n, 3, padding=1)
        return fill(layer, values(3, 3, m, n, std=std).permute(3, 2, 0, 1))

    first, second = kernel(1, 16, 1 / 3), kernel(16, 32, 1 / 12)
    # Flatten gives channels before places here, in the draws after them.
    weight = values(1568, 10, std=1 / math.sqrt(1568)).reshape(49, 32, 10)
    last = fill(nn.Linear(1568, 10), weight.permute(2, 1, 0).reshape(10, 1568))
    model = nn.Sequential(
        first, nn.ReLU(), nn.MaxPool2d(2), second, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), last)
    x, y = values(64, 28, 28, 1).permute(0, 3, 1, 2), labels((64,), 10)
    # A third faster on a CPU than channels first.
    model = model.to(memory_format=torch.channels_last)
    x = x.contiguous(memory_format=torch.channels_last)
    return training(model.parameters(), lambda: F.cross_entropy(model(x), y))


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = linear(width, 3 * width), linear(width, width)
        self.up, self.down = linear(width, 4 * width), linear(4 * width, width)

    def forward(self, x):
        rows, context, width = x.shape
        parts = self.qkv(self.norm_1(x)).view(rows, context, 3, 4, width // 4)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(x.shape))
        return x + self.down(F.gelu(self.up(self.norm_2(x)), approximate="tanh"))


class Transformer(nn.Module):
    def __init__(self, width, context, words):
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(values(words, width), freeze=False)
        self.position = nn.Parameter(values(context, width, std=0.02))
        self.blocks = nn.ModuleList([Block(width), Block(width)])
        self.norm, self.unembedding = nn.LayerNorm(width), linear(width, words)

    def forward(self, tokens):
        x = self.embedding(tokens) + self.position
        for block in self.blocks:
            x = block(x)
        return self.unembedding(self.norm(x)).flatten(0, 1)


def transformer():
    model = Transformer(64, 32, 64)
    tokens = labels((32, 33), 64)
    x, y = tokens[:, :-1].contiguous(), tokens[:, 1:].flatten()
    return training(model.parameters(), lambda: F.cross_entropy(model(x), y), torch.optim.AdamW)


def lstm():
    model = nn.LSTM(16, 64)
    weight = values(16 + 64, 256, std=1 / 9).T
    with torch.no_grad():
        model.weight_ih_l0.copy_(weight[:, :16])
        model.weight_hh_l0.copy_(weight[:, 16:])
        model.bias_ih_l0.zero_()
        model.bias_hh_l0.zero_()
    # It adds two biases; the workload has one.
    model.bias_hh_l0.requires_grad_(False)
    out = linear(64, 1)
    x, y = values(100, 32, 16), values(32, 1)
    learned = [p for p in [*model.parameters(), *out.parameters()] if p.requires_grad]
    return training(learned, lambda: F.mse_loss(out(model(x)[0][-1]), y))


def curvature():
    """The Hessian's product: the gradient's graph is kept, each product is one more
    backward pass, as PyHessian does it. And a vector."""
    model = network([784, 128, 10], nn.Tanh)
    x, y = values(4096, 784), labels((4096,), 10)
    parameters = list(model.parameters())
    slopes = torch.autograd.grad(F.cross_entropy(model(x), y), parameters, create_graph=True)
    slope = ravel(slopes)

    def apply(v):
        return ravel(torch.autograd.grad(slope, parameters, v, retain_graph=True))

    return apply, values(slope.numel())


def ravel(parts):
    """One vector, in the order of the draws: weights as [in, out]."""
    return torch.cat([p.t().reshape(-1) for p in parts])


def hvp():
    apply, v = curvature()
    return lambda: apply(v), lambda r: float(r.norm())


def slq():
    apply, start = curvature()
    steps = 64

    def run():
        basis = torch.empty(steps, len(start))
        v, alphas, betas = start / start.norm(), [], []
        for j in range(steps):
            basis[j] = v
            w = apply(v)
            alphas.append(w @ v)
            for _ in range(2):
                w = w - basis[: j + 1].T @ (basis[: j + 1] @ w)
            betas.append(w.norm())
            v = w / betas[-1]
        return torch.stack(alphas + betas)

    return run, lambda r: float(r.sum())


def dense(name, sizes):
    parts = {}
    for i, (m, n) in enumerate(zip(sizes, sizes[1:])):
        parts[f"{name}w{i}"] = values(m, n, std=1 / math.sqrt(m))
        parts[f"{name}b{i}"] = torch.zeros(n)
    return parts


def energy_of(p, name, x, activation):
    for i in range(3):
        x = x @ p[f"{name}w{i}"] + p[f"{name}b{i}"]
        x = activation(x) if i < 2 else x
    return x.sum()


def meta(energy, params, size, inner):
    half = size // 2
    data = [values(10, 50, size) for _ in range(4)]
    slope = vmap(grad(energy, argnums=1), (None, 0))

    def loss(p, z, d):
        g = slope(p, z)
        return F.mse_loss(torch.cat([g[:, half:], -g[:, :half]], 1), d)

    def task(p, support, support_slope, query, query_slope):
        for _ in range(inner):
            g = grad(loss)(p, support, support_slope)
            p = {k: p[k] - 0.01 * g[k] for k in p}
        return loss(p, query, query_slope)

    every = vmap(task, (None, 0, 0, 0, 0))
    gradient = compiled(grad_and_value(lambda p: every(p, *data).mean()))
    optimiser = torch.optim.Adam(params.values(), lr=1e-3, fused=True)

    def step():
        slopes, value = gradient(params)
        for k, p in params.items():
            p.grad = slopes[k].detach()
        optimiser.step()
        return value

    return step, lambda value: float(value.detach())


def maml_hnn():
    params = dense("h", [4, 64, 64, 1])
    return meta(lambda p, z: energy_of(p, "h", z, torch.tanh), params, 4, 5)


def maml_hgnn():
    params = {**dense("e", [4, 64, 64, 1]), **dense("m", [8, 64, 64, 1])}
    first, second = torch.tensor([0, 0, 1, 1, 2, 2]), torch.tensor([1, 2, 0, 2, 0, 1])

    def energy(p, z):
        x = torch.cat([z[:6].view(3, 2), z[6:].view(3, 2)], 1)
        pairs = torch.cat([x[first], x[second]], 1)
        return energy_of(p, "e", x, F.softplus) + energy_of(p, "m", pairs, F.softplus)

    return meta(energy, params, 12, 1)


def sampling(guide):
    points, levels = 4096, common.karras().tolist()
    net = network([4, 128, 128, 128, 2], nn.SiLU)
    noise = values(points, 2)

    def denoise(x, sigma, kind):
        variance = sigma * sigma + 0.25
        root = math.sqrt(variance)
        h = torch.cat([x / root, torch.full((points, 1), math.log(sigma) / 4), torch.full((points, 1), kind)], 1)
        return x * (0.25 / variance) + sigma * 0.5 / root * net(h)

    denoise = compiled(denoise)

    def guided(x, sigma, m):
        return guide(denoise(x, sigma, 1.0), denoise(x, sigma, 0.0), m)

    @torch.no_grad()
    def run():
        x, m = noise * levels[0], torch.zeros(points, 2)
        for now, after in zip(levels[:-2], levels[1:-1]):
            g, m = guided(x, now, m)
            d = (x - g) / now
            y = x + (after - now) * d
            g, _ = guided(y, after, m)
            x = x + (after - now) * 0.5 * (d + (y - g) / after)
        return guided(x, levels[-2], m)[0]

    return run, lambda x: float(x.abs().mean())


def sample_cfg():
    return sampling(lambda c, u, m: (u + 4.0 * (c - u), m))


def sample_apg():
    def guide(c, u, m):
        m = c - u - 0.5 * m
        q = m * (2.5 / m.norm(dim=1, keepdim=True)).clamp(max=1)
        along = (q * c).sum(1, keepdim=True) / (c * c).sum(1, keepdim=True) * c
        return c + 3.0 * (q - along), m

    return sampling(guide)


def leapfrog():
    q0, p0 = values(1000, 3, 2, std=2), values(1000, 3, 2, std=0.1)

    def force(q):
        d = q[:, :, None] - q[:, None]
        square = (d * d).sum(-1) + torch.eye(3)
        return (-d / (square * square.sqrt())[..., None]).sum(2)

    def one(q, p):
        p = p + 0.005 * force(q)
        q = q + 0.01 * p
        return q, p + 0.005 * force(q)

    one = compiled(one)

    def run():
        q, p = q0, p0
        for _ in range(1000):
            q, p = one(q, p)
        return q

    return run, lambda q: float(q.abs().clamp(max=10).mean())


name = f"torch {torch.__version__.split('+')[0]} {given.mode}"
common.serve(name, globals()[given.workload], lambda result: result)
