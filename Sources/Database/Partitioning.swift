/// How a database cuts a table into parts by ranges of a column of whole numbers, so that a part goes at once. The table's name stays that
/// of all of them.
package protocol Partitioning: Sendable {
    /// A row for each part of `table`: its name, and from which value up to which, the latter not in it. NULL in their place: all that no
    /// other takes. One row of NULL where there is no part yet, none where the table is whole.
    func parts(of table: String) -> SQL

    /// Statements that make the indexes of `table`, but for its key's, a row each.
    func indexes(of table: String) -> SQL

    /// Statements that keep everybody out of `table`, name it `other`, and make an empty one in its place that is cut by `column`: without
    /// parts, key and indexes.
    func cut(_ table: String, by column: String, keepingAs other: String) -> String

    /// Statements that make a part, while others read and write the table.
    func make(_ part: String, of table: String, from: Int64, to: Int64) -> String

    /// Statements that take a part out of the table, and drop it.
    func drop(_ part: String, of table: String) -> String
}
