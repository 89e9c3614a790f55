/// What can go wrong around keys and signatures. Never holds a key, a token or an address.
package struct SigningError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The keys file is not there.
        case noKeys
        /// Somebody but its owner may read the keys file.
        case keysReadable
        /// The keys file does not say what it should.
        case badKeys
        /// There is a file already where keys should be created.
        case keysExist
        /// The system refused to read or write.
        case io
        case noRandomness
        /// A topic's name does not fit a link.
        case longTopic
        /// The file of a DKIM key is not there.
        case noDKIMKey
        /// A DKIM key cannot be used: its kind, its length, a passphrase, no key at all.
        case badDKIMKey
    }

    package var code: Code
    package var message: String
    package var hint: String?

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package var description: String { hint.map { "\(message)\n  \($0)" } ?? message }
}
