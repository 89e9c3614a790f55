/// What a rendering carries out, one after another. No case owns memory: copying one counts no references, so that two
/// threads that render the same template never write to the same place.
///
/// Numbers are places in the tables of the ``Program``; targets are places in its code.
enum Instruction {
    /// A passage of the program's literal bytes.
    case text(start: Int32, count: Int32)
    case write(Operand, span: Int32)
    case assign(slot: Int32, Operand, span: Int32)
    /// The body runs to `end`.
    case capture(slot: Int32, end: Int32, span: Int32)
    /// Goes on after it where the condition holds, at `otherwise` where it does not.
    case branch(condition: Int32, isNegated: Bool, otherwise: Int32)
    case jump(Int32)
    case loop(Int32)
    case tableRow(Int32)
    case select(Int32)
    case cycle(Int32)
    case counter(slot: Int32, delta: Int8, span: Int32)
    case interrupt(Interrupt)
    case call(Int32)
    case ifChanged(end: Int32, span: Int32)
    case host(Int32)
}

/// Where a value comes from.
enum Operand {
    case constant(Int32)
    /// A variable, data or not.
    case slot(Int32)
    case path(Int32)
    case range(Int32)
    /// A value with filters.
    case pipeline(Int32)
    /// A field of the innermost `for`, or of one further out.
    case loop(LoopField, up: UInt8)
    /// The loop as a whole: `{{ forloop }}`.
    case wholeLoop
    case tableRow(TableRowField)
    /// `[expression]` as the start of a path: the variable of that name.
    case computedRoot(Int32)
    case absent

    var isAbsent: Bool {
        if case .absent = self { true } else { false }
    }
}

enum LoopField: String {
    case name, length, index, index0, rindex, rindex0, first, last, parentloop
}

enum TableRowField: String {
    case length, index, index0, rindex, rindex0, first, last, row, col, col0
    case colFirst = "col_first"
    case colLast = "col_last"
}

/// One step along a path.
enum Step {
    /// A field; where there is none and the name is `size`, `first` or `last`, what the value itself says.
    case field(Int32, Command?)
    case index(Int64)
    case computed(Operand)
}

enum Command: String {
    case size, first, last
}
