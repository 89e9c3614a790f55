import Model

/// What a file's first line says each column is.
struct Columns {
    /// As written.
    let names: [String]
    /// What each is called here.
    let meanings: [String]
    /// What earlier imports that rejected the lines put before them, where and why, means nothing: the input may have a column of
    /// that name itself.
    static let remark = ""

    /// `map`: columns by the name they have in the file → the name they get.
    init(_ header: [String], map: [String: String] = [:], path: String) throws(ImportProblem) {
        names = header.map(\.trimmingSpaces)
        for column in map.keys where !names.contains(column) { throw .unknownMapping(column: column, found: names) }
        var meanings: [String] = []
        let remarks = Self.remarks(in: names)
        for (index, name) in names.enumerated() {
            if index < remarks {
                meanings.append(Self.remark)
                continue
            }
            let meaning = map[name] ?? Self.meaning(of: name)
            if meaning.isEmpty { throw .badColumn(path: path, number: index + 1, reason: "is empty") }
            if meaning.count > 64 || meaning.utf8.count > TextLimit.name {
                throw .badColumn(path: path, number: index + 1, reason: "is longer than 64 characters")
            }
            if meaning.unicodeScalars.contains(where: { $0.value < 0x20 || $0 == "\"" || $0 == "\\" || $0 == "`" }) {
                throw .badColumn(path: path, number: index + 1, reason: "holds a quote, a backslash or a control character")
            }
            if meanings.contains(meaning) { throw .duplicateColumn(path: path, name: meaning) }
            meanings.append(meaning)
        }
        self.meanings = meanings
    }

    /// How many columns are remarks: those of one import, or of several that rejected the same lines.
    private static func remarks(in names: [String]) -> Int {
        var count = 0
        while names.dropFirst(count).starts(with: Rejects.columns) { count += Rejects.columns.count }
        return count
    }

    func index(of meaning: String) -> Int? { meanings.firstIndex(of: meaning) }

    /// Columns that Pitwall knows, in any case and with spaces or hyphens: `First Name`, `E-Mail`. Others keep their name.
    private static func meaning(of name: String) -> String {
        let folded = String(name.lowercased().map { " -".contains($0) ? "_" : $0 })
        switch folded {
        case "email", "e_mail", "email_address", "e_mail_address": return "email"
        case "external_id", "topic", "state", "at", "source", "reason", "event", "id": return folded
        default: return Contact.Standard(rawValue: folded)?.rawValue ?? name
        }
    }
}

/// The narrowest kind that all values of a column have.
struct ColumnKind {
    private var seen = false
    private var number = true
    private var truth = true
    private var instant = true
    private var day = true
    /// How many decimals its values have that have some, and whether zeros end one: money has as many everywhere, and the versions
    /// 1.9 and 1.10 are no numbers.
    private var decimals: Set<Int> = []
    private var endsInZero = false

    /// One more value may still tell something. A column of names is settled by its first line.
    var isOpen: Bool { !seen || number || truth || instant || day }
    private var isNumber: Bool { number && (!endsInZero || decimals.count == 1) }

    mutating func see(_ text: String, zone: Zone) {
        if text.isEmpty { return }
        seen = true
        if number { seeNumber(text) }
        if truth, Self.truth(text) == nil { truth = false }
        if day, CivilDate(iso: text) == nil { day = false }
        if instant, zone.instant(reading: text) == nil { instant = false }
    }

    /// `text` as a value of this kind. Where all values are days it stays a day, where some have a time all become instants.
    func value(_ text: String, zone: Zone) -> JSONValue {
        guard seen, isNumber || truth || instant || day else { return .text(text) }
        if isNumber, let value = JSONValue(tableNumber: text) { return value }
        if truth, let value = Self.truth(text) { return .bool(value) }
        if day { return .text(text) }
        if instant, let value = zone.instant(reading: text) { return .text(value.canonical) }
        return .text(text)
    }

    private mutating func seeNumber(_ text: String) {
        guard JSONValue(tableNumber: text) != nil else {
            number = false
            return
        }
        guard let point = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return }
        decimals.insert(text.utf8.distance(from: point, to: text.utf8.endIndex) - 1)
        if text.utf8.last == UInt8(ascii: "0") { endsInZero = true }
    }

    private static func truth(_ text: String) -> Bool? {
        guard text.utf8.count <= 5 else { return nil }
        return switch text.lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }
}
