#!/usr/bin/env bash
# Compiles the kernels for arm64 and compares NEON with plain C under qemu. Run: bash scripts/check_neon.sh
# Needs clang and Debian's gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for source in Sources/Base/CKernels/*/*.c scripts/compare_kernels.c; do
    clang --target=aarch64-linux-gnu -O2 -Wall -Wextra -Werror -I/usr/aarch64-linux-gnu/include \
        -ISources/Base/CKernels/include -c "$source" -o "$work/$(basename "$source").o"
done
aarch64-linux-gnu-gcc -static "$work"/*.o -lm -o "$work/compare"
qemu-aarch64 "$work/compare" neon
