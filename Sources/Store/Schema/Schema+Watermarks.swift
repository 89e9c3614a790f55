import Database

extension Schema {
    /// What tells a database that has forgotten something from one that has not; see ``Watermark``.
    static let watermarks = Migration("watermarks") { d in
        """
        -- One row, made by the first sender: a name that no other database has.
        CREATE TABLE database_identity (id \(d.int64) PRIMARY KEY, name \(d.text) NOT NULL);

        -- number: how many transactions the sender has made. Its machine keeps the same number on its disk.
        CREATE TABLE sender_mark (
            sender \(d.int64) PRIMARY KEY, machine \(d.text) NOT NULL, number \(d.int64) NOT NULL, at \(d.int64) NOT NULL);
        CREATE INDEX sender_mark_of_machine ON sender_mark (machine);
        """
    }
}
