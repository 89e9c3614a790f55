/// A file that goes with a message, and as what.
package struct Attachment: Hashable, Sendable {
    package enum Role: Hashable, Sendable {
        case attachment
        /// Shown within the page: `<img src="cid:CONTENT-ID">`.
        case picture(contentID: String)
        /// A calendar file that asks for something (RFC 6047): mail programs take it from beside the page, people from the
        /// attachments, so it is written twice.
        case invitation(method: String)
    }

    /// What the reader sees and saves it as; no path.
    package var name: String
    package var content: [UInt8]
    package var role: Role

    /// - Parameter path: of which only what follows the last `/` is told.
    package init(path: String, content: [UInt8], role: Role = .attachment) {
        let last = path.split(separator: "/").last.map { String($0) } ?? path
        let name = String(decoding: headerText(last), as: UTF8.self)
        self.name = name.isEmpty ? "file" : name
        self.content = content
        self.role = role
    }

    /// By the name's ending, as web servers tell it; `application/octet-stream` where it says nothing.
    package static func mediaType(of name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return unknown }
        return types[name[name.index(after: dot)...].lowercased()] ?? unknown
    }

    private static let unknown = "application/octet-stream"
    private static let types: [String: String] = [
        "pdf": "application/pdf", "zip": "application/zip", "json": "application/json", "xml": "application/xml", "rtf": "application/rtf",
        "epub": "application/epub+zip", "gz": "application/gzip", "doc": "application/msword", "xls": "application/vnd.ms-excel",
        "ppt": "application/vnd.ms-powerpoint", "odt": "application/vnd.oasis.opendocument.text",
        "ods": "application/vnd.oasis.opendocument.spreadsheet", "odp": "application/vnd.oasis.opendocument.presentation",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation", "pkpass": "application/vnd.apple.pkpass",
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "svg": "image/svg+xml",
        "avif": "image/avif", "bmp": "image/bmp", "tiff": "image/tiff", "ico": "image/vnd.microsoft.icon", "txt": "text/plain",
        "md": "text/markdown", "csv": "text/csv", "html": "text/html", "htm": "text/html", "ics": "text/calendar", "vcf": "text/vcard",
        "mp3": "audio/mpeg", "m4a": "audio/mp4", "wav": "audio/wav", "mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm",
    ]

    /// What every mail program that shows pictures can show.
    package static func isPicture(_ name: String) -> Bool { mediaType(of: name).hasPrefix("image/") }
}
