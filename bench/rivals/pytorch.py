"""PyTorch as a contender of the benchmark: one line of JSON in, one out (see contenders/remote.ts)."""

import json
import math
import sys
import time


def say(**answer):
    print(json.dumps(answer), flush=True)


try:
    import torch
except ImportError as error:
    say(reason=f"not installed ({error})")
    sys.exit()

import torch.nn.functional as F
from torch import nn

CUDA = sys.argv[1:] == ["cuda"]
if CUDA:
    if not torch.cuda.is_available():
        say(reason="PyTorch finds no CUDA here")
        sys.exit()
    torch.set_default_device("cuda")
    torch.backends.cudnn.allow_tf32 = False  # products are in full float32 by default, convolutions are not

torch.set_num_threads(1)
torch.set_flush_denormal(True)
torch.manual_seed(0)

MU = math.sqrt(0.03)  # sqrt(damping) on each side, as the paper
ROW = 128


# --- the nets ---------------------------------------------------------------------------------------------------------


class Block(nn.Module):
    """A residual block; where the image shrinks, the shortcut keeps every second pixel and adds channels of zeros."""

    def __init__(self, channels, out):
        super().__init__()
        self.stride = out // channels
        self.conv1 = nn.Conv2d(channels, out, 3, self.stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(out)
        self.extra = (out - channels) // 2

    def forward(self, x):
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        if self.stride > 1:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.extra, self.extra))
        return F.relu(y + x)


def build(net):
    """A model and the shape of one image."""
    relu, pool = nn.ReLU, lambda: nn.MaxPool2d(2)
    if net.startswith("wide "):
        width = int(net[5:])
        return nn.Sequential(nn.Linear(width, width), relu(), nn.Linear(width, 10)), (width,)
    if net == "mlp":
        layers = [nn.Linear(784, 512), relu(), nn.Linear(512, 256), relu(), nn.Linear(256, 10)]
        return nn.Sequential(*layers), (784,)
    if net == "lenet":
        layers = [nn.Conv2d(1, 16, 5, padding=2), relu(), pool(), nn.Conv2d(16, 32, 5, padding=2), relu(), pool()]
        layers += [nn.Flatten(), nn.Linear(32 * 49, 128), relu(), nn.Linear(128, 10)]
        return nn.Sequential(*layers), (1, 28, 28)
    if net == "vgg":
        layers, channels = [], 3
        for out in (32, 32, "pool", 64, 64, "pool", 128, 128):
            if out == "pool":
                layers.append(pool())
            else:
                layers += [nn.Conv2d(channels, out, 3, padding=1), relu()]
                channels = out
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)), (3, 32, 32)
    if net == "resnet20":
        layers, channels = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), relu()], 16
        for out in (16, 16, 16, 32, 32, 32, 64, 64, 64):
            layers.append(Block(channels, out))
            channels = out
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)), (3, 32, 32)
    return None, None


# --- SKFAC ------------------------------------------------------------------------------------------------------------


class Skfac:
    """
    SKFAC refreshed every step, columns averaged over positions, biases left plain; it changes p.grad.

    `dense` materialises the inverses, as the authors' release does, and cuts out patches to average them. Otherwise only
    systems of the batch's size are solved, and patches are averaged by sums over windows: the best form we know for PyTorch.
    """

    def __init__(self, model, dense):
        self.dense = dense
        self.seen = []
        for module in model.modules():
            if isinstance(module, (nn.Linear, nn.Conv2d)):
                module.register_forward_hook(self.see)

    def see(self, module, inputs, output):
        entry = [module, inputs[0].detach(), None]
        self.seen.append(entry)
        output.register_hook(lambda gradient: entry.__setitem__(2, gradient))

    def precondition(self):
        for module, x, gradient in self.seen:
            batch = x.shape[0]
            a, g = (x, gradient) if x.dim() == 2 else (self.patches(module, x), gradient.mean((2, 3)))
            X, Y = a.t() / math.sqrt(batch), g.t() * (batch / math.sqrt(batch))
            V = module.weight.grad.reshape(module.weight.shape[0], -1)
            if self.dense:
                V = self.inverse(Y) @ V @ self.inverse(X)
            else:
                V = self.apply(X, self.apply(Y, V).t()).t()
            module.weight.grad.copy_(V.reshape(module.weight.shape))
        self.seen.clear()

    def patches(self, module, x):
        """The mean over positions of the patches, [batch, in * kh * kw]."""
        (kh, kw), (sh, sw), (ph, pw) = module.kernel_size, module.stride, module.padding
        if self.dense:
            return F.unfold(x, (kh, kw), padding=(ph, pw), stride=(sh, sw)).mean(2)
        padded = F.pad(x, (pw, pw, ph, ph))
        rows = (padded.shape[2] - kh) // sh + 1
        columns = (padded.shape[3] - kw) // sw + 1
        means = [
            padded[:, :, i : i + (rows - 1) * sh + 1 : sh, j : j + (columns - 1) * sw + 1 : sw].mean((2, 3))
            for i in range(kh)
            for j in range(kw)
        ]
        return torch.stack(means, 2).flatten(1)

    @staticmethod
    def factor(X):
        """A Cholesky factor of the smaller of XX' + mu I and X'X + mu I."""
        d, batch = X.shape
        K = X.t() @ X if batch < d else X @ X.t()
        K.diagonal().add_(MU)
        return torch.linalg.cholesky(K)

    def inverse(self, X):
        L = self.factor(X)
        d, batch = X.shape
        if batch >= d:
            return torch.cholesky_inverse(L)
        return (torch.eye(d) - X @ torch.cholesky_solve(X.t(), L)) / MU

    def apply(self, X, V):
        """(XX' + mu I)^-1 V without that matrix, where the batch is the smaller."""
        L = self.factor(X)
        d, batch = X.shape
        if batch >= d:
            return torch.cholesky_solve(V, L)
        return (V - X @ torch.cholesky_solve(X.t() @ V, L)) / MU


