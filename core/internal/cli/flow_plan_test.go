package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/core/internal/api"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("x\n", 2001)
	for name, c := range map[string]struct {
		from, to string
		want     []string
	}{
		"a line is changed":       {"a\nb\nc\nd\ne\nf\n", "a\nb\nc\nD\ne\nf\n", []string{"…", " b", " c", "-d", "+D", " e", " f"}},
		"one is added at the end": {"a\nb", "a\nb\nc\n", []string{" a", " b", "+c"}},
		"two changes apart":       {"a\n1\n2\n3\n4\n5\nb", "A\n1\n2\n3\n4\n5\nB", []string{"-a", "+A", " 1", " 2", "…", " 4", " 5", "-b", "+B"}},
		"lines move":              {"a\nb\nc", "c\na\nb", []string{"+c", " a", " b", "-c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := diff(c.from, c.to); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	if got := diff("begin\n"+many, "other\n"+strings.ReplaceAll(many, "x", "y")); len(got) != 2*2002 || got[0] != "-begin" || got[len(got)-1] != "+y" {
		t.Errorf("much that changes is %d lines, from %s to %s", len(got), got[0], got[len(got)-1])
	}
}

// TestFlowPlan: what would go live is told and nothing is changed.
func TestFlowPlan(t *testing.T) {
	t.Parallel()
	const live = "name: ask\ntrigger: { on: manual }\nsteps: []\n"
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.TrimPrefix(r.URL.Path, "/api/v1"); {
		case r.Method == http.MethodPut && r.URL.Query().Get("dry_run") == "true":
			body, _ := io.ReadAll(r.Body)
			if strings.Contains(string(body), "whatsap") {
				refuse(w, &api.Problem{Status: 422, Errors: []api.Detail{{Path: "steps[0].do", Line: 4, Column: 9, Message: "there is no connector whatsap"}}})
				return
			}
			_ = json.NewEncoder(w).Encode(api.Applied{Name: "ask", DryRun: true, Warnings: []api.Detail{{Line: 1, Column: 1, Message: "nobody is asked"}}})
		case r.Method != http.MethodGet:
			t.Errorf("it asked for %s %s", r.Method, r.URL)
		case path == "/flows/ask/versions":
			_ = json.NewEncoder(w).Encode(api.List[api.FlowVersion]{Items: []api.FlowVersion{{Number: 2, Source: "draft"}, {Number: 1, Live: true, Source: live}}})
		case path == "/runs" && r.URL.Query().Get("flow") == "ask" && r.URL.Query().Get("status") == "waiting":
			_ = json.NewEncoder(w).Encode(api.List[api.Run]{Items: []api.Run{{ID: "run_1"}, {ID: "run_2"}}, Next: "run_2"})
		default:
			refuse(w, &api.Problem{Title: "Not Found", Status: 404, Detail: "There is nothing of that name or id here."})
		}
	}))
	t.Cleanup(gateway.Close)
	dir := write(t, map[string]string{
		"same.yaml": live, "new.yaml": strings.Replace(live, "ask", "other", 1), "changed.yaml": strings.Replace(live, "[]", "[{ id: a, stop: {} }]", 1),
		"broken.yaml": strings.Replace(live, "[]", "[{ id: a, do: whatsap.send }]", 1), "ask.test.yaml": "flow: ask\n",
	})
	for _, c := range []struct {
		args string
		code int
		want []string
	}{
		{"same.yaml ask.test.yaml", OK, []string{"same.yaml: ask is live already, as version 1.\n", "nobody is asked"}},
		{"new.yaml", OK, []string{"new.yaml: other is new.\n"}},
		{"changed.yaml", OK, []string{"changed.yaml: ask would change from version 1, which is live:\n", "   trigger: { on: manual }\n  -steps: []\n  +steps: [{ id: a, stop: {} }]\n", "  2 or more runs wait and stay on their versions; cordboard flow rollover takes them over.\n"}},
		{"broken.yaml same.yaml", Invalid, []string{"broken.yaml:4:9", "ask is live already"}},
		{"changed.yaml -o json", OK, []string{`"change": "changed"`, `"waiting": 2`, `"+steps: [{ id: a, stop: {} }]"`}},
		{"ask.test.yaml", Invalid, []string{"holds tests and no flow"}},
	} {
		args := []string{"flow", "plan", "--url=" + gateway.URL}
		for _, arg := range strings.Fields(c.args) {
			if strings.HasSuffix(arg, ".yaml") {
				arg = filepath.Join(dir, arg)
			}
			args = append(args, arg)
		}
		got := execute(t, &Program{}, map[string]string{"CORDBOARD_TOKEN": "cb_test"}, "", args...)
		for _, want := range c.want {
			if all := got.out + got.err; got.code != c.code || !strings.Contains(all, want) {
				t.Errorf("%s: code %d\n%s\nwant %d, %q", c.args, got.code, all, c.code, want)
			}
		}
	}
}
