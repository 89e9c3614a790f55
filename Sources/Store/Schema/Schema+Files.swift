import Database

extension Schema {
    /// Files outside the workspace that the program has written lines about people to, for who asks to be forgotten.
    static let files = Migration("files") { d in
        """
        -- path: absolute. at: when it was written last.
        CREATE TABLE written_file (path \(d.text) PRIMARY KEY, at \(d.int64) NOT NULL);
        """
    }
}
