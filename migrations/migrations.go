// Package migrations carries the SQL that makes and unmakes the database schema, in one dialect per folder. Both
// folders hold the same list of NNNN_name.up.sql and NNNN_name.down.sql; store applies them.
package migrations

import "embed"

// Files holds the folders postgres and sqlite.
//
//go:embed postgres/*.sql sqlite/*.sql
var Files embed.FS
