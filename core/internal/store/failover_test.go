package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cordboard/cordboard/core/internal/id"
	"github.com/cordboard/cordboard/core/internal/store"
	"github.com/cordboard/cordboard/core/internal/testenv"
)

// TestCase48AServerThatIsReadOnlyIsLeft: after a fail-over the old server may go on under its address and take no writes.
// Sessions with it are given up, so that the next ones find whichever takes them, and nothing is acknowledged meanwhile.
func TestCase48AServerThatIsReadOnlyIsLeft(t *testing.T) {
	t.Parallel()
	server := testenv.OwnPostgres(t)
	s := open(t, server.URL)
	admin, err := pgx.Connect(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	execute := func(statement string) {
		t.Helper()
		if _, err := admin.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	execute("SET default_transaction_read_only = off") // of this session, whatever the server's is
	var began time.Time
	if err := admin.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&began); err != nil {
		t.Fatal(err)
	}
	w := &writers{store: s, outcome: map[string]error{}}
	stop := w.start(t, 16)
	w.wait(t, 200)
	var sessions []int32
	if err := admin.QueryRow(t.Context(), "SELECT array_agg(pid) FROM pg_stat_activity WHERE application_name = 'cordboard' AND query_start > $1", began).Scan(&sessions); err != nil || len(sessions) == 0 {
		t.Fatalf("%d sessions, %v", len(sessions), err)
	}

	execute("ALTER SYSTEM SET default_transaction_read_only = on")
	execute("SELECT pg_reload_conf()")
	left, deadline := -1, time.Now().Add(30*time.Second)
	for left != 0 {
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions of %d are held on to", left, len(sessions))
		}
		if err := admin.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1)", sessions).Scan(&left); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.InsertRequest(t.Context(), store.NewRequest{ID: id.New("req"), WorkspaceID: "wsp", ConnectionID: "con", Connector: "echo", Method: "POST"}); err == nil {
		t.Error("a webhook was acknowledged by a server that takes no writes")
	}

	execute("ALTER SYSTEM RESET default_transaction_read_only")
	execute("SELECT pg_reload_conf()")
	w.wait(t, 200)
	stop()
}

// TestCase51ReadsDoNotStarveWebhooks: while every connection for reading is taken, a webhook is stored and work goes on.
func TestCase51ReadsDoNotStarveWebhooks(t *testing.T) {
	t.Parallel()
	url := testenv.Postgres(t)
	s, err := store.Open(t.Context(), url, store.Options{Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	connect := func() *pgx.Conn {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
		return conn
	}
	admin, observer := connect(), connect()
	locked, err := admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := locked.Exec(t.Context(), "LOCK TABLE calendars"); err != nil {
		t.Fatal(err)
	}
	// beside reports whether a webhook was stored and a unit of work done while no reader got any further.
	beside := func() bool {
		readers := make(chan error, 8)
		for range cap(readers) {
			go func() {
				_, err := s.Calendars(t.Context(), "wsp")
				readers <- err
			}()
		}
		waiting, deadline := 0, time.Now().Add(30*time.Second)
		for waiting < 2 {
			if time.Now().After(deadline) {
				t.Fatalf("%d readers wait", waiting)
			}
			if err := observer.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting); err != nil {
				t.Fatal(err)
			}
		}
		if fresh, _, err := s.InsertRequest(t.Context(), store.NewRequest{ID: id.New("req"), WorkspaceID: "wsp", ConnectionID: "con", Connector: "echo", Method: "POST"}); err != nil || !fresh {
			t.Errorf("a webhook: %v, %v", fresh, err)
		}
		w := &writers{store: s, outcome: map[string]error{}}
		w.write(t.Context(), "cnt")
		if w.acked.Load() != 1 {
			t.Errorf("work did not go on: %v", w.outcome)
		}
		held := len(readers) == 0
		for range cap(readers) {
			<-readers // they have a time limit
		}
		return held
	}
	for try := 1; !beside(); try++ { // the limit may be over on a machine that is slow
		if try == 5 {
			t.Fatal("webhooks wait for readers")
		}
	}
	if err := locked.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
}
