package store

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/conversation"
	"github.com/cordboard/cordboard/core/internal/engine"
	"github.com/cordboard/cordboard/core/internal/event"
	"github.com/cordboard/cordboard/core/internal/run"
	"github.com/cordboard/cordboard/core/internal/testenv"
	"github.com/cordboard/cordboard/sdk/protocol"
)

// TestAStatementIsPreparedOnce: whatever its values, else the driver would keep a text for each run and the database would
// plan each of them.
func TestAStatementIsPreparedOnce(t *testing.T) {
	t.Parallel()
	s := openPrepared(t, testenv.Postgres(t))
	s.journey(t, 1)
	before := s.preparedStatements(t)
	for n := 2; n < 6; n++ {
		s.journey(t, n)
	}
	if after := s.preparedStatements(t); before < 8 || after != before {
		t.Errorf("%d statements are prepared after one journey, %d after five", before, after)
	}
}

// TestAStatementIsKeptOnce on SQLite.
func TestAStatementIsKeptOnce(t *testing.T) {
	t.Parallel()
	s := openPrepared(t, t.TempDir()+"/cordboard.db")
	s.journey(t, 1)
	before := s.keptStatements(t)
	for n := 2; n < 6; n++ {
		s.journey(t, n)
	}
	if after := s.keptStatements(t); before < 8 || after != before {
		t.Errorf("%d statements are kept after one journey, %d after five", before, after)
	}
}

// TestAPoolerMayForbidPreparedStatements: the URL says so, as with any program that uses pgx.
func TestAPoolerMayForbidPreparedStatements(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"exec", "simple_protocol"} {
		at, err := url.Parse(testenv.Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		query := at.Query()
		query.Set("default_query_exec_mode", mode)
		at.RawQuery = query.Encode()
		s := openPrepared(t, at.String())
		s.journey(t, 1)
		s.journey(t, 2)
		if n := s.preparedStatements(t); n != 0 {
			t.Errorf("%s: %d statements are prepared", mode, n)
		}
	}
}

// TestAPreparedStatementOutlivesAMigration: another node's migration changes what a kept statement returns.
func TestAPreparedStatementOutlivesAMigration(t *testing.T) {
	t.Parallel()
	s := openPrepared(t, testenv.Postgres(t))
	s.journey(t, 1)
	if _, err := s.migrate.ExecContext(t.Context(), "ALTER TABLE contacts ADD COLUMN shoe_size integer; ALTER TABLE contacts DROP COLUMN shoe_size; ALTER TABLE contacts ALTER COLUMN language TYPE varchar(35)"); err != nil {
		t.Fatal(err)
	}
	s.journey(t, 2)
}

// openPrepared opens a store whose writes take one connection.
func openPrepared(t *testing.T, url string) *Store {
	t.Helper()
	return openWith(t, url, Options{Committers: 1})
}

func (s *Store) keptStatements(t *testing.T) (n int) {
	t.Helper()
	conn, err := s.write.DB.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Raw(func(c any) error { n = len(c.(*keeper).kept); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func (s *Store) preparedStatements(t *testing.T) (n int) {
	t.Helper()
	err := s.update(t.Context(), func(ctx context.Context, t *tx) error {
		return t.db.NewRaw("SELECT count(*) FROM pg_prepared_statements").Scan(ctx, &n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// journey does what a webhook with an answer does; n goes into each value.
func (s *Store) journey(t *testing.T, n int) {
	t.Helper()
	if n == 1 {
		if _, err := s.migrate.NewRaw("INSERT INTO workspaces (id, name, time_zone, created_at) VALUES ('w', 'w', 'UTC', ?)", at(time.Now())).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	name := strconv.Itoa(n)
	phone := conversation.Identity{Kind: conversation.PhoneIdentity, Value: "+34600" + name}
	c, err := s.Contact(t.Context(), "w", conversation.Person{Phone: phone.Value, Identities: []conversation.Identity{phone}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, n, n, n, n, n*1000, time.UTC)
	doing := func(err error) {
		if t.Helper(); err != nil {
			t.Fatal(err)
		}
	}
	doing(s.Write(t.Context(), []string{c.ID}, func(ctx context.Context, tx engine.Tx) error {
		if _, err := tx.Receive(ctx, engine.Incoming{ContactID: c.ID, Event: event.Event{ID: "evt_" + name, WorkspaceID: "w", Type: "a.b", Key: name, OccurredAt: now, ReceivedAt: now,
			Data: json.RawMessage(`{"n":` + name + `}`), Contact: &protocol.Contact{Phone: phone.Value}}}); err != nil {
			return err // the statement may have to be prepared again
		}
		r := run.Run{ID: "run_" + name, WorkspaceID: "w", FlowID: "f", VersionID: "v", EventID: "evt_" + name, ContactID: c.ID, CreatedAt: now,
			State: run.State{Status: run.Running, Cursor: name, Attempt: n, Steps: map[string]run.StepRun{name: {StepID: name, Number: n, Attempt: n, StartedAt: now}}}}
		doing(tx.InsertRun(ctx, r, true))
		for r.Revision = 1; r.Revision <= int64(n); r.Revision++ {
			doing(tx.SaveRun(ctx, r, []run.StepRun{{StepID: name, Number: n, Attempt: n, StartedAt: now, EndedAt: now, Output: json.RawMessage(name)}}))
		}
		doing(tx.AddAttempt(ctx, r.ID, run.Attempt{StepID: name, Attempt: n, StartedAt: now, EndedAt: now, Outcome: "ok"}))
		w := run.Wait{ID: "wait_" + name, WorkspaceID: "w", RunID: r.ID, StepID: name, ContactID: c.ID, State: run.WaitOpen, SinceSeq: int64(n),
			OpenedAt: now, ClockAt: now, Deadline: now, FireAt: now, Within: time.Hour}
		doing(tx.InsertWait(ctx, w, engine.WaitEvent{At: now, Kind: engine.WaitOpened, Detail: name}))
		waits, err := tx.LiveWaits(ctx, c.ID)
		doing(err)
		if len(waits) != 1 || !waits[0].OpenedAt.Equal(now) || waits[0].SinceSeq != int64(n) {
			t.Errorf("the live waits are %+v", waits)
		}
		m, _, err := tx.InsertMessage(ctx, conversation.Message{ID: "msg_" + name, WorkspaceID: "w", ContactID: c.ID, ConnectionID: "c", Direction: protocol.Inbound,
			ProviderID: name, Text: name + "\x00'", EffectiveAt: now, ReceivedAt: now})
		doing(err)
		waits[0].State, waits[0].ReplyID, waits[0].ClosedAt = run.WaitReplied, m.ID, now
		_, err = tx.SaveWait(ctx, waits[0], engine.WaitEvent{At: now, Kind: engine.WaitReplied, MessageID: m.ID})
		doing(err)
		_, err = tx.Contact(ctx, "w", c.ID)
		return err
	}))
}
