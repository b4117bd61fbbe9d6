// swift-tools-version: 6.2
import PackageDescription

// Developers of Swiftlet itself set SWIFTLET_DEVELOPER=1 (the Makefile does): optimized kernels in debug builds and
// warnings as errors. SwiftPM refuses unsafe flags in dependencies, so packages that use Swiftlet never see them.
let isDeveloperBuild = Context.environment["SWIFTLET_DEVELOPER"] != nil

let swiftSettings: [SwiftSetting] = isDeveloperBuild ? [.treatAllWarnings(as: .error)] : []

let package = Package(
    name: "Swiftlet",
    platforms: [.macOS(.v15)],
    products: [],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0")
    ],
    targets: [
        .target(
            name: "JSONValues",
            dependencies: [.product(name: "OrderedCollections", package: "swift-collections")],
            swiftSettings: swiftSettings),
        .target(name: "Decoding", swiftSettings: swiftSettings),
        .target(name: "Inference", dependencies: ["Decoding"], swiftSettings: swiftSettings),
        .target(
            name: "Templating",
            dependencies: ["JSONValues", .product(name: "OrderedCollections", package: "swift-collections")],
            swiftSettings: swiftSettings),
        .testTarget(name: "JSONValuesTests", dependencies: ["JSONValues"], swiftSettings: swiftSettings),
        .testTarget(
            name: "TemplatingTests", dependencies: ["Templating", "JSONValues"], exclude: ["Fixtures"],
            swiftSettings: swiftSettings),
    ]
)