# --- jobs -------------------------------------------------------------------------------------------------------------


def step(job):
    model, image = build(job["net"])
    forms = {"sgd": None, "skfac d×d": True, "skfac B×B": False}
    if model is None or job["method"] not in forms:
        return None
    dense = forms[job["method"]]
    curvature = None if dense is None else Skfac(model, dense)
    batch = job["batch"]
    x = torch.rand(batch, *image) * 2 - 1
    labels = (torch.arange(batch) * 7) % 10
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9)

    def once():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(x), labels).backward()
        if curvature is not None:
            with torch.no_grad():
                curvature.precondition()
        optimizer.step()

    return once


def without_gradients(f):
    def once():
        with torch.no_grad():
            f()

    return once


def convolution(job):
    x = torch.rand(job["images"], job["channels"], job["size"], job["size"])
    w = torch.rand(job["outputs"], job["channels"], job["kernel"], job["kernel"])
    pad = (job["kernel"] - 1) // 2
    if job["pass"] == "forward":
        return without_gradients(lambda: F.conv2d(x, w, padding=pad))
    y = F.conv2d(x, w, padding=pad)
    wanted = [job["pass"] == "input gradient", job["pass"] == "weight gradient", False]
    backward = torch.ops.aten.convolution_backward
    return lambda: backward(y, x, w, [0], [1, 1], [pad, pad], [1, 1], False, [0, 0], 1, wanted)


def elementwise(job):
    x = torch.rand(job["length"] // ROW, ROW) * 2 - 1
    y, out, row = torch.rand_like(x), torch.empty_like(x), torch.rand(ROW)
    ops = {
        "copy": lambda: out.copy_(x),
        "add": lambda: torch.add(x, y, out=out),
        "relu": lambda: torch.clamp_min(x, 0, out=out),
        "exp": lambda: torch.exp(x, out=out),
        "softmax": lambda: torch.softmax(x, 1),
        "biasRelu": lambda: torch.add(x, row, out=out).clamp_min_(0),
    }
    if job["op"] in ops:
        return without_gradients(ops[job["op"]])
    x.requires_grad_()
    x.grad = y
    kinds = {"sgdUpdate": lambda: torch.optim.SGD([x], lr=1e-6, momentum=0.9), "adamUpdate": lambda: torch.optim.Adam([x], lr=1e-6)}
    return kinds[job["op"]]().step


def gemm(job):
    kind = torch.float64 if job.get("float64") else torch.float32
    a, b = torch.rand(job["m"], job["k"], dtype=kind), torch.rand(job["k"], job["n"], dtype=kind)
    c = torch.empty(job["m"], job["n"], dtype=kind)
    return lambda: torch.matmul(a, b, out=c)


def definite(n, kind=torch.float32):
    a = torch.rand(n, n, dtype=kind) * 2 - 1
    return torch.tril(a) + torch.tril(a, -1).t() + n * torch.eye(n, dtype=kind)


def cholesky(job):
    a = definite(job["n"])
    return lambda: torch.linalg.cholesky(a)


def inverse(job):
    a = definite(job["n"], torch.float64)
    return lambda: torch.cholesky_inverse(torch.linalg.cholesky(a))


def solve(job):
    t, b = torch.tril(definite(job["n"])), torch.rand(job["n"], job["k"])
    return lambda: torch.linalg.solve_triangular(t, b, upper=False)


kinds = {
    "step": step,
    "conv": convolution,
    "elementwise": elementwise,
    "gemm": gemm,
    "cholesky": cholesky,
    "inverse": inverse,
    "solve": solve,
}

prepared = {}
say(about=f"PyTorch {torch.__version__}, " + (torch.cuda.get_device_name() + ", no TF32" if CUDA else "1 thread"))
for line in sys.stdin:
    request = json.loads(line)
    if "prepare" in request:
        job = request["prepare"]
        once = kinds[job["kind"]](job) if job["kind"] in kinds else None
        if once is None:
            say(reason=f"is not set up for {job['kind']}")
        else:
            prepared[len(prepared)] = once
            say(id=len(prepared) - 1)
    elif "run" in request:
        once = prepared[request["run"]]
        start = time.perf_counter()
        for _ in range(request["repetitions"]):
            once()
        if CUDA:
            torch.cuda.synchronize()
        say(ms=(time.perf_counter() - start) * 1e3)
    else:
        prepared[request["release"]] = None
        say()
