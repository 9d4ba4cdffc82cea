package store

import (
	"database/sql"
	"testing"
)

// TestAFileThatAnotherProcessHoldsIsTriedAgain: the lock of the file knows no queue, so whoever asks may come away without it.
func TestAFileThatAnotherProcessHoldsIsTriedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() *sql.DB {
		db, err := sql.Open("sqlite", "file:"+dir+"/cordboard.db?_txlock=immediate&_pragma=busy_timeout(0)")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	holder, err := open().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Rollback() }()
	if _, err := open().BeginTx(t.Context(), nil); err == nil || !retryable(err) {
		t.Errorf("beside another: %v, to be tried again: %v", err, retryable(err))
	}
}
