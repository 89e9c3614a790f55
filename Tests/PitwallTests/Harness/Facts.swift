import Foundation

/// One JSON object that a program printed.
struct Facts {
    let members: [String: Any]

    /// Empty where the text is no JSON object.
    init(_ text: String) {
        members = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    private init(_ members: [String: Any]) {
        self.members = members
    }

    var names: Set<String> { Set(members.keys) }

    /// `path` goes into objects by dots: `counts.accepted`.
    subscript(path: String) -> Any? {
        var here: Any? = members
        for name in path.split(separator: ".") { here = (here as? [String: Any])?[String(name)] }
        return here is NSNull ? nil : here
    }

    func int(_ path: String) -> Int? { (self[path] as? NSNumber)?.intValue }
    func text(_ path: String) -> String? { self[path] as? String }
    func list(_ path: String) -> [Any]? { self[path] as? [Any] }
    func objects(_ path: String) -> [Facts] { (self[path] as? [[String: Any]])?.map { Facts($0) } ?? [] }
    func object(_ name: String) -> Facts { Facts(members[name] as? [String: Any] ?? [:]) }
}
