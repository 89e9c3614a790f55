import Database

struct PostgresPartitioning: Partitioning {
    func parts(of table: String) -> SQL {
        let bound = #"'FROM \(''?(-?[0-9]+)''?\) TO \(''?(-?[0-9]+)''?\)'"#
        return """
            SELECT c.relname, CAST(b.bounds[1] AS BIGINT), CAST(b.bounds[2] AS BIGINT) FROM pg_class p \
            LEFT JOIN pg_inherits i ON i.inhparent = p.oid LEFT JOIN pg_class c ON c.oid = i.inhrelid \
            LEFT JOIN LATERAL (SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid), \(raw: bound)) AS bounds) b ON TRUE \
            WHERE p.oid = to_regclass(\(table)) AND p.relkind = 'p' ORDER BY 2
            """
    }

    func indexes(of table: String) -> SQL {
        """
        SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid = to_regclass(\(table)) AND NOT i.indisprimary ORDER BY i.indexrelid
        """
    }

    /// To copy a table may take longer than any other statement.
    func cut(_ table: String, by column: String, keepingAs other: String) -> String {
        """
        SET LOCAL statement_timeout = 0;
        LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE;
        ALTER TABLE \(table) RENAME TO \(other);
        CREATE TABLE \(table) (LIKE \(other) INCLUDING DEFAULTS) PARTITION BY RANGE (\(column))
        """
    }

    /// Made beside it and attached: to make it as a part would wait for everybody who reads. What is known of the whole the server learns by
    /// itself of no table that is cut, so that is done as often as a part is made.
    func make(_ part: String, of table: String, from: Int64, to: Int64) -> String {
        """
        CREATE TABLE \(part) (LIKE \(table) INCLUDING ALL);
        ALTER TABLE \(table) ATTACH PARTITION \(part) FOR VALUES FROM (\(from)) TO (\(to));
        ANALYZE \(table)
        """
    }

    func drop(_ part: String, of table: String) -> String {
        "ALTER TABLE \(table) DETACH PARTITION \(part); DROP TABLE \(part)"
    }
}
