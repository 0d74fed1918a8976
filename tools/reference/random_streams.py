"""The random numbers of the TypeScript packages: Threefry-2x32 with 20 rounds (Salmon et al., 2011) on keys and counters."""

import numpy as np

Key = tuple[int, int]

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
MASK = 0xFFFFFFFF


def threefry(key: Key, counters: np.ndarray) -> np.ndarray:
    """The two words for each of the counters (0, c), shape [counters, 2]."""
    words = (*key, key[0] ^ key[1] ^ 0x1BD11BDA)
    a = np.full(len(counters), words[0], np.uint32)
    b = counters.astype(np.uint32) + np.uint32(words[1])
    for block in range(5):
        for rotation in ROTATIONS[block % 2]:
            a = a + b
            b = (b << np.uint32(rotation) | b >> np.uint32(32 - rotation)) ^ a
        a = a + np.uint32(words[(block + 1) % 3])
        b = b + np.uint32((words[(block + 2) % 3] + block + 1) & MASK)
    return np.stack([a, b], axis=1)


def random_key(seed: int) -> Key:
    return seed >> 32, seed & MASK


def fold_in(key: Key, data: int | str) -> Key:
    """The key of a substream, named or numbered."""
    number = fnv1a(data) if isinstance(data, str) else data
    first, second = threefry(key, np.array([number]))[0]
    return int(first), int(second)


def fnv1a(name: str) -> int:
    value = 0x811C9DC5
    for unit in name.encode("ascii"):
        value = (value ^ unit) * 0x01000193 & MASK
    return value


def bits(key: Key, count: int) -> np.ndarray:
    return threefry(key, np.arange((count + 1) // 2)).reshape(-1)[:count]


def uniform(key: Key, count: int) -> np.ndarray:
    """From [0, 1), multiples of 2^-24."""
    return (bits(key, count) >> np.uint32(8)) * 2.0**-24


def permutation(key: Key, count: int) -> np.ndarray:
    """The Fisher-Yates shuffle with 53 bits for each index."""
    words = bits(key, 2 * count).astype(np.float64)
    units = (np.floor(words[0::2] / 2**5) * 2.0**26 + np.floor(words[1::2] / 2**6)) * 2.0**-53
    order = np.arange(count)
    for i in range(count - 1, 0, -1):
        j = int(units[i] * (i + 1))
        order[[i, j]] = order[[j, i]]
    return order


def initial_weights(key: Key, inputs: int, units: int, kernel_bound: float, bias_bound: float) -> tuple[np.ndarray, np.ndarray]:
    """Kernel [inputs, units] and bias [units], uniform within the bounds, as float32."""
    kernel = (2 * uniform(fold_in(key, "kernel"), inputs * units) - 1) * kernel_bound
    bias = (2 * uniform(fold_in(key, "bias"), units) - 1) * bias_bound
    return kernel.astype(np.float32).reshape(inputs, units), bias.astype(np.float32)
