#!/usr/bin/env bash
# Runs the tests of kernels, weights and threads under AddressSanitizer and ThreadSanitizer, in a package of their own so
# that nothing else is built. Run: bash scripts/check_sanitizers.sh [address|thread]...
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=${SANITIZER_BUILD:-$root/.build/sanitizers}
mkdir -p "$work/Sources" "$work/Tests"
ln -sfn "$root/Sources/Base/CKernels" "$work/Sources/CKernels"
ln -sfn "$root/Sources/Base/Platform" "$work/Sources/Platform"
ln -sfn "$root/Sources/Base/Files" "$work/Sources/Files"
ln -sfn "$root/Sources/Engine/Tensors" "$work/Sources/Tensors"
ln -sfn "$root/Tests/TensorsTests" "$work/Tests/TensorsTests"
cat >"$work/Package.swift" <<'MANIFEST'
// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [.enableUpcomingFeature("InternalImportsByDefault")]
let package = Package(
    name: "Sanitizers", platforms: [.macOS(.v15)],
    targets: [
        .target(name: "CKernels", cSettings: [.unsafeFlags(["-O1"])]),
        .target(name: "Platform", swiftSettings: settings),
        .target(name: "Files", dependencies: ["Platform"], swiftSettings: settings),
        .target(name: "Tensors", dependencies: ["CKernels", "Files", "Platform"], swiftSettings: settings),
        .testTarget(
            name: "TensorsTests", dependencies: ["CKernels", "Files", "Platform", "Tensors"],
            resources: [.copy("Fixtures")], swiftSettings: settings),
    ])
MANIFEST
kinds=("$@")
[ "${#kinds[@]}" -gt 0 ] || kinds=(address thread)
for kind in "${kinds[@]}"; do
    echo "== $kind"
    # Leaks are not looked for: the test runner has its own.
    ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=halt_on_error=1 swift test --package-path "$work" --scratch-path "$work/.build-$kind" --sanitize="$kind"
done
