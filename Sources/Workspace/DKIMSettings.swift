/// Which keys sign mail, as `dkim:` says.
///
/// ```yaml
/// dkim:
///   - {domain: example.com, selector: s1, key_file: secrets/dkim-example.com-s1.pem}
///   - {domain: example.com, selector: e1, key_file: secrets/dkim-example.com-e1.pem, leave_out: [date, message-id]}
/// ```
///
/// `dkim: relay` says that the relay signs, so that nobody is warned of mail without a signature.
package struct DKIMSettings: Hashable, Sendable {
    package struct Key: Hashable, Sendable {
        /// In lower case.
        package var domain: String
        package var selector: String
        /// Relative to the workspace unless absolute.
        package var keyFile: String
        /// Headers that the relay writes anew, and that a signature must not hold: `date`, `message-id`.
        package var leaveOut: Set<String>
    }

    /// In the order of the file.
    package var keys: [Key]
    package var relaySigns: Bool

    package init(keys: [Key] = [], relaySigns: Bool = false) {
        self.keys = keys
        self.relaySigns = relaySigns
    }

    /// The keys that may speak for mail from `domain`: its own, else those of the nearest domain above it, which DMARC's relaxed
    /// alignment lets stand (RFC 7489 section 3.1.1).
    package func aligned(with domain: String) -> [Key] {
        var name = domain.lowercased()[...]
        while name.contains(".") {
            let found = keys.filter { $0.domain == name }
            if !found.isEmpty { return found }
            guard let dot = name.firstIndex(of: ".") else { return [] }
            name = name[name.index(after: dot)...]
        }
        return []
    }
}

extension YAMLReader {
    mutating func dkim(_ node: YAMLNode?) -> DKIMSettings {
        guard let node else { return DKIMSettings() }
        if let word = node.text {
            if word != "relay" {
                report(
                    "dkim must be a list of keys, or relay", at: node.span,
                    hint:
                        "- {domain: example.com, selector: s1, key_file: secrets/dkim-example.com-s1.pem}; relay says that the relay signs")
            }
            return DKIMSettings(relaySigns: word == "relay")
        }
        var names: Set<String> = []
        let keys = list(node) { reader, item -> DKIMSettings.Key? in
            guard let key = reader.dkimKey(item) else { return nil }
            if !names.insert("\(key.selector).\(key.domain)").inserted {
                reader.report(
                    "\(key.domain) has two keys under the selector \"\(key.selector)\"", at: item.span,
                    hint: "each key has its own selector")
            }
            return key
        }
        return DKIMSettings(keys: keys)
    }

    private mutating func dkimKey(_ node: YAMLNode) -> DKIMSettings.Key? {
        let fields = fields(of: node, in: "dkim", known: ["domain", "selector", "key_file", "leave_out"])
        guard case .mapping = node.content else { return nil }
        for name in ["domain", "selector", "key_file"] where fields[name] == nil {
            let hint = "for example {domain: example.com, selector: s1, key_file: secrets/dkim-example.com-s1.pem}"
            report("a DKIM key needs a \(name)", at: node.span, hint: hint)
        }
        let domain = value(fields["domain"], "a domain such as example.com") { DKIMSettings.isDomain($0) ? $0.lowercased() : nil }
        let selector = value(fields["selector"], "a selector such as s1") { DKIMSettings.isSelector($0) ? $0 : nil }
        let file = text(fields["key_file"], "a file name")
        let leaveOut = list(fields["leave_out"]) { $0.word($1, ["date": "date", "message-id": "message-id"]) }
        guard let domain, let selector, let file else { return nil }
        return DKIMSettings.Key(domain: domain, selector: selector, keyFile: file, leaveOut: Set(leaveOut))
    }
}

extension DKIMSettings {
    /// A host name with a dot in it.
    package static func isDomain(_ text: String) -> Bool {
        HostName.isValid(text) && text.contains(".") && !text.hasPrefix("[")
    }

    /// RFC 6376 section 3.1: labels as in host names; `_` is used too.
    package static func isSelector(_ text: String) -> Bool {
        text.utf8.count <= 100 && HostName.isValid(text.replacing("_", with: "a")) && !text.hasPrefix("[")
    }
}
