// swift-tools-version: 6.2
import PackageDescription

// The rooms that read what strangers write, built for libFuzzer with AddressSanitizer. The rooms are links to those of the
// house: instrumenting them takes flags that no package may ask of another.
let instrumented: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"]),
]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: instrumented)
}

let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(url: "https://github.com/jpsim/Yams", exact: "6.2.2")],
    targets: [
        .target(name: "CIdn2", linkerSettings: [.linkedLibrary("idn2")]),
        .target(name: "CGumbo", linkerSettings: [.linkedLibrary("gumbo")]),
        .target(name: "CCmark", linkerSettings: [.linkedLibrary("cmark-gfm"), .linkedLibrary("cmark-gfm-extensions")]),
        room("Diagnostics"),
        room("Model", ["Diagnostics", "CIdn2"]),
        room("Workspace", ["Diagnostics", "Model", .product(name: "Yams", package: "Yams")]),
        room("Liquid", ["Diagnostics"]),
        room("Templating", ["Diagnostics", "Liquid", "Model", "Workspace", "CGumbo", "CCmark"]),
        .target(name: "Driver"),
        .executableTarget(
            name: "fuzz", dependencies: ["Driver", "Diagnostics", "Liquid", "Model", "Templating", "Workspace"],
            swiftSettings: instrumented,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address"])]),
    ],
    swiftLanguageModes: [.v6]
)
