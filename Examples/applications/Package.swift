// swift-tools-version: 6.2
import PackageDescription

// Ten applications, a file each: swift run applications NAME MODEL ARGUMENT...
let package = Package(
  name: "applications", platforms: [.macOS(.v15)],
  dependencies: [.package(name: "Swiftlet", path: "../..")],
  targets: [
    .executableTarget(
      name: "applications", dependencies: [.product(name: "Swiftlet", package: "Swiftlet")])
  ])
