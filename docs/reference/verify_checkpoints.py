"""Check a Fairlead journal against what was signed about it, with the standard library alone.

    python verify_checkpoints.py JOURNAL CHECKPOINTS.jsonl PUBLIC_KEY_IN_HEX

The roots of the Merkle tree (RFC 6962) over its groups, and the signatures (Ed25519 as in RFC 8032,
5.1.7: slow, short, and good for checking alone). Exit code 0: it is what was signed. 1: it is not.
"""

import hashlib
import json
import sys
from pathlib import Path

from verify_journal import groups

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def plus(a, b):
    """Return the sum of two points (x, y) of the curve."""
    t = D * a[0] * b[0] * a[1] * b[1]
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + t, -1, P)
    return x % P, (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, P) % P


def times(number, a):
    """Return a multiple of a point."""
    total = (0, 1)
    while number:
        total = plus(total, a) if number & 1 else total
        a, number = plus(a, a), number >> 1
    return total


def point(content):
    """Return the point that 32 bytes stand for; None if they stand for none."""
    number = int.from_bytes(content, "little")
    y, sign = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * ROOT_OF_MINUS_1 % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    return (x if x & 1 == sign else P - x), y


def is_genuine(line, key):
    """Return whether a line was signed with a key: the signature covers the line without itself."""
    content, _, signature = line.rpartition(',"signature":')
    signature = bytes.fromhex(signature.strip('"}'))
    r, a, s = point(signature[:32]), point(key), int.from_bytes(signature[32:], "little")
    if r is None or a is None or s >= ORDER or len(signature) != 64:
        return False
    digest = hashlib.sha512(signature[:32] + key + content.encode() + b"}").digest()
    base = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    return times(s, base) == plus(r, times(int.from_bytes(digest, "little") % ORDER, a))


def grown(peaks, leaf, size):
    """Put a leaf into a tree of so many leaves, which is kept as its full subtrees."""
    while size & 1:
        leaf, size = hashlib.sha256(b"\1" + peaks.pop() + leaf).digest(), size >> 1
    peaks.append(leaf)


def root_of(peaks):
    """Return the root of a tree."""
    root = peaks[-1]
    for peak in peaks[-2::-1]:
        root = hashlib.sha256(b"\1" + peak + root).digest()
    return root.hex()


def main(directory, checkpoints, key):
    """Hold the journal against every line."""
    signed, peaks, size = {}, [], 0
    for number, line in enumerate(Path(checkpoints).read_text().splitlines(), 1):
        if not is_genuine(line, bytes.fromhex(key)):
            sys.exit(f"{checkpoints}:{number}: was not signed with this key")
        signed.setdefault(json.loads(line)["size"], []).append((number, json.loads(line)))
    count = sum(map(len, signed.values()))
    for content, last, chain in groups(directory):
        grown(peaks, hashlib.sha256(b"\0" + content).digest(), size)
        size += 1
        found = (root_of(peaks), last, chain.hex()) if size in signed else ()
        for number, said in signed.pop(size, ()):
            if (said["root"], said["last_sequence"], said["chain"]) != found:
                sys.exit(f"{checkpoints}:{number}: the journal is not what was signed here")
    if signed:
        sys.exit(f"{checkpoints}: {max(signed)} groups were signed, {size} are there")
    print(f"{count} checkpoints fit the journal of {size} groups and were signed with this key")


if __name__ == "__main__":
    main(*sys.argv[1:])
