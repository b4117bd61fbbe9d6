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
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.86.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    ],
    targets: [
        .target(
            name: "JSONValues",
            dependencies: [.product(name: "OrderedCollections", package: "swift-collections")],
            swiftSettings: swiftSettings),
        .target(name: "Decoding", swiftSettings: swiftSettings),
        .target(name: "Inference", dependencies: ["Decoding"], swiftSettings: swiftSettings),
        .target(
            name: "Serving",
            dependencies: [
                "JSONValues", "Inference",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            exclude: ["WebPage/Assets"],
            swiftSettings: swiftSettings),
        .testTarget(name: "JSONValuesTests", dependencies: ["JSONValues"], swiftSettings: swiftSettings),
        .testTarget(name: "ServingTests", dependencies: ["Serving"], swiftSettings: swiftSettings),
    ]
)
