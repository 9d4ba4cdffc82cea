// Package engine is the durable shell around run.Advance: it claims a run, carries out the effects of a
// transition and commits each transition with what it causes. It holds no state that the database does not have.
package engine

import "errors"

// ErrNotFound is returned by a Store for a row that is not there.
var ErrNotFound = errors.New("not found")
