package store_test

import (
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/store"
)

func TestLockAdmitsOneServer(t *testing.T) {
	t.Parallel()
	path := sqliteURL(t)
	unlock, err := store.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Lock("file:" + strings.NewReplacer("%", "%25", "?", "%3f", " ", "%20").Replace(path)); err == nil {
		t.Error("a second server was let in")
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	unlock, err = store.Lock(path)
	if err != nil {
		t.Fatalf("after the first has left: %v", err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}
