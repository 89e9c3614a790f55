/// How long a text may be by which something is found again, in bytes of UTF-8.
///
/// Such texts stand in an index, and PostgreSQL takes no row of an index above a third of a page (2,704 bytes). These are far within it
/// and far beyond what any system calls its customers, events or money.
package enum TextLimit {
    /// An external ID of a person, the ID that a teller gave an event.
    package static let id = 500
    /// The name of an attribute, an event or a property; 64 characters at most besides.
    package static let name = 256
    /// A currency among an event's properties.
    package static let currency = 64
}
