/// The variables of a template, or of a rendered partial, which sees none but its own and the data.
struct Frame {
    /// By slot. Freed by the machine.
    let slots: UnsafeMutablePointer<Value>
    /// What loops and arguments hide for a while, innermost last.
    var hidden: [Hidden] = []
    /// Innermost last.
    var loops: [LoopState] = []
    var tableRows: [TableRowState] = []
    /// Where `offset: continue` goes on.
    var marks: [Int] = []
    /// Whose turn it is, by name.
    var cycles: [String: Int] = [:]
    /// Numbers of `increment` and `decrement` by slot.
    var counters: [Int32: Int64] = [:]
    /// Slots that the template has given a value: counters are hidden by them. Only kept where there are counters.
    var assigned: Set<Int32> = []
    /// What the last `ifchanged` wrote.
    var lastChanged: [UInt8]?

    struct Hidden {
        var slot: Int32
        var value: Value
        var wasAssigned: Bool
    }
}

struct LoopState {
    /// In the table of constants.
    var name: Int32
    var length: Int
    /// From 0.
    var index = 0
    /// A `render … for` shows itself to its partial, but is nobody's parent.
    var isParent = true

    func value(of field: LoopField, name: Value) -> Value {
        switch field {
        case .name: name
        case .length: .integer(Int64(length))
        case .index: .integer(Int64(index + 1))
        case .index0: .integer(Int64(index))
        case .rindex: .integer(Int64(length - index))
        case .rindex0: .integer(Int64(length - index - 1))
        case .first: .bool(index == 0)
        case .last: .bool(index == length - 1)
        case .parentloop: .null
        }
    }
}

struct TableRowState {
    var length: Int
    var columns: Int
    var index = 0
    /// From 1.
    var row = 1
    var column = 1

    func value(of field: TableRowField) -> Value {
        switch field {
        case .length: .integer(Int64(length))
        case .index: .integer(Int64(index + 1))
        case .index0: .integer(Int64(index))
        case .rindex: .integer(Int64(length - index))
        case .rindex0: .integer(Int64(length - index - 1))
        case .first: .bool(index == 0)
        case .last: .bool(index == length - 1)
        case .row: .integer(Int64(row))
        case .col: .integer(Int64(column))
        case .col0: .integer(Int64(column - 1))
        case .colFirst: .bool(column == 1)
        case .colLast: .bool(isLastColumn)
        }
    }

    var isLastColumn: Bool { column == columns }

    mutating func advance() {
        index += 1
        if isLastColumn {
            column = 1
            row += 1
        } else {
            column += 1
        }
    }
}
