// swift-tools-version: 6.2
import PackageDescription

// A package of its own, as an application has it: only the library's public declarations are in reach.
let package = Package(
    name: "serve", platforms: [.macOS(.v15)],
    dependencies: [.package(name: "Swiftlet", path: "../..")],
    targets: [.executableTarget(name: "serve", dependencies: [.product(name: "Swiftlet", package: "Swiftlet")])])
