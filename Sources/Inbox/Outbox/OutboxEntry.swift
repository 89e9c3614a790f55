import Foundation

/// A line of the index: what is known of a kept message without reading it, and what reading it told.
struct OutboxEntry {
    struct Summary {
        var subject: String
        var recipient: String
    }

    var number: Int
    /// The first recipient, as it stands in the file's name.
    var recipient: String
    /// How many recipients the message had beside the first.
    var more: Int
    var time: time_t
    var size: Int
    var name: String
    var summary: Summary?

    init(number: Int, recipient: String, more: Int, time: time_t, size: Int) {
        self.number = number
        self.recipient = recipient
        self.more = more
        self.time = time
        self.size = size
        name = Self.name(number, recipient)
    }

    /// `000042-ada@example.com`, with `/`, `%` and what no file name should hold percent-encoded, and cut to what a file
    /// system takes.
    static func name(_ number: Int, _ recipient: String) -> String {
        let digits = String(number)
        var name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits + "-"
        for scalar in recipient.unicodeScalars {
            let piece =
                scalar == "/" || scalar == "%" || scalar == "\\" || scalar.value < 0x20 || scalar.value == 0x7F
                ? "%" + String(scalar.value + 0x100, radix: 16, uppercase: true).suffix(2) : String(scalar)
            if name.utf8.count + piece.utf8.count > 200 { break }
            name += piece
        }
        return name
    }

    /// The messages that lie in a folder, by number. Files of other names are none of ours.
    static func scan(_ folder: String) throws -> [OutboxEntry] {
        var entries: [OutboxEntry] = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".eml") {
            let digits = file.prefix { $0.isASCII && $0.isNumber }
            guard digits.count >= 6, digits.count <= 15, file.dropFirst(digits.count).first == "-", let number = Int(digits) else {
                continue
            }
            var status = stat()
            guard stat("\(folder)/\(file)", &status) == 0 else { continue }
            let recipient = String(file.dropFirst(digits.count + 1).dropLast(4))
            var entry = OutboxEntry(
                number: number, recipient: recipient.removingPercentEncoding ?? recipient, more: 0, time: status.modified,
                size: Int(status.st_size))
            entry.name = String(file.dropLast(4))
            entries.append(entry)
        }
        return entries.sorted { $0.number < $1.number }
    }
}

extension stat {
    fileprivate var modified: time_t {
        #if canImport(Darwin)
            st_mtimespec.tv_sec
        #else
            st_mtim.tv_sec
        #endif
    }
}
