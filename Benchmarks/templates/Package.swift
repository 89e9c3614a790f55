// swift-tools-version: 6.2
import PackageDescription

// The template engine beside others. A package of its own, so that nobody who builds pitwall fetches them; `Liquid` and
// the other rooms are links to the folders of the house, whose names are only visible within a package.
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
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        .target(name: "Diagnostics", swiftSettings: settings),
        .target(name: "Liquid", dependencies: ["Diagnostics"], swiftSettings: settings),
        .target(name: "CIdn2", linkerSettings: [.linkedLibrary("idn2")]),
        .target(name: "CGumbo", linkerSettings: [.linkedLibrary("gumbo")]),
        .target(name: "CCmark", linkerSettings: [.linkedLibrary("cmark-gfm"), .linkedLibrary("cmark-gfm-extensions")]),
        .target(name: "Model", dependencies: ["Diagnostics", "CIdn2"], swiftSettings: settings),
        .target(
            name: "Workspace", dependencies: ["Diagnostics", "Model", .product(name: "Yams", package: "Yams")], swiftSettings: settings),
        .target(
            name: "Templating", dependencies: ["Diagnostics", "Liquid", "Model", "Workspace", "CGumbo", "CCmark"],
            swiftSettings: settings),
        .target(name: "Allocations"),
        .executableTarget(
            name: "bench",
            dependencies: [
                "Allocations", "Diagnostics", "Liquid", "Templating", "Workspace", .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "Stencil", package: "Stencil"),
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
