//go:build linux

package wholepath_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCase54ABackupIsRestored goes back to a backup that was made while the gateway worked. What was waiting then waits
// again or, where its time was over meanwhile, times out once after the grace; nothing from before is done a second time,
// and what came later is not known.
func TestCase54ABackupIsRestored(t *testing.T) {
	t.Parallel()
	g := newGateway(t, nil, 10*time.Second)
	replies, stays, later := person{g, "+34600666001"}, person{g, "+34600666002"}, person{g, "+34600666003"}
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
