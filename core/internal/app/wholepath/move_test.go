package wholepath_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/testenv"
)

// TestMove takes an installation from SQLite to Postgres and Redis while two customers are being asked: one answers there,
// the other is silent, and both runs go on as if nothing had been.
func TestMove(t *testing.T) {
	t.Parallel()
	postgres := map[string]string{"CORDBOARD_DATABASE_URL": testenv.Postgres(t), "CORDBOARD_REDIS_URL": testenv.Redis(t)}
	g := newGateway(t, nil, 20*time.Second)
	replies, stays := person{g, "+34600555001"}, person{g, "+34600555002"}
	for _, p := range []person{replies, stays} {
		g.vendors.buy(t, order{Phone: p.phone})
	}
	asked := replies.asked(t)
	stays.asked(t)
	old := filepath.Join(g.env["CORDBOARD_DATA_DIR"], "cordboard.db")
	move := func() (said string, ok bool) {
		p := start(t, gatewayProgram(), g.env, "migrate", "--from="+old, "--to="+postgres["CORDBOARD_DATABASE_URL"])
		<-p.ended
		return p.output.String(), p.cmd.ProcessState.Success()
	}
	if said, ok := move(); ok || !strings.Contains(said, "is in use by another server") {
		t.Errorf("while the gateway runs: %s", said)
	}
	g.stop()
	said, ok := move()
	if !ok || !strings.Contains(said, "rows of") {
		t.Fatalf("it said: %s", said)
	}
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("the old database can still be started on: %v", err)
	}
	maps.Copy(g.env, postgres)
	g.start(t)
	if got := replies.asked(t); got.ID != asked.ID || !got.Deadline.Equal(asked.Deadline) {
		t.Errorf("the wait was %+v and is %+v", asked, got)
	}
	replies.says(t, "Sí")
	replies.endsAs(t, outcome{path: answered, sent: guided, tag: "reactive", wait: "replied", heard: []string{"matched"}})
	stays.endsAs(t, outcome{path: silent, sent: reminded, tag: "silent", wait: "no_response"})
}
