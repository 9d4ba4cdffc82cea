//go:build linux

package wholepath_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/api"
)

// TestCase54ABackupIsRestored goes back to a backup that was made while the gateway worked. What was waiting then waits
// again or, where its time was over meanwhile, times out once after the grace; nothing from before is done a second time,
// and what came later is not known. Who was erased since is erased again before the gateway serves anybody.
func TestCase54ABackupIsRestored(t *testing.T) {
	t.Parallel()
	g := newGateway(t, nil, 10*time.Second)
	replies, stays, later := person{g, "+34600666001"}, person{g, "+34600666002"}, person{g, "+34600666003"}
	erased := person{g, "+34600666004"}
	g.vendors.buy(t, order{Phone: erased.phone})
	theirs := erased.asked(t)
	for _, p := range []person{replies, stays} {
		g.vendors.buy(t, order{Phone: p.phone})
	}
	asked := replies.asked(t)
	deadline := stays.asked(t).Deadline
	file := filepath.Join(t.TempDir(), "backup.db")
	backup := func() (said string, ok bool) {
		p := start(t, gatewayProgram(), g.env, "backup", file)
		<-p.ended
		return p.output.String(), p.cmd.ProcessState.Success()
	}
	if said, ok := backup(); !ok {
		t.Fatalf("it said: %s", said)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup is %v, %v", info.Mode(), err)
	}
	if said, ok := backup(); ok || !strings.Contains(said, "exists") {
		t.Errorf("a second one into the same file: %s", said)
	}
	g.vendors.buy(t, order{Phone: later.phone})
	later.asked(t)
	c, _ := g.contact(t, erased.phone)
	g.call(t, http.MethodDelete, "contacts/"+c.ID, nil, nil)
	g.kill()

	g.vendors.post(t, "hold", nil, nil)
	replies.says(t, "Sí") // while nobody hears
	until(deadline.Add(time.Second))
	database := filepath.Join(g.env["CORDBOARD_DATA_DIR"], "cordboard.db")
	for _, old := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(database + old); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	held, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(database, held, 0o600); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	g.start(t)
	// From the first answer on: readiness says that the gateway serves, and by then they are gone again.
	if _, back := g.contact(t, erased.phone); back {
		t.Error("who was erased is back with the backup")
	}
	var wait api.Wait
	if g.call(t, http.MethodGet, "waits/"+theirs.ID, nil, &wait); wait.State != "cancelled" {
		t.Errorf("who was erased is asked again: %+v", wait)
	}
	var audit api.List[api.AuditEntry]
	if g.call(t, http.MethodGet, "audit?action=contact.erase", nil, &audit); len(audit.Items) != 1 || audit.Items[0].Actor != "gateway" || audit.Items[0].Resource != c.ID {
		t.Errorf("the audit log has %+v", audit.Items)
	}
	if _, known := later.run(t); known {
		t.Error("the backup holds what came after it")
	}
	if d, ok := replies.run(t); !ok || len(d.Waits) != 1 || d.Waits[0].ID != asked.ID || !d.Waits[0].Deadline.Equal(asked.Deadline) {
		t.Errorf("the wait was %+v, and the run is %+v", asked, d)
	}
	g.vendors.post(t, "release", nil, nil)
	replies.endsAs(t, outcome{path: answered, sent: guided, tag: "reactive", wait: "replied", heard: []string{"matched"}})
	stays.endsAs(t, outcome{path: silent, sent: reminded, tag: "silent", wait: "no_response"})
	d, _ := stays.run(t)
	if closed := *d.Waits[0].ClosedAt; closed.Before(back.Add(grace)) {
		t.Errorf("the timeout claimed %s after the start, within the grace of %s", closed.Sub(back), grace)
	}
}
