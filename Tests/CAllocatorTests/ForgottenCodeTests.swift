import CAllocator
import Foundation
import Testing

#if os(Linux)
    @Suite(.serialized) struct ForgottenCodeTests {
        /// The code of the mathematical library that is in memory, in kB.
        private static func resident() throws -> Int {
            var sum = 0
            var isMeant = false
            let map = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/smaps")).readToEnd() ?? Data()
            for line in String(decoding: map, as: UTF8.self).split(separator: "\n") {
                if line.contains(" r-xp ") {
                    isMeant = line.contains("libm.so")
                } else if isMeant, line.hasPrefix("Rss:") {
                    sum += line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
                    isMeant = false
                }
            }
            return sum
        }

        /// Something that the library is needed for.
        private static func use(_ numbers: [Double]) -> Double { numbers.reduce(0) { $0 + tgamma($1) } }

        @Test func `code is let go of, and comes back as it is needed`() throws {
            let before = Self.use([4, 5])
            let held = try Self.resident()
            #expect(held > 0)
            pitwall_forget_code()
            #expect(try Self.resident() < held)
            #expect(Self.use([4, 5]) == before)
            #expect(try Self.resident() > 0)
        }

        @Test func `code that somebody has changed stays`() throws {
            let function = try #require(dlsym(nil, "tgamma"))
            let page = sysconf(Int32(_SC_PAGESIZE))
            let start = try #require(UnsafeMutableRawPointer(bitPattern: Int(bitPattern: function) / page * page))
            #expect(Self.use([4, 5]) == 30)
            // Written over with itself, the page is the program's own and no longer the file's.
            #expect(mprotect(start, page, PROT_READ | PROT_WRITE | PROT_EXEC) == 0)
            function.storeBytes(of: function.load(as: UInt8.self), as: UInt8.self)
            #expect(mprotect(start, page, PROT_READ | PROT_EXEC) == 0)
            let held = try Self.resident()
            pitwall_forget_code()
            #expect(try Self.resident() >= held)
            #expect(Self.use([4, 5]) == 30)
        }
    }
#endif
