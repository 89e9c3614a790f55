import Database

// GRDB has types of the same names as ours, and a class named like our module: the names are bound here, where GRDB is not
// imported.
typealias Failure = DatabaseError
typealias Fragment = SQL
