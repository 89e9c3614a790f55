import Foundation

/// What libFuzzer calls with each text it makes up. FUZZ_TARGET says which of ``targets`` gets it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let target = chosen else {
        print("FUZZ_TARGET is one of \(targets.keys.sorted().joined(separator: ", "))")
        exit(64)
    }
    target(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

private let chosen = ProcessInfo.processInfo.environment["FUZZ_TARGET"].flatMap { targets[$0] }

/// A room's door, by the name that `scripts/fuzz.sh` is given. A target does with the bytes what the house would do, and
/// traps where something holds that must not.
let targets: [String: @Sendable ([UInt8]) -> Void] = [
    "parser": parser,
    "renderer": renderer,
    "front-matter": frontMatter,
    "inliner": inliner,
]
