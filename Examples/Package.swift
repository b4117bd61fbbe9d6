// swift-tools-version: 6.2
import PackageDescription

// A package of its own, as applications have it: only the library's public declarations are in reach.
let swiftlet = Target.Dependency.product(name: "Swiftlet", package: "Swiftlet")
let package = Package(
    name: "Examples", platforms: [.macOS(.v15)],
    dependencies: [.package(name: "Swiftlet", path: "..")],
    targets: [
        .executableTarget(name: "serve", dependencies: [swiftlet]),
        // Ten applications, a file each: swift run applications NAME MODEL ARGUMENT...
        .executableTarget(name: "applications", dependencies: [swiftlet]),
    ])
