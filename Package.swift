// swift-tools-version: 6.2
import PackageDescription

// Developers of Swiftlet itself set SWIFTLET_DEVELOPER=1 (the Makefile does): optimized kernels in debug builds and
// warnings as errors. SwiftPM refuses unsafe flags in dependencies, so packages that use Swiftlet never see them.
let isDeveloperBuild = Context.environment["SWIFTLET_DEVELOPER"] != nil

let swiftSettings: [SwiftSetting] =
    [.enableUpcomingFeature("InternalImportsByDefault")] + (isDeveloperBuild ? [.treatAllWarnings(as: .error)] : [])
// Loops in Swift that would take minutes unoptimized.
let loopSettings: [SwiftSetting] = isDeveloperBuild ? [.unsafeFlags(["-O"])] : []
let kernelSettings: [CSetting] = isDeveloperBuild ? [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])] : []

let package = Package(
    name: "Swiftlet",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "swiftlet", targets: ["SwiftletCommand"]),
        .library(name: "Swiftlet", targets: ["Swiftlet"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.86.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // The parts, each standing only on those above it.
        .systemLibrary(
            name: "CPCRE2", path: "Sources/Base/CPCRE2", pkgConfig: "libpcre2-8",
            providers: [.apt(["libpcre2-dev"]), .brew(["pcre2"])]),
        .systemLibrary(
            name: "CZlib", path: "Sources/Base/CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .target(name: "Platform", path: "Sources/Base/Platform", swiftSettings: swiftSettings),
        .target(
            name: "Unpacking", dependencies: ["CZlib"], path: "Sources/Base/Unpacking", swiftSettings: swiftSettings),
        .target(
            name: "Files", dependencies: ["Platform"], path: "Sources/Base/Files", swiftSettings: swiftSettings),
        .target(name: "Essentials", path: "Sources/Base/Essentials", swiftSettings: swiftSettings),
        .target(
            name: "JSONValues",
            dependencies: ["Platform", .product(name: "OrderedCollections", package: "swift-collections")],
            path: "Sources/Base/JSONValues", swiftSettings: swiftSettings),
        .target(
            name: "WebClient", dependencies: ["Essentials", "JSONValues", "Platform"], path: "Sources/Base/WebClient",
            swiftSettings: swiftSettings),
        .target(name: "CKernels", path: "Sources/Base/CKernels", cSettings: kernelSettings),
        .target(
            name: "Tensors", dependencies: ["CKernels", "Files", "Platform"], path: "Sources/Engine/Tensors",
            swiftSettings: swiftSettings),
        .target(
            name: "Quantization", dependencies: ["CKernels", "Platform", "Tensors"],
            path: "Sources/Engine/Quantization",
            swiftSettings: swiftSettings + loopSettings),
        .target(
            name: "Checkpoints",
            dependencies: [
                "Essentials", "Files", "JSONValues", "Platform", "Quantization", "Tensors",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            path: "Sources/Engine/Checkpoints", swiftSettings: swiftSettings),
        .target(
            name: "Architectures", dependencies: ["Checkpoints", "Essentials", "JSONValues", "Platform", "Tensors"],
            path: "Sources/Engine/Architectures", swiftSettings: swiftSettings),
        .target(
            name: "Tokenization", dependencies: ["CPCRE2", "Essentials", "JSONValues"],
            path: "Sources/Engine/Tokenization",
            swiftSettings: swiftSettings),
        .target(
            name: "Templating", dependencies: ["JSONValues", "Platform"], path: "Sources/Engine/Templating",
            swiftSettings: swiftSettings),
        .target(
            name: "Constraints",
            dependencies: [
                "Essentials", "JSONValues", "Tokenization",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            path: "Sources/Engine/Constraints", swiftSettings: swiftSettings),
        .target(
            name: "Decoding", dependencies: ["Platform", "Tensors"], path: "Sources/Engine/Decoding",
            swiftSettings: swiftSettings),
        .target(
            name: "Inference",
            dependencies: [
                "Architectures", "Checkpoints", "Constraints", "Decoding", "Essentials", "JSONValues", "Platform",
                "Templating", "Tensors", "Tokenization",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            path: "Sources/Engine/Inference", swiftSettings: swiftSettings),
        .target(
            name: "Evaluation",
            dependencies: [
                "CPCRE2", "Essentials", "JSONValues", "Platform", "Templating",
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Sources/Workshop/Evaluation", swiftSettings: swiftSettings),
        .target(
            name: "Merging",
            dependencies: [
                "Checkpoints", "Essentials", "Files", "JSONValues", "Platform", "Tensors", "Tokenization",
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Sources/Workshop/Merging", swiftSettings: swiftSettings),
        .target(
            name: "Conversion",
            dependencies: [
                "Architectures", "Checkpoints", "Files", "JSONValues", "Platform", "Quantization", "Tensors",
                "Tokenization", .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Sources/Workshop/Conversion", swiftSettings: swiftSettings),
        .target(
            name: "EngineScoring", dependencies: ["Decoding", "Evaluation", "Inference", "Tokenization"],
            path: "Sources/Workshop/EngineScoring", swiftSettings: swiftSettings),
        .target(
            name: "Training",
            dependencies: [
                "Architectures", "Checkpoints", "Decoding", "Essentials", "Files", "Inference", "JSONValues",
                "Platform",
                "Templating", "Tensors", "Tokenization", "Unpacking", .product(name: "Yams", package: "Yams"),
            ],
            path: "Sources/Workshop/Training", swiftSettings: swiftSettings),
        .target(
            name: "Vectors",
            dependencies: [
                "CKernels", "Essentials", "Files", "Platform", "Tensors",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Sources/Knowledge/Vectors", swiftSettings: swiftSettings),
        .target(
            name: "VectorServers",
            dependencies: ["Essentials", "Files", "JSONValues", "Platform", "Vectors", "WebClient"],
            path: "Sources/Knowledge/VectorServers", swiftSettings: swiftSettings),
        .target(
            name: "Documents",
            dependencies: [
                "Files", "JSONValues", "Platform", "Unpacking",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            path: "Sources/Knowledge/Documents", swiftSettings: swiftSettings),
        .target(
            name: "Retrieval",
            dependencies: [
                "Decoding", "Documents", "Essentials", "Files", "Inference", "JSONValues", "Platform", "VectorServers",
                "Vectors", "WebClient",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Sources/Knowledge/Retrieval", swiftSettings: swiftSettings),
        .target(
            name: "Agents",
            dependencies: [
                "Constraints", "Decoding", "Documents", "Essentials", "Files", "Inference", "JSONValues", "Platform",
                "Retrieval", "Vectors", "WebClient",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Sources/Knowledge/Agents", swiftSettings: swiftSettings),
        .target(
            name: "Flows",
            dependencies: [
                "Agents", "Documents", "Files", "JSONValues", "Vectors",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            path: "Sources/Knowledge/Flows",
            swiftSettings: swiftSettings),
        .target(
            name: "ChatEvaluation",
            dependencies: [
                "Agents", "Constraints", "Essentials", "Evaluation", "JSONValues", "Platform", "Templating",
                "WebClient",
            ],
            path: "Sources/Knowledge/ChatEvaluation", swiftSettings: swiftSettings),
        .target(
            name: "Serving",
            dependencies: [
                "Constraints", "Decoding", "Documents", "Essentials", "Files", "Inference", "JSONValues", "ModelStore",
                "Platform", "Retrieval", "Templating", "Vectors",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Faces/Serving", exclude: ["WebPage/Assets"],
            swiftSettings: swiftSettings, plugins: ["EmbedFiles"]),
        .target(
            name: "ModelStore",
            dependencies: [
                "Essentials", "Files", "JSONValues", "Platform", "WebClient",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            path: "Sources/Faces/ModelStore", swiftSettings: swiftSettings),
        .target(
            name: "Swiftlet",
            dependencies: [
                "Agents", "Architectures", "ChatEvaluation", "Constraints", "Decoding", "Documents", "EngineScoring",
                "Evaluation", "Flows",
                "Inference", "JSONValues", "ModelStore", "Retrieval", "Serving", "Templating", "Tensors",
                "Tokenization", "VectorServers", "Vectors",
            ],
            path: "Sources/Faces/Swiftlet", swiftSettings: swiftSettings),
        .executableTarget(
            name: "SwiftletCommand",
            dependencies: [
                "Agents", "Architectures", "ChatEvaluation", "Checkpoints", "Constraints", "Conversion", "Decoding",
                "Documents", "EngineScoring", "Essentials", "Evaluation", "Files", "Flows", "Inference", "JSONValues",
                "Merging",
                "ModelStore", "Platform", "Quantization", "Retrieval", "Serving", "Tensors", "Tokenization", "Training",
                "Unpacking", "VectorServers",
                "Vectors",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Faces/SwiftletCommand", swiftSettings: swiftSettings),

        // The web page becomes a part of the program when that is built.
        .plugin(name: "EmbedFiles", capability: .buildTool(), dependencies: ["FileEmbedder"]),
        .executableTarget(
            name: "FileEmbedder", dependencies: ["Essentials"], path: "Plugins/FileEmbedder",
            swiftSettings: swiftSettings),

        // Their tests.
        .testTarget(
            name: "WebClientTests", dependencies: ["JSONValues", "WebClient"], exclude: ["server.py"],
            swiftSettings: swiftSettings),
        .testTarget(name: "FilesTests", dependencies: ["Files"], swiftSettings: swiftSettings),
        .testTarget(name: "JSONValuesTests", dependencies: ["JSONValues"], swiftSettings: swiftSettings),
        .testTarget(
            name: "TensorsTests", dependencies: ["CKernels", "Files", "Platform", "Tensors"],
            resources: [.copy("Fixtures")],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "CheckpointsTests",
            dependencies: [
                "Checkpoints", "Files", "JSONValues", "Quantization", "Tensors",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            resources: [.copy("Fixtures"), .copy("VectorFixtures")], swiftSettings: swiftSettings),
        .testTarget(
            name: "ArchitecturesTests",
            dependencies: [
                "Architectures", "Checkpoints", "JSONValues", "Tensors",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            resources: [.copy("Fixtures")], swiftSettings: swiftSettings),
        .testTarget(
            name: "ConversionTests",
            dependencies: [
                "Checkpoints", "Conversion", "Files", "JSONValues", "Tensors",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ], swiftSettings: swiftSettings),
        .testTarget(
            name: "ConstraintsTests", dependencies: ["Constraints", "JSONValues", "Tokenization"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "DecodingTests", dependencies: ["Decoding"], resources: [.copy("Fixtures")],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "TemplatingTests", dependencies: ["JSONValues", "Templating"], resources: [.copy("Fixtures")],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "TokenizationTests", dependencies: ["CPCRE2", "JSONValues", "Tokenization"],
            resources: [.copy("Fixtures")],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "InferenceTests",
            dependencies: [
                "Checkpoints", "Constraints", "Decoding", "Inference", "JSONValues", "Tensors", "Tokenization",
            ],
            resources: [.copy("Fixtures")], swiftSettings: swiftSettings),
        .testTarget(
            name: "EvaluationTests", dependencies: ["Evaluation", "JSONValues"], resources: [.copy("Fixtures")],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "Architectures", "Checkpoints", "CZlib", "Essentials", "Files", "Inference", "JSONValues", "Templating",
                "Tensors", "Tokenization", "Training",
            ],
            resources: [.copy("Fixtures")], swiftSettings: swiftSettings),
        .testTarget(
            name: "MergingTests",
            dependencies: ["Checkpoints", "Files", "Inference", "JSONValues", "Merging", "Tensors"],
            resources: [.copy("Fixtures")], swiftSettings: swiftSettings),
        .testTarget(
            name: "ModelStoreTests", dependencies: ["Files", "ModelStore", "JSONValues"], exclude: ["fake_hub.py"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "VectorsTests",
            dependencies: [
                "CKernels", "Files", "Platform", "Tensors", "Vectors", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            resources: [.copy("Fixtures")],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "VectorServersTests", dependencies: ["Files", "JSONValues", "VectorServers", "Vectors"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "DocumentsTests", dependencies: ["CZlib", "Documents", "Files", "Platform"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "RetrievalTests",
            dependencies: [
                "Documents", "Files", "Inference", "Retrieval", "Vectors",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "AgentsTests", dependencies: ["Agents", "JSONValues", .product(name: "GRDB", package: "GRDB.swift")],
            exclude: ["servers.py"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "ChatEvaluationTests",
            dependencies: [
                "Agents", "ChatEvaluation", "Checkpoints", "Evaluation", "Inference", "JSONValues", "Tensors",
            ],
            exclude: ["server.py"], swiftSettings: swiftSettings),
        .testTarget(name: "FlowsTests", dependencies: ["Agents", "Flows", "JSONValues"], swiftSettings: swiftSettings),
        .testTarget(
            name: "ServingTests",
            dependencies: ["Constraints", "Decoding", "Inference", "JSONValues", "Retrieval", "Serving"],
            swiftSettings: swiftSettings),
        // Sees what an application sees.
        .testTarget(
            name: "SwiftletTests", dependencies: ["Swiftlet"], packageAccess: false, swiftSettings: swiftSettings),
        .testTarget(
            name: "SwiftletCommandTests",
            dependencies: ["SwiftletCommand", "Constraints", "Decoding", "Inference", "JSONValues"],
            swiftSettings: swiftSettings),
    ]
)
