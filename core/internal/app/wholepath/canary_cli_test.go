//go:build linux

package wholepath_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/cordboard/cordboard/core/internal/api"
)

// commands runs whatever the command line can tell of what is there, with the gateway's own settings, and returns what it
// wrote. Some commands fail, with a secret in their arguments or their environment.
func (g *gateway) commands(t *testing.T, planted *canaries) (said []byte) {
	t.Helper()
	wrong := planted.plant("secret of a connection that is refused")
	run := func(works bool, args ...string) {
		t.Helper()
		c := exec.Command(gatewayProgram(), args...)
		c.Env = append(os.Environ(), "WRONG="+wrong)
		for name, value := range g.env {
			c.Env = append(c.Env, name+"="+value)
		}
		c.Env = append(c.Env, "CORDBOARD_URL="+g.api, "CORDBOARD_TOKEN="+g.token)
		out, err := c.CombinedOutput()
		if (err == nil) != works {
			t.Errorf("%q: %v: %s", args, err, out)
		}
		said = fmt.Appendf(said, "\n$ %q\n%s", args[:2], out)
	}
	for _, shape := range []string{"text", "json"} {
		for _, list := range []string{"connection", "connector", "flow", "run"} {
			run(true, list, "list", "--output="+shape)
		}
		run(true, "connection", "test", "service", "--output="+shape)
	}
	var runs api.List[api.Run]
	g.call(t, http.MethodGet, "runs?limit=200", nil, &runs)
	if len(runs.Items) < 5 {
		t.Errorf("only %d runs are there to be shown", len(runs.Items))
	}
	for _, r := range runs.Items {
		run(true, "run", "show", r.ID)
		run(true, "run", "show", r.ID, "--output=json")
	}
	for _, name := range []string{"asking", "erring", "noting", "hooked"} {
		run(true, "flow", "export", name)
	}
	run(true, "audit", "verify")
	run(true, "migrate", "status")
	for _, c := range [][]string{{"--set=base_url=" + g.vendors.url, "--set-env=client_secret=WRONG", "--connector=cloud"}, {"--set=nothing=" + wrong, "--connector=activecampaign"}, {"--set=url=x", "--set-env=key=WRONG", "--connector=activecampaign"}} {
		run(false, append([]string{"connection", "create", "--name=refused"}, c...)...)
	}
	run(false, "run", "list", "--token="+wrong)
	return said
}

// backup is what a backup of the embedded database holds, nil on Postgres: there the dump of all rows is that.
func (g *gateway) backup(t *testing.T) []byte {
	t.Helper()
	if g.env["CORDBOARD_DATABASE_URL"] != "" {
		return nil
	}
	file := filepath.Join(t.TempDir(), "backup.db")
	p := start(t, gatewayProgram(), g.env, "backup", file)
	<-p.ended
	held, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(held, []byte("ana@example.com")) {
		t.Fatalf("the backup holds %d bytes, %v: %s", len(held), err, p.output.String())
	}
	return held
}
