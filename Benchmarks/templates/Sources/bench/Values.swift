import Foundation
import Liquid

/// Data from JSON, for the engines.
enum Values {
    static func read(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    static func liquid(_ json: Any) -> Value {
        switch json {
        case let object as [String: Any]: .object(Object(object.sorted { $0.key < $1.key }.map { ($0.key, liquid($0.value)) }))
        case let list as [Any]: .array(list.map { liquid($0) })
        case let text as String: .string(text)
        case let number as NSNumber: plain(number) is Bool ? .bool(number.boolValue) : .integer(number.int64Value)
        default: .null
        }
    }

    /// Without Foundation's boxes, which cost the others time.
    static func plain(_ json: Any) -> Any {
        switch json {
        case let object as [String: Any]: object.mapValues { plain($0) }
        case let list as [Any]: list.map { plain($0) }
        case let text as String: text
        case let number as NSNumber: String(cString: number.objCType) == "c" ? number.boolValue : number.intValue
        default: json
        }
    }
}
