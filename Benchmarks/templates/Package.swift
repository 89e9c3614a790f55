// swift-tools-version: 6.2
import PackageDescription

// The template engine beside others. A package of its own, so that nobody who builds pitwall fetches them; `Liquid` and
// `Diagnostics` are links to the folders of the house, whose names are only visible within a package.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "templates",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/stencilproject/Stencil", exact: "0.15.1"),
    ],
    targets: [
        .target(name: "Diagnostics", swiftSettings: settings),
        .target(name: "Liquid", dependencies: ["Diagnostics"], swiftSettings: settings),
        .target(name: "Allocations"),
        .executableTarget(
            name: "bench",
            dependencies: [
                "Allocations", "Diagnostics", "Liquid", .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "Stencil", package: "Stencil"),
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
