package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/cordboard/cordboard/core/internal/config"
)

// maxParkedMiB is the memory that parked waits may cost, all together.
const maxParkedMiB = 64

// parked compares a gateway's start and memory before and after many runs are parked in waits.
func (o Options) parked(ctx context.Context, t *table, s config.Settings) error {
	before, err := o.start(ctx, s)
	if err != nil {
		return err
	}
	n := o.size().parked
	if err := park(ctx, s, n); err != nil {
		return err
	}
	after, err := o.start(ctx, s)
	if err != nil {
		return err
	}
	more := after.memory - before.memory
	t.compare(fmt.Sprintf("memory with %d parked waits; without (%+.1f MiB)", n, more), after.memory, before.memory,
		fmt.Sprintf("≤ +%d MiB", maxParkedMiB), more <= maxParkedMiB, "MiB")
	t.told(fmt.Sprintf("start with %d parked waits; without", n), milliseconds(after.ready), milliseconds(before.ready), "ms")
	return nil
}

// standing is a gateway that has started and has nothing to do.
type standing struct {
	ready  time.Duration
	memory float64 // resident, in MiB
}

// start starts the gateway as a process, so that its memory is its own, and stops it.
func (o Options) start(ctx context.Context, s config.Settings) (got standing, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, o.Program, "serve")
	cmd.Dir = s.DataDir
	cmd.Env = []string{
		"CORDBOARD_ADDR=" + s.Addr, "CORDBOARD_HOOKS_ADDR=" + s.HooksAddr, "CORDBOARD_DATA_DIR=" + s.DataDir,
		"CORDBOARD_PLUGIN_DIR=" + s.PluginDir, "CORDBOARD_DATABASE_URL=" + s.DatabaseURL.Reveal(),
		"CORDBOARD_REDIS_URL=" + s.RedisURL.Reveal(), "CORDBOARD_LOG_FORMAT=json",
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second
	log, err := cmd.StderrPipe()
	if err != nil {
		return got, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return got, err
	}
	lines := bufio.NewScanner(log)
	for got.ready == 0 && lines.Scan() {
		if strings.Contains(lines.Text(), "gateway is up") {
			got.ready = time.Since(began)
		}
	}
	if got.ready == 0 {
		return got, errors.Join(errors.New("the gateway did not start"), cmd.Wait())
	}
	select { // what it looks for after its start has come to rest
	case <-time.After(3 * time.Second):
	case <-ctx.Done():
	}
	got.memory, err = resident(cmd.Process.Pid)
	err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM))
	for lines.Scan() { // the pipe must not fill up while it stops
	}
	return got, errors.Join(err, cmd.Wait())
}

// resident reads a process's memory from /proc.
func resident(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kib float64
	if _, err := fmt.Sscanf(rest, "%f kB", &kib); err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	return kib / 1024, nil
}

// park stores runs that wait for a reply for a month.
func park(ctx context.Context, s config.Settings, n int) error {
	db, postgres, err := openDatabase(s)
	if err != nil {
		return err
	}
	r := &raw{db: db}
	defer r.close()
	series, now, later := "SELECT n FROM generate_series(1, $1::integer) AS n", "now()", "now() + interval '30 days'"
	if !postgres {
		series = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < $1) SELECT n FROM s"
		now = "unixepoch() * 1000000"
		later = "(unixepoch() + 2592000) * 1000000"
	}
	return r.commit(ctx,
		statement{`INSERT INTO runs (id, workspace_id, flow_id, version_id, event_id, contact_id, revision, owner, status, cursor, phase, attempt, reason, created_at)
			SELECT 'run_parked' || n, 'ws_parked', 'flow_parked', 'ver_parked', 'evt_parked' || n, 'ctc_parked' || n, 1, '', 'waiting', 'answer', 'asking', 0, '', ` + now + `
			FROM (` + series + `) AS series`, []any{n}},
		statement{`INSERT INTO waits (id, workspace_id, run_id, step_id, contact_id, connection_id, state, revision, opened_at, within, deadline, fire_at, since_seq,
			asked_id, asked_ref, terms, attempts, holds, claimed_by, reply_id, late_id)
			SELECT 'wait_parked' || n, 'ws_parked', 'run_parked' || n, 'answer', 'ctc_parked' || n, 'con_parked', 'open', 1, ` + now + `, 0, ` + later + `, ` + later + `, 0,
			'', '', '{}', 0, 0, '', '', '' FROM (` + series + `) AS series`, []any{n}},
	)
}
