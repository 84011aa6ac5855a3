// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "benchmarks",
  dependencies: [
    .package(name: "sdk-relay", path: ".."),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    .executableTarget(
      name: "RelayBenchmarks",
      dependencies: [
        .product(name: "Mailbox", package: "sdk-relay"),
        .product(name: "SDKRelay", package: "sdk-relay"),
        .product(name: "Service", package: "sdk-relay"),
        .product(name: "StructuredBridge", package: "sdk-relay"),
        .product(name: "XMLSecurity", package: "sdk-relay"),
        .product(name: "Testbed", package: "sdk-relay"),
        .product(name: "Logging", package: "swift-log"),
      ])
  ])
