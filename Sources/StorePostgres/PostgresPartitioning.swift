import Database

struct PostgresPartitioning: Partitioning {
    func parts(of table: String) -> SQL {
        let bound = #"'FROM \(''?(-?[0-9]+)''?\) TO \(''?(-?[0-9]+)''?\)'"#
        return """
            SELECT CAST(CAST(c.oid AS regclass) AS TEXT), CAST(b.bounds[1] AS BIGINT), CAST(b.bounds[2] AS BIGINT) FROM pg_class p \
            LEFT JOIN pg_inherits i ON i.inhparent = p.oid LEFT JOIN pg_class c ON c.oid = i.inhrelid \
            LEFT JOIN LATERAL (SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid), \(raw: bound)) AS bounds) b ON TRUE \
            WHERE p.oid = to_regclass(\(table)) AND p.relkind = 'p' ORDER BY 2
            """
    }

    func particulars(of table: String) -> SQL {
        """
        SELECT x.statement FROM (SELECT 0 AS place, pg_get_indexdef(i.indexrelid) AS statement FROM pg_index i \
        WHERE i.indrelid = to_regclass(\(table)) AND NOT i.indisprimary \
        UNION ALL SELECT 1, format('GRANT %s ON %s TO %s%s', a.privilege_type, c.oid::regclass, \
        CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, \
        CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a \
        WHERE c.oid = to_regclass(\(table)) AND a.grantee <> c.relowner \
        UNION ALL SELECT 2, format('ALTER TABLE %s OWNER TO %I', c.oid::regclass, pg_get_userbyid(c.relowner)) FROM pg_class c \
        WHERE c.oid = to_regclass(\(table)) AND c.relowner <> CAST(current_user AS regrole)) x ORDER BY x.place
        """
    }

    func tables(named name: String) -> SQL {
        "SELECT count(*) FROM pg_class WHERE relname = \(name) AND relnamespace = CAST(current_schema() AS regnamespace)"
    }

    func learn(_ table: String) -> String { "ANALYZE \(table)" }

    /// To copy a table may take longer than any other statement.
    func cut(_ table: String, by column: String, keepingAs other: String) -> String {
        """
        SET LOCAL statement_timeout = 0;
        LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE;
        ALTER TABLE \(table) RENAME TO \(other);
        CREATE TABLE \(table) (LIKE \(other) INCLUDING DEFAULTS) PARTITION BY RANGE (\(column))
        """
    }

    /// Made beside it and attached: to make it as a part would wait for everybody who reads.
    func make(_ part: String, of table: String, from: Int64, to: Int64) -> String {
        """
        CREATE TABLE \(part) (LIKE \(table) INCLUDING ALL);
        ALTER TABLE \(table) ATTACH PARTITION \(part) FOR VALUES FROM (\(from)) TO (\(to))
        """
    }

    func drop(_ part: String, of table: String) -> String {
        "SET LOCAL lock_timeout = '3s'; ALTER TABLE \(table) DETACH PARTITION \(part); DROP TABLE \(part)"
    }
}
