// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// Of the program for use. LLVM's linker, since the other knows no packed relocations (see scripts/lib/setup.sh); and no symbol is given
/// to other libraries, since none asks: their table alone is 3 MB.
let linking: [LinkerSetting] = [
    .unsafeFlags(["-use-ld=lld", "-Xlinker", "--no-export-dynamic"], .when(platforms: [.linux], configuration: .release))
]

/// One room of the house. An arrow may only point to a room listed above it; ARCHITECTURE.md tells what each owns.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A typed wrapper over a C library that Debian ships.
func shim(_ name: String, links libraries: String...) -> Target {
    .target(name: name, linkerSettings: libraries.map { .linkedLibrary($0) })
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let nio: [Target.Dependency] = ["NIOCore", "NIOPosix"].map { .product(name: $0, package: "swift-nio") }
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let targets: [Target] = [
    shim("CCurl", links: "curl"),
    shim("COpenSSL", links: "crypto"),
    shim("CGumbo", links: "gumbo"),
    shim("CCmark", links: "cmark-gfm", "cmark-gfm-extensions"),
    shim("CIdn2", links: "idn2"),
    shim("CResolv", links: "resolv"),
    shim("CAllocator", links: "jemalloc"),
    shim("CSQLite", links: "sqlite3"),
    shim("CPostgres", links: "pq"),
    .target(name: "CBytes"),
    room("Diagnostics"),
    room("Model", ["Diagnostics", "CIdn2"]),
    room("Workspace", ["Diagnostics", "Model", yams]),
    room("Liquid", ["Diagnostics"]),
    room("Database"),
    room("Segments", ["Diagnostics", "Model", "Database"]),
    room("Mail", ["Model", "CBytes"]),
    room("Signing", ["Mail", "Model", "COpenSSL"]),
    room("Templating", ["Diagnostics", "Liquid", "Model", "Workspace", "CGumbo", "CCmark"]),
    room("Delivery", ["Mail", "Model"]),
    room("SMTP", ["Delivery", "Mail", "Model", "CBytes", "CCurl"]),
    room("Store", ["Database", "Model", "Segments", "Delivery"]),
    room("StoreSQLite", ["Database", "CSQLite", grdb, .product(name: "GRDBSQLite", package: "GRDB.swift")]),
    room("StorePostgres", ["Database", "CPostgres"]),
    room(
        "Campaigns",
        ["Diagnostics", "Model", "Workspace", "Liquid", "Segments", "Mail", "Signing", "Templating", "Delivery", "Store", "Database"]),
    room("Inbox", ["Mail"] + nio),
    room("Web", ["Model", "Signing", hummingbird, logging]),
    .executableTarget(
        name: "pitwall",
        dependencies: [
            "CAllocator", "CResolv", "Campaigns", "Database", "Delivery", "Diagnostics", "Inbox", "Liquid", "Mail", "Model", "SMTP",
            "Segments",
            "Signing", "Store", "StorePostgres", "StoreSQLite", "Templating", "Web", "Workspace", arguments, logging,
        ],
        swiftSettings: settings, linkerSettings: linking),

    .executableTarget(
        name: "SigningBenchmark", dependencies: ["Mail", "Model", "Signing"], path: "Benchmarks/Signing", swiftSettings: settings),

    .target(
        name: "TestDatabases", dependencies: ["Database", "StoreSQLite", "StorePostgres"], path: "Tests/TestDatabases",
        swiftSettings: settings),
    tests("CAllocatorTests", ["CAllocator"]),
    tests("DiagnosticsTests", ["Diagnostics"]),
    tests("ModelTests", ["Model", "Diagnostics"]),
    tests("WorkspaceTests", ["Workspace", "Model", "Diagnostics"]),
    tests("LiquidTests", ["Liquid", "Diagnostics"]),
    tests("SegmentsTests", ["Segments", "Model", "Diagnostics", "Database", "Store", "StoreSQLite", "TestDatabases"]),
    tests("MailTests", ["CBytes", "Mail", "Model"]),
    tests("SigningTests", ["COpenSSL", "Mail", "Model", "Signing"]),
    tests("TemplatingTests", ["Templating", "Liquid", "Model", "Workspace", "Diagnostics"]),
    tests("DeliveryTests", ["Delivery", "Mail", "Model"]),
    tests("SMTPTests", ["SMTP", "Delivery", "Mail", "Model"]),
    tests("StorePostgresTests", ["StorePostgres", "StoreSQLite", "Database", "Model", "Store", "TestDatabases"]),
    tests("StoreTests", ["Store", "StoreSQLite", "TestDatabases", "Database", "Model", "Segments", "Delivery", "Diagnostics"]),
    tests(
        "CampaignsTests",
        [
            "Campaigns", "Store", "StoreSQLite", "TestDatabases", "Database", "Model", "Workspace", "Delivery", "Mail", "Signing",
            "Templating",
            "Diagnostics",
        ]),
    tests("InboxTests", ["Inbox", "Mail"] + nio),
    tests("WebTests", ["Web", "Model", "Signing", logging]),
    tests("PitwallTests", ["Database", "StorePostgres", "TestDatabases"]),
]

let package = Package(
    name: "pitwall",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: targets,
    swiftLanguageModes: [.v6]
)
