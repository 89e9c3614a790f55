package import Database

/// How PostgreSQL says what databases say differently.
///
/// JSON is kept as text and read by `->`, which finds a member without making a tree of the object. A member's own text tells
/// its kind by its first sign.
package struct PostgresDialect: Dialect {
    package init() {}

    package var name: String { "PostgreSQL" }
    package var int64: String { "BIGINT" }
    package var bytes: String { "BYTEA" }
    package var clustered: String { "" }

    /// Compared by its bytes, as Swift and SQLite do; a language's order changes with every update of the system.
    package var text: String { "TEXT COLLATE \"C\"" }
    package var untilCommit: String { "ON COMMIT DROP" }
    package var isShared: Bool { true }

    /// Of the statement, not of the transaction, which may have waited for a lock.
    package var now: SQL { "CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)" }
    package func takingRows(of alias: String) -> String { " FOR UPDATE OF \(alias) SKIP LOCKED" }

    /// It thinks about the order of all that it joins: of 100 it took seconds, of 300 minutes, and 0.4 seconds asked apart.
    package var mostJoined: Int? { 12 }

    /// Parts of a table that is kept in parts are no tables of their own.
    package var layout: SQL {
        """
        SELECT c.relname, a.attname, CASE t.typname WHEN 'int8' THEN 'int64' WHEN 'bytea' THEN 'bytes' WHEN 'numeric' THEN 'decimal' \
        ELSE t.typname END, COALESCE((SELECT k.place FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place) \
        WHERE k.number = a.attnum), 0) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
        JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary \
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
        ORDER BY c.oid, a.attnum
        """
    }

    package func keepingOut(_ tables: [String]) -> String {
        tables.isEmpty ? "" : "LOCK TABLE \(tables.joined(separator: ", ")) IN SHARE MODE"
    }

    package func storable(_ text: String) -> String { PostgresArguments.keepable(text) }

    /// A row of an index has 2,704 bytes at most (a third of a page), with its other columns and what tells their lengths.
    package let longestKey: Int? = 2600

    package var partitioning: (any Partitioning)? { PostgresPartitioning() }

    package func jsonMember(_ column: String, _ name: String) -> SQL {
        "(\(raw: column)::json ->> \(name)) COLLATE \"C\""
    }

    /// As it stands in the object: a text with its quotes.
    private func written(_ column: String, _ name: String) -> SQL {
        "(\(raw: column)::json -> \(name))::text"
    }

    package func jsonKind(_ column: String, _ name: String) -> SQL {
        let written = written(column, name)
        return """
            CASE left(\(written), 1) WHEN '"' THEN 'text' WHEN 't' THEN 'true' WHEN 'f' THEN 'false' WHEN 'n' THEN 'null' \
            WHEN '[' THEN 'array' WHEN '{' THEN 'object' \
            ELSE CASE \(written) ~ '[.eE]' WHEN true THEN 'real' WHEN false THEN 'integer' END END
            """
    }

    package func jsonContains(_ column: String, _ name: String, _ item: String) -> SQL {
        let written = written(column, name)
        return """
            (CASE left(\(written), 1) WHEN '[' THEN jsonb_exists(\(written)::jsonb, \(item)) \
            WHEN '"' THEN strpos(\(jsonMember(column, name)), \(item)) > 0 ELSE false END)
            """
    }

    package func jsonMentions(_ column: String, _ json: String) -> SQL? {
        "strpos(\(raw: column), \(json)) > 0"
    }

    /// Escaped, since bytes need not be text: `encode` writes all but ASCII as numbers.
    package func bytesMention(_ column: String, _ text: String) -> SQL {
        "strpos(lower(encode(\(raw: column), 'escape') COLLATE \"C\"), encode(convert_to(\(text), 'UTF8'), 'escape')) > 0"
    }

    package func jsonIdentity(_ column: String, _ name: String) -> SQL {
        let written = written(column, name)
        return """
            (CASE WHEN left(\(written), 1) = '"' THEN 't' || \(jsonMember(column, name)) WHEN left(\(written), 1) IN ('t', 'f') THEN \(written) \
            WHEN left(\(written), 1) IN ('n', '[', '{') THEN NULL ELSE 'n' || trim_scale(\(written)::numeric)::text END) COLLATE "C"
            """
    }

    /// The member where it is a number, else NULL.
    private func number(_ column: String, _ name: String) -> SQL {
        "substring(\(written(column, name)) FROM '^-?[0-9].*$')::numeric"
    }

    package func jsonAggregate(_ function: DecimalFunction, _ column: String, _ name: String) -> SQL {
        let number = number(column, name)
        switch function {
        case .sum: return "COALESCE(sum(\(number)), 0)"
        case .min, .max: return "\(raw: function.rawValue)(\(number))"
        // `avg` rounds as it likes.
        case .avg: return decimalQuotient("sum(\(number))", "count(\(number))")
        }
    }

    package func decimal(_ number: ExactDecimal) -> SQL {
        "CAST(\(number.description) AS NUMERIC)"
    }

    package func decimal(from value: SQLValue) -> ExactDecimal? {
        switch value {
        case .text(let text): ExactDecimal(json: text.utf8)
        case .integer(let value): ExactDecimal(value)
        default: nil
        }
    }

    /// ASCII by PostgreSQL itself, which is most; the rest by the same pairs of letters that memory knows, whatever the server
    /// was built with.
    package func folded(_ expression: SQL) -> SQL {
        """
        (CASE WHEN octet_length(\(expression)) = length(\(expression)) THEN lower(\(expression) COLLATE "C") \
        ELSE replace(translate(\(expression), \(CaseFolding.upper), \(CaseFolding.lower)), \(CaseFolding.dotted), \(CaseFolding.dottedLower)) END)
        """
    }

    /// Of its own making, for who changes what was moved.
    static let movedState = "PW001"

    package func refusingChanges(_ tables: [String]) -> String {
        let refusal =
            "CREATE FUNCTION pitwall_moved() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'moved' USING ERRCODE = '\(Self.movedState)'; END $$"
        let triggers = tables.map { table in
            "CREATE TRIGGER moved BEFORE INSERT OR UPDATE OR DELETE ON \(table) FOR EACH STATEMENT EXECUTE FUNCTION pitwall_moved()"
        }
        return ([refusal] + triggers).joined(separator: ";\n")
    }

    package func domain(of column: String) -> SQL {
        "split_part(\(raw: column), '@', 2)"
    }
}

/// All letters that have another in lower case, as Swift knows them.
enum CaseFolding {
    static let upper = pairs.upper
    static let lower = pairs.lower
    /// İ, the one letter that becomes two signs.
    static let dotted = "\u{130}"
    static let dottedLower = dotted.lowercased()

    private static let pairs = {
        var upper = ""
        var lower = ""
        for value in UInt32(0x41)...0x1FFFF {
            guard let scalar = Unicode.Scalar(value), scalar.properties.changesWhenLowercased else { continue }
            let mapped = scalar.properties.lowercaseMapping.unicodeScalars
            guard let only = mapped.first, mapped.count == 1 else { continue }
            upper.unicodeScalars.append(scalar)
            lower.unicodeScalars.append(only)
        }
        return (upper: upper, lower: lower)
    }()
}
