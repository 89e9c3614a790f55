/// How a database cuts a table into parts by ranges of a column of whole numbers, so that a part goes at once. The table's name stays that
/// of all of them.
package protocol Partitioning: Sendable {
    /// A row for each part of `table`: its name, and from which value up to which, the latter not in it. NULL in their place: all that no
    /// other takes. One row of NULL where there is no part yet, none where the table is whole.
    func parts(of table: String) -> SQL

    /// Statements that give a new table under the name of `table` what that has: its indexes but for the key's, others' rights and its
    /// owner, a row each.
    func particulars(of table: String) -> SQL

    /// How many tables have this name.
    func tables(named name: String) -> SQL

    /// Statements that keep everybody out of `table`, name it `other`, and make an empty one in its place that is cut by `column`: without
    /// parts, key and indexes.
    func cut(_ table: String, by column: String, keepingAs other: String) -> String

    /// Statements that make a part, while others read and write the table.
    func make(_ part: String, of table: String, from: Int64, to: Int64) -> String

    /// A statement after which the database knows what is in the whole table: of one that is cut it does not find out by itself.
    func learn(_ table: String) -> String

    /// Statements that take a part out of the table, and drop it. They wait no more than a moment for those who read, since others who
    /// would read wait behind them.
    func drop(_ part: String, of table: String) -> String
}
